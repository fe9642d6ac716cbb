"""The rooms of the package import one way."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "layers" / "relay" / "dreamdata_relay"
# What each room may import beside itself; what lies beside the rooms is for all.
MAY_IMPORT = {
    "": set[str](),
    "events": {""},
    "attribution": {"", "events"},
    "secrets": {""},
    "messages": {"", "events"},
    "privacy": {"", "events", "secrets"},
    "plan": {"", "privacy"},
    "cleaning": {"", "events", "privacy", "secrets"},
    "ingest": {"", "events", "messages", "secrets", "cleaning"},
    "deliver": {"", "events", "messages", "secrets", "cleaning"},
    "adapters": {"", "messages", "deliver", "privacy", "cleaning"},
    # For the tests of senders: no function imports it, and of the adapters it has the clock alone.
    "testing": {"", "adapters", "events", "messages", "secrets", "ingest"},
}
EDGES = {"boto3", "botocore", "urllib3", "aws_lambda_powertools", "socket", "ssl", "http"}
OUTER = {"adapters", "testing"}
# A module with more lines than this has a second idea.
MOST_LINES = 250
FILES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def room_of(name: str) -> str:
    """Of a dotted name below the package: "" beside the rooms."""
    first = name.partition(".")[0]
    return first if (PACKAGE / first).is_dir() else ""


def imported(file: Path) -> Iterator[str]:
    """The dotted names that ``file`` imports, wherever in it."""
    for node in ast.walk(ast.parse((PACKAGE / file).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_room_imports_only_the_rooms_below_it(file: Path) -> None:
    own = room_of(file.parts[0])
    ours = [name.removeprefix("dreamdata_relay.") for name in imported(file) if name.startswith("dreamdata_relay.")]
    assert {room_of(name) for name in ours} <= MAY_IMPORT[own] | {own}


@pytest.mark.parametrize("file", [file for file in FILES if file.parts[0] not in OUTER], ids=str)
def test_only_the_adapters_reach_the_outside(file: Path) -> None:
    """Nor does anything else read the environment or a clock of its own; the sandbox serves HTTP."""
    found = {name.split(".")[0] for name in imported(file)}
    assert found.isdisjoint(EDGES | {"os", "time"})


def test_every_room_is_known_and_there() -> None:
    """A new one is listed here first."""
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == set(MAY_IMPORT) - {""}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_module_has_one_idea(file: Path) -> None:
    """By its length."""
    assert len((PACKAGE / file).read_text().splitlines()) <= MOST_LINES
