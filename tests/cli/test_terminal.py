"""No command lets foreign text steer the operator's terminal."""

import contextlib
import fcntl
import json
import os
import pty
import struct
import sys
import termios
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from relay_cli import context
from relay_cli.app import app
from relay_cli.main import options_first
from relay_cli.printing import folded, printable
from relay_cli.stack import RelayStack
from tests.cli.conftest import ARN, DEAD, KEYS, OUTPUTS, QUEUE, Bench
from tests.cli.smoke_stack import ARNS, SmokeBench
from tests.fakes.aws import client_error
from tests.fakes.server import HttpServer, Reaction

HOSTILE = (
    "\x1b[2J\x1b]52;c;cm0gLXJm\x07", "a\r\nforged  row", "\x9b2J", "\u202egnp.exe", "\u2066\u2069\u200f\u061c",
    "\u200b\ufeff", "\u2028\u2029\x85", "\x00\x08\x7f", "\U000e0041", "\ue000\ud800",
    ":bomb: [red]x[/red] [link=x]y[/]",
    "e\u0301\u0302\u0303\u0304", "\\x1b[31m", "\u3164\u115f", "\t\x0b\x0c", "\ufe0f", "\xad",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=8), min_size=1, max_size=4).map("".join)
COMMANDS = (
    ("dead", "list"), ("dead", "show", "m0"), ("dead", "show", "m1"), ("dead", "show", "gone"),
    ("dead", "edit", "m0"), ("dead", "edit", "gone"), ("dead", "import", "/nonexistent"),
    ("dead", "delete", "--all", "--yes", "--export", "/nonexistent/letters.jsonl"),
    ("dead", "redrive", "--all", "--dry-run"), ("status",), ("tail", "--seconds", "0.01"), ("key", "check"),
    ("tail", "--seconds", "0.01", "--errors"), ("find", "gone"), ("find", "m0"), ("key", "undo"),
    ("smoke", "--read-only"), ("status", "--watch", "--looks", "1"),
    ("keys", "list"), ("keys", "revoke", "gone"), ("send", "--seconds", "0"), ("send", "--key", "gone"),
)  # fmt: skip


def planted(text: str) -> SmokeBench:
    """A stack with ``text`` in every place that somebody else writes."""
    bench = SmokeBench()
    event = json.dumps({"type": text, "userId": text})
    for body in (event, text, json.dumps([{"type": text}, {"type": "track"}])):
        bench.sqs.put(DEAD, body, error_code=text, error_detail=text, source=text, status=text)
    bench.sqs.put(QUEUE, "{}")
    bench.secrets.put(KEYS, json.dumps({"default": "k" * 40, text: "k" * 40}))
    bench.secrets.put(OUTPUTS["DreamdataSecretArn"], json.dumps({"api_key": text}))
    at = 4_000_000_000_000
    lines: list[dict[str, Any]] = [
        {"level": "ERROR", "message": text, text: text, "reasons": [text]},
        {"level": text, "message": text, "more": {text: [text]}},
        {"type": "platform." + text, "record": {"status": text, "errorType": text}},
        {"log_level": "ERROR", "errorMessage": text, "errorType": text},
        {"_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": text}]}]}, text: 1},
    ]
    for group in (OUTPUTS["IngestLogGroupName"], OUTPUTS["DeliverLogGroupName"]):
        bench.logs.lines += [(group, at, json.dumps(line)) for line in lines] + [(group, at, text + " rror")]
    bench.alarms = [text]
    bench.resources += [("Strange", "AWS::CloudWatch::Alarm", text)]
    bench.alarm_actions = ["arn:aws:sns:" + text]
    bench.subscriptions = []
    bench.raises["SimulatePrincipalPolicy"] = text
    bench.configurations[ARN + "deliverfunctionname:live"] |= {"State": text, "Environment": {"Variables": {text: "1"}}}
    bench.configurations[ARN + "ingestfunctionname:live"] |= {"Layers": [{"Arn": ":layer:" + text}], "Version": text}
    bench.mappings = [(text, "deliverfunctionname:live")]
    return bench


def run(bench: Bench, stack: RelayStack, *arguments: str) -> bytes:
    """All that the command writes, as a terminal gets it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "find_stack", lambda *_: stack)
        patch.setenv("VISUAL", "true")
        done = CliRunner().invoke(app, options_first(["--stack", "shop", *arguments]), color=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output_bytes


def is_harmless(written: bytes) -> bool:
    """Only characters that are seen, spaces, and the ends of lines."""
    text = written.decode()
    return all(
        character == "\n" or (character.isprintable() and unicodedata.category(character) not in ("Cf", "Cc", "Me"))
        for character in text
    )


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
@example("".join(HOSTILE))
def test_no_command_writes_what_steers_a_terminal(text: str) -> None:
    """Whoever wrote it: a sender, a log, a neighbour in the account, the relay's own answer, an error of AWS."""
    refusal = {"index": 0, "code": text, "detail": text}
    answer = json.dumps({"success": True, "accepted": 0, "rejected": [refusal, text]}).encode()
    with HttpServer(Reaction(body=answer)) as server:
        for arguments in COMMANDS:
            for more in ((), ("--json",)):
                bench = planted(text)
                stack = RelayStack("shop", {**OUTPUTS, **ARNS}, server.url.rstrip("/"), bench)
                written = run(bench, stack, *arguments, *more)
                assert is_harmless(written), (arguments, written)
                assert not more or written.splitlines()[-1].isascii()


@settings(max_examples=10, deadline=None)
@given(TEXTS)
@example("".join(HOSTILE))
def test_an_error_of_aws_does_not_either(text: str) -> None:
    """Its message repeats what it was asked."""
    bench = planted(text)
    bench.sqs.receive_message = _refuse(text)  # type: ignore[method-assign]
    bench.secrets.get_secret_value = _refuse(text)  # type: ignore[method-assign]
    stack = RelayStack("shop", {**OUTPUTS, **ARNS}, "http://127.0.0.1:1", bench)
    for arguments in COMMANDS:
        assert is_harmless(run(bench, stack, *arguments))


def _refuse(text: str) -> Any:
    def refuse(**_: Any) -> Any:
        raise client_error(text, "ReceiveMessage")

    return refuse


@given(TEXTS)
@example("".join(HOSTILE))
def test_what_was_written_can_be_told_from_what_is_shown(text: str) -> None:
    """Clean text is shown as it is, what looks like markup or an emoji's code too; other text can be had back."""
    shown = printable(text)
    assert is_harmless(shown.encode())
    if shown != text:
        assert text == shown.encode("ascii", "backslashreplace").decode("unicode_escape")


@pytest.mark.parametrize("text", [":bomb:", "[bold]x[/bold]", "Zürich", "東京", "\\u202e", "नमस्ते"])
def test_what_is_seen_is_not_changed(text: str) -> None:
    """Evidence stays evidence."""
    assert printable(text) == text


# The first and the last of each kind that Unicode calls letters or marks, or that a font leaves blank.
UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2800\u3164\ufe00\ufe0f\uffa0\U000e0100\U000e01ef"


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_what_a_terminal_shows_as_nothing_is_escaped(character: str) -> None:
    shown = printable(f"a{character}b")

    assert shown.isascii()
    assert f"{ord(character):x}b" in shown


@pytest.mark.parametrize("letter", ["e", "é", "ก"])
def test_marks_that_pile_up_are_escaped_from_the_third_on(letter: str) -> None:
    two = letter + "\u0301\u0302"

    assert printable(two * 3) == two * 3
    assert printable(f"{two}\u0303\u0304{two}") == f"{two}\\u0303\\u0304{two}"


def test_a_body_is_shown_whole(tmp_path: Path) -> None:
    """As it is, or with escapes and said so."""
    bench = Bench()
    for body in ('{"a": ":bomb: [red]"}', '{"a": "\x9b\u202e\\n"}'):
        bench.sqs.put(DEAD, body)
    stack = RelayStack("shop", OUTPUTS, "", bench)
    first, second = (run(bench, stack, "dead", "show", name).decode() for name in ("m0", "m1"))
    assert first.endswith('body:\n{"a": ":bomb: [red]"}\n')
    assert second.endswith(
        'body (with escapes, backslashes doubled; --json has it whole):\n{"a": "\\x9b\\u202e\\\\n"}\n'
    )


# Two columns since Unicode 16, in a terminal that knows of it; Python may not.
LATER_WIDE = "\U0001f1e6"
FORGED = "9f8e7d6c  2026-11-28T00:00:00.000+00:00  type_unknown  http:shop  track  80  FORGED"


def on_a_terminal(columns: int, stack: RelayStack, *arguments: str) -> list[str]:
    """The rows that a terminal so wide shows of what the command writes to stdout."""
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with pytest.MonkeyPatch.context() as patch, os.fdopen(secondary, "w", encoding="utf-8") as terminal:
        patch.setattr(context, "find_stack", lambda *_: stack)
        patch.setattr(sys, "stdout", terminal)
        app(options_first(["--stack", "shop", *arguments]), standalone_mode=False)
    written = b""
    # The other end is closed: after what was written comes an error.
    with contextlib.suppress(OSError):
        while more := os.read(primary, 65_536):
            written += more
    os.close(primary)
    return [row for line in written.decode().splitlines() for row in _rows_of(line, columns)]


def _rows_of(line: str, columns: int) -> Iterator[str]:
    row, width = "", 0
    for character in line:
        takes = 2 if unicodedata.east_asian_width(character) in "WF" or character in LATER_WIDE else 1
        if width + takes > columns:
            yield row
            row, width = "", 0
        row += character
        width += takes
    yield row


@pytest.mark.parametrize("columns", [60, 80, 131])
@pytest.mark.parametrize("filler", [" ", "x", "東", "é", "\U0001f1e6"])
@pytest.mark.parametrize("place", ["error_code", "error_detail", "source", "type"])
@pytest.mark.parametrize("command", [("list",), ("show", "m0")])
def test_nothing_that_a_sender_wrote_begins_a_row(
    columns: int, filler: str, place: str, command: tuple[str, ...]
) -> None:
    """However many characters stand before it: a terminal goes on in the next row wherever a line is too long."""
    for before in range(0, columns + 1, 5):
        text = filler * before + FORGED
        attributes = {"error_code": "type_unknown", "source": "http:default", "error_detail": "why"}
        body = json.dumps({"type": text if place == "type" else "track"}) if command == ("list",) else "{}"
        bench = Bench()
        bench.sqs.put(DEAD, body, **(attributes if place == "type" else attributes | {place: text}))

        rows = on_a_terminal(columns, RelayStack("shop", OUTPUTS, "", bench), "dead", *command)

        assert not [row for row in rows if row.startswith((FORGED[:3], FORGED[:20].lstrip("9")))], rows
        begun = [row.split()[0] for row in rows if row and not row.startswith("     ")]
        if command == ("list",):
            assert begun[:2] == ["id", "m0"]
        else:
            assert set(begun) <= FIELDS


FIELDS = {"id:", "time:", "reason:", "detail:", "source:", "status:", "types:", "bytes:", "stub:", "body:", "{}"}


@given(st.text(max_size=300), st.integers(1, 120))
def test_a_line_is_folded_without_a_loss(text: str, columns: int) -> None:
    text = printable(text)

    first, *others = folded(text, columns).split("\n")

    assert all(row.startswith("      ") for row in others)
    assert first + "".join(row[6:] for row in others) == text
    assert all(len(row) <= max(columns, 20) for row in (first, *others))


@given(st.text(max_size=200), st.text(max_size=200), st.integers(1, 120))
def test_a_command_is_in_one_row_and_all_else_is_folded_without_a_loss(before: str, after: str, columns: int) -> None:
    """Copied from two rows it would be another command."""
    command = "relay --stack shop dead import --from-line 11 events-of-yesterday.jsonl"
    text = printable(before) + command + printable(after)

    first, *others = folded(text, columns, ["relay --stack shop dead import", command]).split("\n")

    assert sum(command in row for row in (first, *others)) >= 1
    assert all(row.startswith("      ") for row in others)
    assert first + "".join(row[6:] for row in others) == text


def test_a_command_to_type_is_in_one_row_of_a_narrow_terminal() -> None:
    """After a row that it does not fit into."""
    bench = Bench()
    bench.sqs.put(DEAD, "{}", error_code="c")

    rows = on_a_terminal(80, RelayStack("shop", OUTPUTS, "", bench), "dead", "redrive", "--all")

    assert rows[-2:] == [
        "What is refused again is a dead letter again a minute or so later: ", "      relay --stack shop dead list",
    ]  # fmt: skip


def test_where_stdout_is_no_terminal_a_line_stays_one() -> None:
    bench = Bench()
    bench.sqs.put(DEAD, "{}", error_code="c", error_detail="x" * 500)

    assert "x" * 500 in run(bench, RelayStack("shop", OUTPUTS, "", bench), "dead", "list").decode()
