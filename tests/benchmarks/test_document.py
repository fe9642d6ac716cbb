"""The page has a place for everything that `make bench DOCS=1` writes."""

import re
from pathlib import Path

from benchmarks import document

_NAME = re.compile(r'\bPart\(\s*"([a-z-]+)"')
_PLACE = re.compile(r"^<!-- (\S+): ")
# It has a page of its own.
COSTS = Path("benchmarks/costs")


def test_each_part_has_a_place() -> None:
    sources = [path for path in Path("benchmarks").rglob("*.py") if COSTS not in path.parents]
    parts = {name for path in sources for name in _NAME.findall(path.read_text())}
    lines = document.DOCUMENT.read_text().splitlines()
    places = {found[1] for line in lines if (found := _PLACE.match(line))}

    assert len(parts) > 5
    assert parts <= places
