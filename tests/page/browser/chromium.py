"""Where the browser is."""

import os

import pytest

from tools.chromium import HOW_TO_GET_ONE, found


def find_chromium() -> str:
    """The path of a Chromium; without one the test fails in CI, and is skipped with the reason anywhere else."""
    path = found()
    if path is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing(HOW_TO_GET_ONE)
    return path
