"""relay check: what keeps events from being of use in Dreamdata, without a stack."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from dreamdata_relay.attribution.rules import NAMES
from dreamdata_relay.events.rules import CODES
from relay_cli.app import app
from relay_cli.check import running as checking
from relay_cli.check.reading import opened
from relay_cli.errors import WrongInput
from relay_cli.history.records import NOT_JSON, TOO_LONG
from relay_cli.main import options_first
from tests.attribution.corpus import BROKEN, KEPT, LATEST, event, track
from tests.examples import examples

ROOT = Path(__file__).resolve().parents[2]
NAMELESS = event("identify", traits={"name": "Jo"}, userId="u-2")
GOOD, FREE = event("identify"), event("identify", traits={"email": "jo@gmail.com"}, userId="u-3")
type Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `relay check`, where there is no stack, at the time of the corpus."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checking, "latest_of", lambda _: LATEST)

    def running(*arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, options_first(["check", *arguments]), input=stdin)

    return running


def checked(run: Run, text: str | bytes, *options: str, status: int = 0) -> dict[str, Any]:
    done = run("-", "--json", *options, stdin=text)
    assert done.exit_code == status, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lines(*events: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in events)


def places(found: dict[str, Any]) -> list[tuple[int | None, int | None, str]]:
    return [(one["line"], one["event"], one.get("rule") or one["code"]) for one in found["findings"]]


_OVER_LINES = ",\n".join(map(json.dumps, (GOOD, NAMELESS, FREE)))
FORMS = {
    "one a line": (lines(GOOD, NAMELESS, FREE), [2, 3]),
    "one a line, blank ones between": ("\n\n" + lines(GOOD) + "\n \n" + lines(NAMELESS, FREE), [6, 7]),
    "one a line behind a byte order mark": ("\ufeff" + lines(GOOD, NAMELESS, FREE), [2, 3]),
    "a list in a line": (json.dumps([GOOD, NAMELESS, FREE]), [1, 1]),
    "a list over lines": (f"[\n{_OVER_LINES}]", [3, 4]),
    "a batch in a line": (json.dumps({"batch": [GOOD, NAMELESS, FREE], "writeKey": "k", "sentAt": "x"}), [1, 1]),
    "a batch over lines": ('{"sentAt": "x",\n"batch": [\n' + _OVER_LINES + "]}", [4, 5]),
    "a batch whose list comes first": ('{"batch":\n[' + _OVER_LINES + '],"context":{}}', [3, 4]),
    "batches, one a line": (lines({"batch": [GOOD]}, {"batch": [NAMELESS, FREE]}), [2, 2]),
    "values one after another": ("\n".join(json.dumps(one, indent=1) for one in (GOOD, NAMELESS, FREE)), None),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_events_are_read_in_every_form(run: Run, form: str) -> None:
    text, found_in = FORMS[form]
    found = checked(run, text)

    assert found["events"] == 3
    assert [(number, rule) for _, number, rule in places(found)] == [(2, "identify_without_email"), (3, "free_mail")]
    if found_in:
        assert [line for line, *_ in places(found)] == found_in


def test_a_single_event_over_lines_is_read(run: Run) -> None:
    assert places(checked(run, json.dumps(FREE, indent=2))) == [(1, 1, "free_mail")]


def test_what_a_batch_shares_is_in_each_event(run: Run) -> None:
    """As the relay merges it, wherever it stands."""
    page = event("page", userId=None, anonymousId="a", context=None, properties={"url": "https://a.b"})
    shared = {"ip": "24.5.68.47"}

    assert places(checked(run, json.dumps({"batch": [page]}))) == [(1, 1, "anonymous_without_ip")]
    for indent in (None, 1):
        assert places(checked(run, json.dumps({"batch": [page], "context": shared}, indent=indent))) == []
    two = json.dumps({"batch": [page, FREE], "context": shared}, indent=1)
    line = two[: two.index('"identify"')].count("\n")
    assert places(checked(run, two)) == [(line, 2, "free_mail")]


def test_an_event_with_a_member_batch_is_an_event(run: Run) -> None:
    assert checked(run, lines(event("track", batch=[FREE, FREE])))["events"] == 1


def test_a_file_is_read_by_its_name_as_lines(run: Run, tmp_path: Path) -> None:
    """A line that cannot be read does not end it, not even the first one."""
    (tmp_path / "events.ndjson").write_text("{broken\n" + lines(FREE))
    found = json.loads(run("events.ndjson", "--json").stdout)

    assert places(found) == [(1, 1, "not_json"), (2, 2, "free_mail")]


def test_every_planted_event_is_found_in_a_file(run: Run, tmp_path: Path) -> None:
    planted = [(rule, given) for rule, all_ in BROKEN.items() for given, _ in all_]
    (tmp_path / "events.jsonl").write_text(lines(*(given for _, given in planted)))
    found = json.loads(run("events.jsonl", "--json", "--most", "0", "--own-domain", "@Sender.example").stdout)
    by_event = {(number, rule) for _, number, rule in places(found)}

    assert {(number, rule) for number, (rule, _) in enumerate(planted, 1)} <= by_event


def test_each_finding_has_its_line_rule_path_and_fix(run: Run) -> None:
    done = run("-", stdin=lines(GOOD, NAMELESS))

    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == (
        "line 2, event 2: identify_without_email at traits.email: put the person's email address, not a hash of it,"
        " into traits.email"
    )


def test_the_tables_sum_up(run: Run) -> None:
    nowhere: dict[str, Any] = {"context": {}}
    events = [
        GOOD,
        event("track", **nowhere),
        event("track", userId="u-9", **nowhere),
        event("track", userId="0", **nowhere),
    ]
    done = run("-", stdin=lines(*events))
    rows = [line.split("  ") for line in done.stdout.splitlines()]
    table = {row[0]: [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}

    assert table["4 events, 1 with findings"] == []
    assert table["contact"] == ["50.0 %", "1", "1", "1", "1"]
    assert table["company"] == ["50.0 %", "1", "1", "1", "1"]
    assert table["campaign"] == ["0.0 %", "0", "0", "0", "4"]
    assert table["literal_id"] == ["1", "25.0 %"]


def test_readiness_as_json(run: Run) -> None:
    found = checked(run, lines(GOOD, event("track"), event("track", userId="u-9")))

    assert found["readiness"]["contact"] == {
        "share": 0.6667, "possible": 1.0, "directly": 1, "by_another_event": 1, "if_tied_elsewhere": 1, "not_at_all": 0,
    }  # fmt: skip
    assert found["rules"] == {}
    assert (found["with_findings"], found["left_out"], found["partly_tied"]) == (0, 0, False)


def test_rules_of_many_events_are_told_of_all(run: Run) -> None:
    events = [track(f"Seen {chr(97 + number // 26)}{chr(97 + number % 26)}") for number in range(101)]
    found = checked(run, lines(*events))

    assert places(found) == [(None, None, "too_many_event_names")]
    assert checked(run, lines(*events), "--skip", "too_many_event_names")["findings"] == []
    assert "all events: too_many_event_names at event: name events" in run("-", stdin=lines(*events)).stdout


def test_only_so_many_of_a_rule_are_shown_and_all_are_counted(run: Run) -> None:
    text = lines(*[NAMELESS] * 5, FREE)
    found = checked(run, text, "--most", "2")

    assert [rule for *_, rule in places(found)] == ["identify_without_email"] * 2 + ["free_mail"]
    assert (found["left_out"], found["rules"]["identify_without_email"]["events"]) == (3, 5)
    assert "... and 3 more of the same: --most 0 shows all" in run("-", "--most", "2", stdin=text).stdout
    assert checked(run, text, "--most", "0")["left_out"] == 0


def test_rules_are_switched(run: Run) -> None:
    text = lines(NAMELESS, FREE)

    assert list(checked(run, text, "--rule", "free_mail")["rules"]) == ["free_mail"]
    assert list(checked(run, text, "--skip", "free_mail")["rules"]) == ["identify_without_email"]
    assert checked(run, text, "--rule", "own_domain", "--own-domain", "gmail.com")["rules"].keys() == {"own_domain"}


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ([], 0),
        (["--fail-on", "any"], 1),
        (["--fail-on", "free_mail"], 1),
        (["--fail-on", "literal_id"], 0),
        (["--fail-on", "literal_id", "--fail-on", "free_mail"], 1),
        (["--fail-on", "any", "--skip", "free_mail"], 0),
    ],
)
def test_findings_fail_only_where_they_are_asked_to(run: Run, options: list[str], status: int) -> None:
    checked(run, lines(FREE), *options, status=status)
    assert run("-", *options, stdin=lines(FREE)).exit_code == status


def test_what_the_relay_refuses_is_told_and_fails(run: Run) -> None:
    """By line, with what the sender should do; it is no part of the readiness."""
    text = lines(GOOD, event("track", event=None), {"type": "track", "event": "x"}, 7, event("track", timestamp="soon"))
    found = checked(run, text + '{"a"\n', status=1)

    assert found["refused"] == {
        "event_name_missing": 1, "identity_missing": 1, "event_not_object": 1, "timestamp_invalid": 1, "not_json": 1,
    }  # fmt: skip
    assert found["events"] == 1
    assert all(one["fix"] for one in found["findings"])
    assert "line 2, event 2: refused by the relay: event_name_missing: set `event`" in run("-", stdin=text).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.json"], "gone.json cannot be read: No such file or directory"),
        (["."], "cannot be read: Is a directory"),
        (["-"], "- holds no event"),
        (["-", "--rule", "free"], "--rule free is no rule; there are: identify_without_email"),
        (["-", "--skip", "x"], "--skip x is no rule"),
        (["-", "--fail-on", "all"], "--fail-on all is no rule"),
        (["-", "--fail-on", "free_mail", "--skip", "free_mail"], "is a rule that is not checked"),
        (["-", *(part for name in NAMES for part in ("--skip", name))], "no rule is left"),
    ],
)
def test_what_cannot_be_used_ends_with_a_line(run: Run, arguments: list[str], said: str) -> None:
    done = run(*arguments, stdin="")

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("text", ['{"type": "track",\n', "[1, {]", '[{"type":"track"}] x'])
def test_a_document_that_is_no_json_ends_with_a_line(run: Run, text: str) -> None:
    done = run("-", stdin=text)

    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_no_value_of_an_event_is_shown(run: Run) -> None:
    secret = "zebra"
    values = [value for all_ in BROKEN.values() for value, _ in all_]
    marked = [json.dumps(value).replace("jo@", f"{secret}@").replace("u-4711", secret) for value in values]
    for options in ([], ["--json"]):
        done = run("-", "--most", "0", *options, stdin="\n".join(marked))
        assert secret not in done.output


def test_a_long_file_is_read_piece_by_piece(tmp_path: Path) -> None:
    """The first event is there before the file has ended."""
    reader, writer = os.pipe()
    os.write(writer, lines(GOOD).encode())
    with opened(Path(f"/dev/fd/{reader}")) as events:
        assert json.loads(next(events).text) == GOOD
        os.close(writer)
        assert list(events) == []
    os.close(reader)


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "relay_cli", "check", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_an_interrupt_ends_it_with_a_sentence() -> None:
    """What was found until then stays printed."""
    with started("-") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(lines(NAMELESS))
        process.stdin.flush()
        assert "identify_without_email" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr.read() == "relay: interrupted: nothing was changed\n"


def test_a_reader_that_has_seen_enough_ends_it_without_a_word() -> None:
    with started("-", "--most", "0") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(lines(NAMELESS))
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(lines(NAMELESS))
        process.stdin.close()
        assert process.stderr.read() == ""


def test_the_corpus_of_good_events_has_no_refused_ones(run: Run) -> None:
    """But for those of which a test says so: a near miss that is refused would prove nothing."""
    kept = [given for all_ in KEPT.values() for given in all_]
    refused = checked(run, lines(*kept), status=1)["refused"]

    assert set(refused) <= {"timestamp_invalid", "identity_missing"}


@contextmanager
def patch_stdin(text: bytes) -> Iterator[None]:
    """Let ``text`` come on stdin."""
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(text))
    try:
        yield
    finally:
        sys.stdin = before


PIECES = st.sampled_from(
    [
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b'"',
            b"\n",
            b" ",
            b"\\",
            b"\xff",
            b"\xef\xbb\xbf",
            b"null",
            b"NaN",
            b"7",
            b"1e999",
        ),
        *(b'"batch"', b'"type"', b'"track"', b'"context"', b'"\\ud800"'),
        *(json.dumps(one).encode() for one in (GOOD, {"batch": [FREE]}, [GOOD, [FREE]])),
        json.dumps({"batch": [FREE], "context": {"ip": "1.1.1.1"}}, indent=1).encode(),
    ]
)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=4)), max_size=10).map(b"".join))
@example(b'{"batch": 5,\n"type": 7}')
@example(b"[" * 30_000)
@example(b'{"batch":[' * 5_000)
def test_whatever_is_in_a_file_it_is_read_or_told(text: bytes) -> None:
    """Nothing raises but what ends the command with a line."""
    with patch_stdin(text), suppress(WrongInput), opened(Path("-")) as events:
        report = checking.check(events, NAMES, (), lambda _: None)
        assert set(report.refused) <= {*CODES, NOT_JSON, TOO_LONG}
