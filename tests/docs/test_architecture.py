"""docs/architecture.md names modules and rooms that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "relay" / "dreamdata_relay"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
_MODULE = re.compile(rf"`((?:{'|'.join(ROOMS)})[./]\w+)(?:\.py)?`")
NAMED = sorted({name.replace("/", ".") for name in _MODULE.findall(PAGE)})


def test_modules_are_named() -> None:
    assert len(NAMED) > 20


@pytest.mark.parametrize("name", NAMED)
def test_every_module_that_is_named_is_there(name: str) -> None:
    assert (PACKAGE / (name.replace(".", "/") + ".py")).is_file()


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_in_the_map(room: str) -> None:
    assert re.search(rf"^    {room}\b", PAGE, re.MULTILINE)
