"""Where the command looks for AWS: as the AWS CLI does."""

import pytest

from relay_cli.aws_session import AwsSession


@pytest.mark.parametrize(
    ("given", "variables", "found"),
    [
        ("eu-west-1", {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-1"),
        (None, {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-2"),
        (None, {"AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-3"),
    ],
)
def test_the_region_is_the_option_or_a_variable(
    monkeypatch: pytest.MonkeyPatch, given: str | None, variables: dict[str, str], found: str
) -> None:
    """AWS_REGION before AWS_DEFAULT_REGION."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert AwsSession(given).client("sqs").meta.region_name == found
