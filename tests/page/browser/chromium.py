"""Where the browser is."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str:
    """The path of a Chromium; without one the test fails in CI, and is skipped with the reason anywhere else."""
    for name in (os.environ.get("RELAY_CHROMIUM", ""), *NAMES):
        if name and (path := shutil.which(name)):
            return path
    missing = "chromium is missing: apt-get install chromium, or name one in RELAY_CHROMIUM"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
