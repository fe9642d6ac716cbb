"""`relay find`: where an event is or was, without touching it."""

import json

import pytest

from dreamdata_relay.events.message_ids import payload_id
from tests.cli.conftest import DEAD, QUEUE, Bench
from tests.fakes.aws import client_error

TRACED = "relay-trace-" + "a" * 32


@pytest.mark.parametrize(
    "body",
    [
        {"type": "track", "messageId": "mine"},
        {"batch": [{"type": "track", "messageId": "mine"}]},
        {"Type": "Notification", "TopicArn": "t", "Message": json.dumps({"type": "x", "messageId": "mine"})},
    ],
)
def test_a_dead_letter_is_found_by_its_events_id(bench: Bench, body: dict[str, object]) -> None:
    """Whatever it is wrapped in; `dead show` shows it by the same name."""
    bench.sqs.put(DEAD, json.dumps({"type": "track", "messageId": "other"}), error_code="type_unknown")
    name = bench.sqs.put(DEAD, json.dumps(body), error_code="event_name_missing", error_detail="why")
    done = bench.run("find", "mine")
    assert done.exit_code == 0
    assert f"dead letter {name}: event_name_missing: why" in done.stdout
    assert bench.json("dead", "show", "mine")["id"] == name
    assert [letter["id"] for letter in bench.json("find", name)["dead_letters"]] == [name]
    assert len(bench.sqs.visible(DEAD)) == 2


def test_the_log_tells_what_became_of_it(bench: Bench) -> None:
    """In order: held, posted alone, delivered; lines of others are not shown."""
    bench.log(90, "WARNING", "messages held", traced=[TRACED], reasons=["unavailable"])
    bench.log(60, "INFO", "payload posted", payload_id=payload_id([TRACED]), status=200)
    bench.log(59, "INFO", "traced events delivered", message_ids=["other", TRACED])
    bench.log(58, "INFO", "payload posted", payload_id=payload_id(["other"]), status=200)
    told = [line["said"] for line in bench.json("find", TRACED)["log"]]
    assert told == ["held for unavailable", "posted alone, Dreamdata answered 200", "delivered: Dreamdata took it"]


@pytest.mark.parametrize(("status", "is_open"), [(400, True), (503, True), (200, False)])
def test_a_post_that_was_not_taken_is_not_the_end_of_what_is_no_dead_letter(
    bench: Bench, status: int, is_open: bool
) -> None:
    """It may have been sent back to the queue and delivered with others since, of which the log does not tell."""
    bench.log(60, "INFO", "payload posted", payload_id=payload_id(["mine"]), status=status)
    said = "no dead letter is of it; had it been posted with others since, the log would not tell"
    assert (said in bench.run("find", "mine").stdout) is is_open
    bench.sqs.put(DEAD, json.dumps({"type": "track", "messageId": "mine"}), error_code="refused_by_dreamdata")
    assert said not in bench.run("find", "mine").stdout


def test_what_is_not_told_is_not_claimed(bench: Bench) -> None:
    """Status 1; the queue is counted, and not received from."""
    bench.sqs.put(QUEUE, json.dumps({"messageId": "mine"}))
    done = bench.run("find", "mine")
    assert done.exit_code == 1
    assert "1 message on the queue; the queue is not looked into" in done.stdout
    assert "neither a dead letter nor the log since" in done.stderr
    assert len(bench.sqs.visible(QUEUE)) == 1


def test_lines_of_another_event_tell_nothing(bench: Bench) -> None:
    """CloudWatch finds an id within another one, and in any member of a line."""
    for other in (TRACED + "b", "x" + TRACED):
        bench.log(90, "WARNING", "messages held", traced=[other], reasons=["unavailable"])
        bench.log(59, "INFO", "traced events delivered", message_ids=[other])
    bench.log(58, "INFO", "payload posted", payload_id=TRACED, status=200)
    bench.log(57, "INFO", "something else", traced="all", message_ids=TRACED)
    done = bench.run("find", TRACED)
    assert done.exit_code == 1
    assert "neither a dead letter nor the log" in done.stderr
    assert bench.json("find", TRACED)["log"] == []


def test_what_is_hidden_is_not_left_out(bench: Bench) -> None:
    """Events in work are on the queue, too; a dead letter that another command hides may be the one."""
    for queue in (QUEUE, QUEUE, DEAD):
        bench.sqs.put(queue, json.dumps({"type": "track", "messageId": "mine"}))
    bench.sqs.receive_message(QueueUrl=QUEUE, MaxNumberOfMessages=1, VisibilityTimeout=60)
    bench.sqs.receive_message(QueueUrl=DEAD, MaxNumberOfMessages=1, VisibilityTimeout=60)
    done = bench.run("find", "mine")
    assert done.exit_code == 1
    assert "2 messages on the queue" in done.stdout
    assert "or it is one of those that are hidden" in done.stderr
    assert "1 more dead letters are hidden" in done.stderr
    assert bench.json("find", "mine")["hidden_dead_letters"] == 1


@pytest.mark.parametrize(
    ("service", "call", "unknown"),
    [
        ("logs", "filter_log_events", "the log of deliver"),
        ("sqs", "receive_message", "the dead letters"),
    ],
)
def test_what_cannot_be_asked_hides_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, service: str, call: str, unknown: str
) -> None:
    """A right that this caller lacks: status 5, and the rest is told."""
    name = bench.sqs.put(DEAD, json.dumps({"type": "x", "messageId": TRACED}), error_code="type_unknown")
    bench.log(59, "INFO", "traced events delivered", message_ids=[TRACED])

    def denied(**_: object) -> None:
        raise client_error("AccessDenied", "Denied")

    monkeypatch.setattr({"logs": bench.logs, "sqs": bench.sqs}[service], call, denied)
    done = bench.run("find", TRACED)
    assert done.exit_code == 5
    assert f"not all of it could be asked: {unknown}: " in done.stderr
    assert (name in done.stdout) is (service == "logs")
    assert ("delivered: Dreamdata took it" in done.stdout) is (service == "sqs")
    told = bench.json("find", TRACED)
    assert [told["log"] is None, told["dead_letters"] is None] == [service == "logs", service == "sqs"]
    assert len(told["unknown"]) == 1


@pytest.mark.parametrize("command", [("find",), ("dead", "show")])
def test_letters_that_stay_hidden_are_not_as_wished(bench: Bench, command: tuple[str, ...]) -> None:
    """Though the event is found: other commands do not see them for ten minutes."""
    bench.sqs.put(DEAD, json.dumps({"type": "x", "messageId": "mine"}), error_code="type_unknown")
    bench.sqs.raises_on = "ChangeMessageVisibilityBatch"
    done = bench.run(*command, "mine")
    assert (done.exit_code, "stay hidden" in done.stderr, "type_unknown" in done.stdout) == (1, True, True)
