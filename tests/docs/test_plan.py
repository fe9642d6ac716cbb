"""docs/plan.md says what the compiler, the engine and the commands do."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dreamdata_relay.plan.judging import MOST_VIOLATIONS
from dreamdata_relay.plan.violations import Kind, Mode
from plan_compiler import folder as folders
from plan_compiler import json_places, settings, weights
from relay_cli.app import app
from relay_cli.main import options_first

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "plan.md").read_text()
VENDORS = ROOT / "tests" / "plan" / "vendors"


def section(name: str) -> str:
    """The text below a heading of the second level."""
    return TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", section(name), re.DOTALL)


def rows(name: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", section(name), re.MULTILINE)


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The page's plan, in the folder that the commands run in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan" / "track").mkdir(parents=True)
    (tmp_path / "plan" / "track" / "order-completed.json").write_text(blocks("The folder", "json")[0])
    return tmp_path / "plan"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, options_first(["plan", *arguments]))


def test_the_events_are_judged_as_the_page_says(plan: Path) -> None:
    (plan.parent / "events.json").write_text(blocks("What is said of an event", "json")[0])
    assert run("try", "events.json").output == blocks("What is said of an event", "text")[0]


def test_a_fault_is_told_as_the_page_says(plan: Path) -> None:
    file = plan / "track" / "order-completed.json"
    file.write_text(file.read_text().replace('"required": ["properties"]', '"requierd": ["properties"]'))
    assert run("check").output == blocks("Schemas", "text")[0]


def test_the_settings_are_right_and_mean_what_the_page_says(plan: Path) -> None:
    (plan / "settings.yaml").write_text(blocks("Modes", "yaml")[0])
    (plan.parent / "events.json").write_text(blocks("What is said of an event", "json")[0])
    told = json.loads(run("try", "events.json", "--json").output)
    assert [one["mode"] for one in told] == ["quarantine", "warn", "off"]
    told = json.loads(run("try", "events.json", "--json", "--source", "http:legacy").output)
    assert [one["mode"] for one in told] == ["off", "off", "off"]


def test_a_difference_is_told_as_the_page_says(plan: Path) -> None:
    """Between the page's plan with one event more and one member less, and the page's plan with a wider type."""
    old = plan.parent / "old" / "track"
    old.mkdir(parents=True)
    file = plan / "track" / "order-completed.json"
    (old / "order-completed.json").write_text(file.read_text().replace('["revenue", "currency"]', '["revenue"]'))
    (old / "trial-started.json").write_text('{"title": "Trial Started", "required": ["userId"]}')
    file.write_text(file.read_text().replace('"number"', '["number", "null"]'))
    assert run("diff", "old", "plan").output == blocks("A change of the plan", "text")[0]


def test_what_is_left_out_of_an_import_is_told_as_the_page_says(plan: Path) -> None:
    told = run("import", str(VENDORS / "segment.json"), "--to", "imported").output
    assert blocks("Tracking plans of Segment and RudderStack", "text")[0] in told


def test_every_kind_and_mode_is_explained() -> None:
    assert rows("What is said of an event") == list(Kind)
    assert rows("Modes") == list(Mode) == list(settings.MODES)
    assert tuple(Kind) == settings.KINDS


def test_the_bounds_are_those_of_the_code() -> None:
    told = section("Schemas").replace("\n", " ")
    assert f"{folders.MOST_FILES:,} files, {folders.MOST_FILE_BYTES // 1_000_000} MB each" in told
    assert f"{folders.MOST_BYTES // 1_000_000} MB in all; {json_places.MOST_DEPTH} levels" in told
    assert f"{weights.MOST_STEPS} levels with references followed; at most {weights.MOST_WEIGHT:,} schemas" in told
    assert f"At most {MOST_VIOLATIONS} violations" in section("What is said of an event")


def test_the_validator_that_was_measured_is_the_one_that_is_locked() -> None:
    (version,) = re.findall(r"jsonschema-rs ([0-9.]+) as the relay", TEXT)
    assert f"\njsonschema-rs=={version} " in (ROOT / "requirements" / "dev.txt").read_text()


def test_every_file_of_the_table_is_one_for_the_compiler() -> None:
    files = re.findall(r"`([a-z]+\.json)`", section("The folder").partition("\n\nThe name")[0])
    assert files == [
        folders.COMMON,
        *(f"{kind}.json" for kind in ("identify", "track", "page", "screen", "group", "alias")),
    ]
    assert all(folders.misplaced(file) is None for file in files)
