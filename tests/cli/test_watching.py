"""`relay status`, `tail` and `send`, and what is told where there is no stack."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dreamdata_relay.events.message_ids import payload_id
from relay_cli import sending
from relay_cli.app import app
from relay_cli.following import Tail
from relay_cli.log_lines import FunctionLogs, read_line
from relay_cli.main import options_first
from tests.cli.conftest import DEAD, DREAMDATA, Bench, FakeLogs

INGEST, DELIVER = "ingestloggroupname", "deliverloggroupname"
START = datetime(2026, 3, 2, tzinfo=UTC)
START_MS = int(START.timestamp() * 1000)


def logs_of(*lines: tuple[str, int, str]) -> FunctionLogs:
    logs: Any = FakeLogs(list(lines))
    return FunctionLogs(logs, {"ingest": INGEST, "deliver": DELIVER})


def said(level: str, message: str, **fields: object) -> str:
    return json.dumps({"level": level, "message": message, **fields})


def test_each_trouble_wants_attention(bench: Bench) -> None:
    """A placeholder for a key, dead letters, an alarm, a queue that is not read: status 1 and a line each."""
    bench.secrets.put(DREAMDATA, '{"api_key": "PUT-YOUR-DREAMDATA-API-KEY-HERE"}')
    bench.sqs.put(DEAD, "{}")
    bench.alarms.append("shop-KeyRefusedAlarm-1")
    bench.mappings[:] = [("Disabled", "deliverfunctionname:live")]
    done = bench.run("status", "--json")
    wants = json.loads(done.stdout)["wants"]
    assert done.exit_code == 1
    assert len(wants) == 4
    type_this = "relay --stack shop key set --check --follow 300"
    on = f"alarm shop-KeyRefusedAlarm-1: see docs/operations.md, The key is refused: {type_this}"
    for text in ("nobody has put a key", "1 dead letter:", on, "disabled"):
        assert any(text in want for want in wants)


def test_what_the_platform_says_of_each_invocation_is_left_out() -> None:
    """But not that one failed."""
    assert read_line("deliver", 0, "START RequestId: 1 Version: 1") is None
    assert read_line("deliver", 0, '{"type":"platform.report","record":{"status":"success"}}') is None
    failed = read_line("deliver", 0, '{"type":"platform.report","record":{"status":"timeout"}}')
    assert failed is not None
    assert failed.is_trouble


def test_a_metrics_line_is_read_as_its_sums() -> None:
    """As the functions write them."""
    line = {"_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "A"}, {"Name": "B"}]}]}, "A": [1.0, 2.0], "B": 4}
    read = read_line("ingest", 0, json.dumps(line))
    assert read is not None
    assert read.counts == {"A": 3.0, "B": 4.0}


def test_a_tail_shows_each_line_once_though_it_looks_back() -> None:
    """A line that CloudWatch shows late is shown, too."""
    logs: Any = FakeLogs([(DELIVER, START_MS + 1000, said("INFO", "one"))])
    waits = iter([(DELIVER, START_MS + 500, said("INFO", "late")), (INGEST, START_MS + 9000, said("INFO", "two"))])

    class Over(Exception):
        pass

    def pause(_: float) -> None:
        try:
            logs.lines.append(next(waits))
        except StopIteration:
            raise Over from None

    shown: list[str] = []
    tail = Tail(FunctionLogs(logs, {"ingest": INGEST, "deliver": DELIVER}), START, pause)
    with suppress(Over):
        shown.extend(line.text for line in tail.lines())
    assert shown == ["one", "late", "two"]


@pytest.mark.parametrize(
    ("status", "end"), [(200, "delivered"), (503, "held"), (None, "unknown")], ids=["accepted", "away", "unseen"]
)
def test_an_event_is_followed_by_its_payloads_id(status: int | None, end: str) -> None:
    """Delivered only on Dreamdata's own 2xx."""
    lines = [] if status is None else [
        (DELIVER, START_MS, said("INFO", "payload posted", payload_id=payload_id(["a", "b"]), status=status))
    ]  # fmt: skip
    assert sending.follow(logs_of(*lines), ["a", "b"], START, 0, lambda _: None).what == end


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        ([("traced events delivered", {"message_ids": ["other", "{one}", "{two}"]})], "delivered"),
        (
            [("traced events delivered", {"message_ids": [name]}) for name in ("{one}", "{two}")],
            "delivered",
        ),
        ([("traced events delivered", {"message_ids": ["{one}"]})], "unknown"),
        ([("messages held", {"traced": ["{one}"], "reasons": ["unavailable"]})], "held"),
        ([("messages held", {"reasons": ["unavailable"]})], "unknown"),
    ],
)
def test_an_event_among_others_is_followed_by_its_own_id(
    lines: list[tuple[str, dict[str, list[str]]]], end: str
) -> None:
    """However busy the relay is: each of the events must be told of."""
    ids = {"{one}": "relay-trace-" + "1" * 32, "{two}": "relay-trace-" + "2" * 32}
    told = [
        (DELIVER, START_MS, said("INFO", text, **{field: [ids.get(name, name) for name in names]}))
        for text, fields in lines
        for field, names in fields.items()
    ]
    assert sending.follow(logs_of(*told), list(ids.values()), START, 0, lambda _: None).what == end


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (["refused"], "held for refused at 00:00:00 UTC; a refusal counts once a later receive has confirmed it"),
        (["refused", "unavailable"], "held for refused or unavailable at 00:00:00 UTC; a refusal counts"),
        (["refused_all"], "Dreamdata takes nothing; tried again for hours, and then a dead letter"),
        (["unavailable"], "held for unavailable at 00:00:00 UTC; tried again later"),
    ],
)
def test_what_dreamdata_refuses_is_not_told_to_be_tried_again(reasons: list[str], said: str) -> None:
    """A later receive confirms it; then it is a dead letter."""
    name = "relay-trace-" + "1" * 32
    line = (
        DELIVER,
        START_MS,
        json.dumps({"level": "WARNING", "message": "held", "traced": [name], "reasons": reasons}),
    )
    end = sending.follow(logs_of(line), [name], START, 0, lambda _: None)
    assert (end.what, said in end.detail) == ("held", True), end
    assert ("tried again later" in end.detail) is (reasons == ["unavailable"])


@pytest.mark.parametrize("status", [400, 403, 413, 422, 401, 503])
def test_a_post_that_dreamdata_refuses_is_not_told_to_be_tried_again(status: int) -> None:
    """Of an event without an id that the log tells, too."""
    text = json.dumps(
        {"level": "WARNING", "message": "payload posted", "payload_id": payload_id(["a"]), "status": status}
    )
    detail = sending.follow(logs_of((DELIVER, START_MS, text)), ["a"], START, 0, lambda _: None).detail
    assert ("then the event is a dead letter" in detail, "tried again later" in detail) == (
        (False, True) if status in (401, 503) else (True, False)
    )


@pytest.mark.parametrize(
    "arguments",
    [("--type", "identify", "--event", "x"), ("FILE", "--user", "u"), ("FILE", "--event", "x")],
)
def test_an_option_of_send_that_has_no_effect_is_refused(
    bench: Bench, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Nothing is sent."""
    file = tmp_path / "event.json"
    file.write_text('{"type": "identify", "userId": "u"}')
    done = bench.run("send", *(str(file) if argument == "FILE" else argument for argument in arguments))
    assert done.exit_code == 2
    assert done.stderr.startswith("relay: --")


def test_another_stacks_name_beside_local_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The name in RELAY_STACK is not meant by who says --local; one that is typed is."""
    content = {"region": "eu-west-1", "outputs": {}, "aws_endpoint_url": "http://127.0.0.1:1", "stack_name": "mine"}
    (tmp_path / "stack.json").write_text(json.dumps({**content, "api_url": "http://127.0.0.1:1"}))
    monkeypatch.setenv("RELAY_LOCAL_DIR", str(tmp_path))
    monkeypatch.setenv("RELAY_STACK", "shop")
    done = CliRunner().invoke(app, options_first(["status", "--local", "--stack", "shop"]))
    assert (done.exit_code, "--local is the stack mine, and not shop" in done.stderr) == (2, True)
    # These find the stack, which has no outputs.
    assert CliRunner().invoke(app, ["--local", "status"]).exit_code == 3
    assert CliRunner().invoke(app, ["--local", "--stack", "mine", "status"]).exit_code == 3


@pytest.mark.parametrize("text", ["", "[]", "[1]", "3", "{"])
def test_a_file_without_an_event_is_refused(bench: Bench, tmp_path: Path, text: str) -> None:
    """Before anything is sent."""
    file = tmp_path / "event.json"
    file.write_text(text)
    assert bench.run("send", str(file)).exit_code == 2


def test_every_event_sent_has_an_id() -> None:
    """One of its own stays."""
    one, two = sending.read_events('{"batch": [{"type": "track"}, {"messageId": "mine"}]}')
    assert one["messageId"]
    assert two["messageId"] == "mine"


def test_options_may_stand_anywhere() -> None:
    """Before the command or after it; nothing after -- is touched."""
    asked = ["dead", "list", "--json", "--stack", "shop", "--reason", "x", "--", "--local"]
    assert options_first(asked) == ["--json", "--stack", "shop", "dead", "list", "--reason", "x", "--", "--local"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "RELAY_STACK"),
        (["--local"], "make up"),
        (["--stack", "shop"], "no AWS region"),
        (["--stack", "shop", "--region", "eu-west-1"], "no AWS credentials"),
        (["--stack", "shop", "--profile", "nobody"], "nobody"),
    ],
    ids=["no name", "none is up", "no region", "no credentials", "no profile"],
)
def test_a_missing_stack_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], text: str
) -> None:
    """Status 3."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("RELAY_STACK", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("RELAY_LOCAL_DIR", str(tmp_path))
    done = CliRunner().invoke(app, [*arguments, "status"])
    assert done.exit_code == 3
    assert done.stderr.count("\n") == 1
    assert text in done.stderr
