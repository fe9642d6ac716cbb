"""docs/live-page.md names every state and every switch, and the limits that the page keeps."""

from pathlib import Path

import pytest

from local.page.guard import HEADER
from local.page.model import MAX_ROWS
from local.page.rows import STATES
from local.page.switches import MODES
from local.page.texts import MAX_TEXT_BYTES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "live-page.md").read_text()


@pytest.mark.parametrize("name", [*STATES, *(mode.replace("_", " ") for mode in MODES)])
def test_every_state_and_switch_has_its_line(name: str) -> None:
    assert f"\n| {name} |" in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{MAX_ROWS:,} events" in PAGE
    assert f"{MAX_TEXT_BYTES // 2**20} MB" in PAGE
    assert f"`{HEADER}: 1`" in PAGE
