"""What docs/reliability.md says was not verified on AWS is what the tests know of, each with its source."""

import importlib
import re
from pathlib import Path

import pytest

from relay_cli.smoke import delivery, letters, requests, rights, settings, telemetry, versions, ways, wiring
from tests.witness.differences import CLAIMS
from tests.witness.emulators import NAMES

ROOT = Path(__file__).resolve().parents[2]
_SECTION = (ROOT / "docs" / "reliability.md").read_text().split("## Not verified on AWS\n", 1)[1].split("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in _SECTION.splitlines() if line.startswith("| ")
]

GROUPS = {module.GROUP for module in (delivery, letters, requests, rights, settings, telemetry, versions, ways, wiring)}
# What the checks are called stands in the code as text, for both functions in one.
_CODE = "".join(path.read_text() for path in sorted((ROOT / "relay_cli" / "smoke").glob("*.py")))
SMOKE = "".join(_CODE.replace("{function}", function) for function in ("ingest", "deliver"))
_NAMED = re.compile(r"`([a-z ]+)`: ([^;]+)")

for path in sorted((ROOT / "tests" / "witness").glob("test_*.py")):
    importlib.import_module(f"tests.witness.{path.stem}")


def test_every_difference_of_an_emulator_is_told() -> None:
    """In the words of the test that has to fail there."""
    assert {found.claim for found in CLAIMS} <= {row[0] for row in ROWS}


def test_a_difference_is_an_emulators_that_is_asked() -> None:
    assert CLAIMS
    assert {name for found in CLAIMS for name in found.emulators} <= set(NAMES)


@pytest.mark.parametrize("row", ROWS[1:], ids=lambda row: row[0])
def test_every_claim_has_its_source_and_its_check(row: list[str]) -> None:
    """Or says that there is none."""
    claim, source, check = row

    assert claim
    assert check
    assert re.fullmatch(r"\[[^]]+\]\(https://docs\.aws\.amazon\.com/\S+\)|not documented", source)
    assert check.startswith("none") or _NAMED.match(check)


def test_every_check_is_one_of_the_report() -> None:
    """By its group and its name, as `relay smoke` prints them."""
    named = {found for row in ROWS[1:] for found in _NAMED.findall(row[2])}
    assert len(named) > 10
    assert {group for group, _ in named} <= GROUPS
    assert [name for _, name in named if f'"{name}"' not in SMOKE] == []
