"""Replaces a private function of the emulator, and says so where a newer emulator has it no more."""

import importlib
from collections.abc import Callable
from typing import Any


def replace(module: str, function: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put what ``wrap`` makes of the emulator's ``function`` in its place; ends the process where there is none."""
    found: Any = importlib.import_module(module)
    original = getattr(found, function, None)
    if original is None:
        raise SystemExit(f"this emulator has no {module}.{function}: see local/emulator and its tests")
    setattr(found, function, wrap(original))
