"""No command lets foreign text steer the operator's terminal."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from relay_cli import context
from relay_cli.app import app
from relay_cli.main import options_first
from relay_cli.printing import printable
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
    undone = shown.encode("ascii", "backslashreplace").decode("unicode_escape")
    assert text == (shown if shown == text else undone)


@pytest.mark.parametrize("text", [":bomb:", "[bold]x[/bold]", "Zürich", "東京", "\\u202e", "नमस्ते"])
def test_what_is_seen_is_not_changed(text: str) -> None:
    """Evidence stays evidence."""
    assert printable(text) == text


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
