"""Nobody adds to the wait for a help text unnoticed."""

import pytest

from tests.cli.imports import ASKED, imported, list_of


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_told_at_once_imports_what_is_listed_and_nothing_else(asked: str) -> None:
    """Of other projects; tests/cli/imports.py says how to list more."""
    found = imported(asked)

    assert "typer" in found
    assert found == list_of(asked).read_text().splitlines()


@pytest.mark.parametrize("asked", ASKED)
def test_nothing_that_speaks_to_aws_or_draws_is_there(asked: str) -> None:
    """AWS's clients and the screen cost twice what all the rest does."""
    dear = (
        "boto3",
        "botocore.session",
        "botocore.client",
        "botocore.config",
        "urllib3",
        "rich",
        "aws_lambda_powertools",
    )

    assert not [name for name in imported(asked) if name.startswith(dear)]
