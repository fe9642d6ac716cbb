"""Nobody adds to a cold start unnoticed."""

import pytest

from tests.handlers.imports import READY, imported, list_of


@pytest.mark.parametrize("function", READY)
def test_a_function_imports_what_is_listed_and_nothing_else(function: str) -> None:
    """Measure what was added before listing it; tests/handlers/imports.py says how."""
    assert imported(function) == list_of(function).read_text().splitlines()


@pytest.mark.parametrize("function", READY)
def test_what_is_dear_and_not_needed_is_not_there(function: str) -> None:
    """The parser, the event handlers and the tracer's SDK cost more each than all of the relay's own code."""
    dear = ("pydantic", "aws_xray_sdk", "aws_lambda_powertools.event_handler", "aws_lambda_powertools.utilities.parser")
    assert not [name for name in imported(function) if name.startswith(dear)]
