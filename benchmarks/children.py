"""Processes started beside the one that measures."""

import os
import sys
from collections.abc import Sequence


def python(module: str, *arguments: str) -> Sequence[str]:
    """The command that runs ``module`` by this Python."""
    return [sys.executable, "-m", module, *arguments]


def environment() -> dict[str, str]:
    """This process's environment, with what it can import importable."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
