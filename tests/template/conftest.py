"""The template as written, and as CloudFormation gets it after SAM's transform."""

import functools
from typing import Any

import pytest

from tools.transform import TEMPLATE, read_template, transformed


@functools.cache
def _transformed() -> dict[str, Any]:
    return transformed()


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """template.yaml, short-form functions in their long form."""
    return read_template()


@pytest.fixture(scope="session")
def resources() -> dict[str, dict[str, Any]]:
    """The resources after the transform, by logical id."""
    found: dict[str, dict[str, Any]] = _transformed()["Resources"]
    return found


@pytest.fixture(scope="session")
def configuration() -> str:
    """The text of docs/configuration.md."""
    return (TEMPLATE.parent / "docs" / "configuration.md").read_text()


@pytest.fixture(scope="session")
def operations() -> str:
    """The text of docs/operations.md."""
    return (TEMPLATE.parent / "docs" / "operations.md").read_text()
