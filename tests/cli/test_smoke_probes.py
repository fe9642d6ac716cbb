"""What `relay smoke` sends: what of it is destroyed, lost, late or left, and all removed in the end."""

import json
from contextlib import suppress

import pytest

from relay_cli.smoke import letters, lying, requests, running, ways
from relay_cli.smoke.results import FAILED, OK, SKIPPED, Result
from relay_cli.smoke.run import Run
from relay_cli.stack import RelayStack
from tests.cli.conftest import DEAD, QUEUE
from tests.cli.smoke_stack import SmokeBench, outcomes
from tests.fakes.clock import FakeClock
from tests.fakes.server import HttpServer, Reaction


@pytest.fixture
def bench() -> SmokeBench:
    return SmokeBench.with_keys()


@pytest.fixture
def run(bench: SmokeBench) -> Run:
    return bench.run_of(FakeClock())


def answer(run: Run, way: str) -> bytes:
    probe = run.marker_of(way) + "1"
    return json.dumps(
        {"success": True, "rejected": [{"index": 0, "code": "type_unknown", "messageId": probe}]}
    ).encode()


def posted(bench: SmokeBench, *reactions: Reaction) -> tuple[Run, dict[str, tuple[str, str]]]:
    with HttpServer(*reactions) as server:
        run = bench.run_of(FakeClock())
        run.stack = RelayStack("shop", run.stack.outputs, server.url.removesuffix("/v1/batch"), bench)
        return run, outcomes(requests.checks(run))


def test_a_gzip_body_that_was_destroyed_on_its_way_is_told(bench: SmokeBench, run: Run) -> None:
    """The relay answers that it cannot read it; it is not waited for among the dead letters."""
    destroyed = Reaction(400, body=b'{"code": "body_unreadable", "message": "no"}')
    run, found = posted(
        bench,
        Reaction(body=answer(run, "http-plain")), Reaction(body=answer(run, "http-gzip")), destroyed, Reaction(401),
    )  # fmt: skip
    assert [found[way][0] for way in (*requests.WAYS, "no key")] == [OK, OK, FAILED, OK]
    assert "destroys it" in found["http-gzip-as-json"][1]
    assert set(run.sent) == {"http-plain", "http-gzip"}


def test_a_relay_that_answers_otherwise_is_told(bench: SmokeBench) -> None:
    """No answer, an accepted probe, one that is let in without a key."""
    accepted = Reaction(body=b'{"success": true, "accepted": 1, "rejected": []}')
    _, found = posted(bench, Reaction(drop="after"), accepted, Reaction(503, body=b"<html>"), Reaction(200))
    assert {outcome for outcome, _ in found.values()} == {FAILED}
    assert "no answer" in found["http-plain"][1]


def put_probe(bench: SmokeBench, run: Run, way: str, number: int = 1, source: str = "queue") -> None:
    body = json.dumps({"messageId": f"{run.marker_of(way)}{number}"})
    bench.sqs.put(DEAD, body, error_code="type_unknown", source=source)


def test_probes_are_told_apart_by_their_way(bench: SmokeBench, run: Run) -> None:
    """One way's name begins with another's; a wrong source or reason is named."""
    run.sent.update({"http-gzip": 1, "http-gzip-as-json": 1, "sqs": 1})
    put_probe(bench, run, "http-gzip-as-json", source="http:default")
    put_probe(bench, run, "sqs", source="sns")
    found = outcomes(letters.arrivals(run, lying.Letters(run), ways.Senders(run)))
    assert found["http-gzip"][0] == FAILED
    assert found["http-gzip-as-json"] == (OK, "type_unknown, from http:default")
    assert found["sqs"] == (FAILED, "type_unknown from sns, and not type_unknown from queue")


def test_a_probe_among_too_many_letters_is_not_called_lost(
    bench: SmokeBench, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not all looked at."""
    monkeypatch.setattr(lying, "MOST_LETTERS", 10)
    for _ in range(30):
        bench.sqs.put(DEAD, "{}")
    run.sent["sqs"] = 1
    found = outcomes(letters.arrivals(run, lying.Letters(run), ways.Senders(run)))
    assert found["sqs"][0] == SKIPPED


def test_all_probes_are_removed_and_nothing_else_is(bench: SmokeBench) -> None:
    """One comes late, one was sent before its rule was followed, one was left by a run that was killed."""

    class Late(FakeClock):
        def sleep(self, seconds: float) -> None:
            if not self.slept:
                put_probe(bench, this, "sqs")
            super().sleep(seconds)

    this = bench.run_of(Late())
    this.sent.update({"sqs": 1, "eventbridge": 2, "http-plain": 1})
    for way, number in (("http-plain", 1), ("eventbridge", 2)):
        put_probe(bench, this, way, number)
    bench.sqs.put(DEAD, '{"type": "track"}', error_code="identity_missing")
    bench.sqs.put(DEAD, '{"messageId": "relay-smoke-0123456789ab.sqs.1"}')
    bench.sqs.now -= 7200
    bench.sqs.put(DEAD, '{"messageId": "relay-smoke-0123456789ab.sns.1"}')
    bench.sqs.now += 7200
    found: list[Result] = []
    letters.removal(this, lying.Letters(this), found.append)
    assert outcomes(found)["probes are removed"] == (
        OK, "3 removed; 1 were sent before their rule or topic was ready",
    )  # fmt: skip
    assert [left.body for left in bench.sqs.visible(DEAD)] == [
        '{"type": "track"}', '{"messageId": "relay-smoke-0123456789ab.sqs.1"}',
    ]  # fmt: skip


def test_a_probe_that_is_lost_is_named(bench: SmokeBench, run: Run) -> None:
    run.sent["sqs"] = 1
    found: list[Result] = []
    letters.removal(run, lying.Letters(run), found.append)
    outcome, detail = outcomes(found)["probes are removed"]
    assert (outcome, "1 by sqs" in detail, "dead list --type relay_smoke" in detail) == (FAILED, True, True)


def test_a_moved_letter_that_does_not_come_back_is_told(bench: SmokeBench, run: Run) -> None:
    """It is on the queue; nobody reads it."""
    run.sent["http-plain"] = 1
    put_probe(bench, run, "http-plain", source="http:default")
    probes = lying.Letters(run)
    probes.look()
    outcome, detail = outcomes(letters.redrive(run, probes))["redrive"]
    assert (outcome, "not seen again" in detail, len(bench.sqs.bodies(QUEUE))) == (FAILED, True, 1)


@pytest.mark.parametrize("failing", ["put_rule", "create_topic", "subscribe", "put_events", "publish"])
def test_whatever_fails_all_that_was_made_is_removed(bench: SmokeBench, run: Run, failing: str) -> None:
    """And what failed is named."""
    bench.raises[failing] = "AccessDenied"
    bench.sqs.send_message = lambda **_: {}  # type: ignore[method-assign]
    found: list[Result] = []
    with ways.senders(run, found.append) as made:
        found.extend(ways.send_first(run, made))
    assert next(result.name for result in found if result.outcome == FAILED).startswith(("eventbridge", "sns"))
    made_here = {"put_rule", "create_topic"} & set(bench.calls) - {failing}
    undone = {"put_rule": "delete_rule", "create_topic": "delete_topic"}
    assert {undone[name] for name in made_here} == set(undone.values()) & set(bench.calls)


def test_an_interrupt_while_it_is_set_up_removes_it(bench: SmokeBench, run: Run) -> None:
    """Asked again at the end, where it is told."""
    bench.raises["delete_rule"] = "ServiceUnavailable"
    found: list[Result] = []
    with pytest.raises(KeyboardInterrupt), ways.senders(run, found.append):
        raise KeyboardInterrupt
    assert bench.calls[-1] == "delete_topic"
    assert "ServiceUnavailable" in outcomes(found)["temporary resources"][1]


def refuse_all(bench: SmokeBench) -> None:
    """What is sent to the queue is a dead letter at once."""

    def refused(*, QueueUrl: str, MessageBody: str, **_: object) -> dict[str, str]:
        bench.sqs.put(DEAD, MessageBody, error_code="type_unknown", source="queue")
        return {}

    bench.sqs.send_message = refused  # type: ignore[method-assign]


def assert_nothing_is_left(bench: SmokeBench) -> None:
    made = ("put_rule" in bench.calls, "create_topic" in bench.calls)
    assert made == ("delete_rule" in bench.calls, "delete_topic" in bench.calls)
    assert bench.sqs.bodies(DEAD) == []


@pytest.mark.parametrize("at", range(1, 60, 3))
def test_an_interrupt_at_any_moment_leaves_nothing(bench: SmokeBench, at: int) -> None:
    """Whenever it comes between two calls: what was made by then is removed, the probes' letters, too."""
    asked = 0

    def interrupted() -> bool:
        nonlocal asked
        asked += 1
        return asked >= at

    refuse_all(bench)
    run = bench.run_of(FakeClock(), interrupted=interrupted)
    with pytest.raises(KeyboardInterrupt):
        running.act(run, lambda _: None, deliver=False)
    assert asked >= at
    assert_nothing_is_left(bench)


@pytest.mark.parametrize("at", range(1, 20))
def test_a_terminal_that_is_gone_leaves_nothing(bench: SmokeBench, at: int) -> None:
    """`relay smoke 2>&1 | head`: from some result on nobody takes any more."""
    told: list[Result] = []

    def found(result: Result) -> None:
        told.append(result)
        if len(told) >= at:
            raise BrokenPipeError

    refuse_all(bench)
    with suppress(BrokenPipeError):
        running.act(bench.run_of(FakeClock()), found, deliver=False)
    assert_nothing_is_left(bench)


@pytest.mark.parametrize("code", ["InternalFailure", "a lost answer"])
def test_a_topic_that_may_have_been_made_is_removed(bench: SmokeBench, run: Run, code: str) -> None:
    """AWS's answer is lost; the name is known, and so is the topic's ARN."""
    bench.raises["create_topic"] = code
    found: list[Result] = []
    with ways.senders(run, found.append):
        pass
    assert bench.deleted == ["arn:aws:sns:eu-west-1:1:" + ways.Senders(run).name]
    assert outcomes(found)["sns is set up"][0] == FAILED


def test_an_interrupt_is_heard_in_every_wait(bench: SmokeBench) -> None:
    """Within half a second."""
    clock = FakeClock()
    run = bench.run_of(clock, interrupted=lambda: clock.monotonic() >= 3)
    with pytest.raises(KeyboardInterrupt):
        run.wait_for(lambda: None, 60)
    assert clock.monotonic() <= 3.5
