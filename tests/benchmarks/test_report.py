"""What was measured is told as it is: as a table, as JSON, as charts."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from benchmarks import charts, report
from benchmarks.measuring import interleaved, measured, ratio
from benchmarks.parts import Check, Part

BARS = Part(
    "bars",
    "Some bars",
    [
        {"method": "ours", "us/event": 1.234},
        {"method": "theirs", "us/event": 1234.5},
        {"method": "none", "us/event": None},
    ],
    ("How to read it.",),
    [Check("fast", 0.5, 0.8), Check("slow", 3.0, 4.0, at_least=True)],
    chart=("method", "us/event"),
    own=["ours"],
)
PLAIN = Part("plain", "No chart", [{"n": 1}])


def printed(part: Part) -> str:
    text = io.StringIO()
    console = Console(file=text, width=100)
    report.show(console, part)
    report.summarize(console, [part])
    return text.getvalue()


def test_a_table_has_every_row_note_and_target() -> None:
    said = printed(BARS)

    for text in ("Some bars", "ours", "1.23", "1,23", "How to read it.", "at most 0.8 x", "at least 4 x"):
        assert text in said
    assert [line.split("│")[4].strip() for line in said.splitlines() if "at " in line] == ["ok", "missed"]


@pytest.mark.parametrize(("value", "at_least", "ok"), [(1.0, False, True), (1.1, False, False), (0.9, True, False)])
def test_a_target_is_reached_up_to_its_limit(value: float, at_least: bool, ok: bool) -> None:
    assert Check("", value, 1.0, at_least=at_least).ok is ok


def test_the_json_holds_everything_and_no_host(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bench.json"
    report.write(path, [BARS, PLAIN], rounds=3, seed=4)
    found = json.loads(path.read_text())

    assert (found["rounds"], found["seed"]) == (3, 4)
    assert found["machine"]["packages"]["msgspec"]
    assert set(found["machine"]) == {"python", "processor", "cores", "system", "packages"}
    assert found["parts"][0]["rows"][1] == {"method": "theirs", "us/event": 1234.5}
    assert [check["ok"] for check in found["parts"][0]["checks"]] == [True, False]
    assert found["parts"][1]["rows"] == [{"n": 1}]


def test_a_chart_is_drawn_of_what_has_one_with_a_bar_as_long_as_each_figure(tmp_path: Path) -> None:
    [file] = charts.draw([BARS, PLAIN], tmp_path)

    assert file.name == "bars.svg"
    drawn = ET.fromstring(file.read_text())  # noqa: S314  # written just now
    texts = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    short, long = (float(bar.get("width", "")) for bar in drawn.iter("{http://www.w3.org/2000/svg}rect"))
    assert texts == ["Some bars: us/event", "ours", "1.23", "theirs", "1,234"]
    assert long / short == pytest.approx(1234.5 / 1.234, rel=0.05)


def test_each_case_runs_once_a_round_and_ratios_are_of_the_same_round() -> None:
    calls: list[str] = []
    found = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, 2)

    assert calls == ["a", "b"] * 3
    assert len(found["a"].rounds) == 2
    assert ratio(measured([1, 4, 9]), measured([2, 2, 3])).rounds == (0.5, 2, 3)
