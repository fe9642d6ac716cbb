"""`relay tail`: what was asked for, and what is left out is said."""

import json

import pytest

from tests.cli.conftest import Bench

ONCE = ("tail", "--seconds", "0.01", "--since", "10m")


@pytest.fixture
def busy(bench: Bench) -> Bench:
    """A hundred ordinary lines, one warning of each function among the last, and a count."""
    for number in range(100):
        bench.log(200 - number, "INFO", f"line {number}")
    bench.log(50, "WARNING", "held lately")
    bench.log(49, "WARNING", "refused lately", "ingest")
    metrics = [{"Name": "EventsDelivered", "Unit": "Count"}]
    for number in range(3):
        values = {"_aws": {"CloudWatchMetrics": [{"Metrics": metrics}]}, "EventsDelivered": [2]}
        bench.log(40 - number, "INFO", "", **values)  # type: ignore[arg-type]
    return bench


def test_under_load_trouble_is_shown_and_what_is_left_out_is_said(busy: Bench) -> None:
    """Forty lines, both warnings among them though they are late, and a sum of the rest."""
    written = busy.run(*ONCE).stdout.splitlines()
    assert len(written) == 41
    assert any("held lately" in line for line in written)
    assert any("refused lately" in line for line in written)
    assert written[-1].startswith("... 65 more lines until ")
    assert "0 of them trouble, are left out (--all shows them). They count: deliver.EventsDelivered=6" in written[-1]


def test_all_is_all(busy: Bench) -> None:
    """Also as JSON, which programs read."""
    assert len(busy.run(*ONCE, "--all").stdout.splitlines()) == 105
    assert len(busy.run(*ONCE, "--json").stdout.splitlines()) == 105


def test_only_trouble_of_one_function(busy: Bench) -> None:
    """The two can be put together."""
    assert len(busy.run(*ONCE, "--errors").stdout.splitlines()) == 2
    (line,) = busy.run(*ONCE, "--errors", "--function", "ingest").stdout.splitlines()
    assert "refused lately" in line


def test_a_summary_shows_sums(busy: Bench) -> None:
    """And how many lines and how much trouble they are of."""
    told = json.loads(busy.run(*ONCE, "--summary", "--json").stdout)
    assert (told["lines"], told["trouble"], told["counts"]) == (105, 2, {"deliver.EventsDelivered": 6})
    assert "105 lines, 2 of trouble  deliver.EventsDelivered=6" in busy.run(*ONCE, "--summary").stdout


def test_without_a_time_only_what_happens_now_is_shown(busy: Bench) -> None:
    """Nothing of the minutes before."""
    assert busy.run("tail", "--seconds", "0.01").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "relay: listening to the log lines and counts of ingest and deliver of shop, from "),
        (
            ("--errors", "--function", "deliver"),
            "relay: listening to trouble in the log lines of deliver of shop, from ",
        ),
    ],
)
@pytest.mark.parametrize("shown", [(), ("--json",), ("--summary",)])
def test_it_says_what_it_listens_to_before_anything_happens(
    bench: Bench, arguments: tuple[str, ...], said: str, shown: tuple[str, ...]
) -> None:
    """Beside the result: silence would look as if it had not begun."""
    done = bench.run("tail", "--seconds", "0.01", *arguments, *shown)

    assert (done.stdout, done.stderr.startswith(said)) == ("", True)
    assert done.stderr.endswith(" UTC on, for 0.01 s\n")


@pytest.mark.parametrize("arguments", [("--function", "both"), ("--since", "soon"), ("--summary", "--all")])
def test_what_cannot_be_meant_is_refused(bench: Bench, arguments: tuple[str, ...]) -> None:
    """Status 2."""
    assert bench.run("tail", "--seconds", "0.01", *arguments).exit_code == 2
