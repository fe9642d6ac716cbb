"""Counterexamples of an adversarial tester: each breaks a sentence of docs/delivery.md or docs/reliability.md."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver.responses import Answer, NoAnswer
from tests.fakes.events import event, events, sns
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, DeliverBench, ScriptedEndpoint, message

FIREWALL = Answer(403, start=b"<html>Request blocked</html>")
HOUR_S = 3_600.0


def world_with(answer: Callable[[float, list[str]], Answer | NoAnswer | None]) -> QueueWorld:
    """``answer`` is given the seconds since the start and the ids of a payload; None: it is accepted."""
    bench = DeliverBench()
    begun = bench.clock.now()

    def script(payload: dict[str, Any]) -> Answer | NoAnswer:
        ids = [one["messageId"] for one in payload["batch"]]
        return answer(bench.clock.now() - begun, ids) or Answer(200)

    bench.endpoint.script = script
    return QueueWorld(bench)


# -- one event takes its neighbours along, and the key is blamed


@pytest.mark.parametrize("status", [403, 406, 409, 414, 431, 451])
def test_one_firewalled_event_at_the_front_of_a_chunk(status: int) -> None:
    """Depth first, its chunk of 300 is refused eight times before anything is accepted: on every receive."""
    world = world_with(lambda _, ids: Answer(status) if "e0" in ids else None)
    world.send({"batch": events(300)})

    world.run(until=lambda: world.invocations >= 500)

    assert set(world.bench.endpoint.delivered_ids()) == {f"e{n}" for n in range(1, 300)}
    assert world.dead_ids() in (["e0"], [])


def test_many_firewalled_events_of_a_quiet_sender_are_refused_and_nobody_blames_the_key() -> None:
    """They come back together, with nothing to be accepted beside them."""
    bad = {f"e{n}" for n in range(20, 100)}
    world = world_with(lambda _, ids: FIREWALL if bad & set(ids) else None)
    world.send({"batch": events(100)})

    world.run(until=lambda: world.invocations >= 900)

    codes = {str(attributes["error_code"]) for attributes in world.bench.sqs.attributes(DEAD_LETTERS)}
    assert codes == {"refused_by_dreamdata"}


# -- one answer beside an acceptance, then an outage: good events are dead-lettered


def test_a_key_revoked_between_two_payloads() -> None:
    """403 to everything, for two minutes: it holds, as for a wrong key."""
    seen: list[str] = []

    def answer(now: float, ids: list[str]) -> Answer | None:
        seen.extend(ids)
        return None if len(seen) == 1 or now > 120 else Answer(403, start=b'{"error":"key"}')

    world = world_with(answer)
    for id_, size in (("e0", 400_000), ("e1", 300_000)):
        world.send(event(id_, x="y" * size))

    world.run(until=lambda: world.invocations >= 50)

    assert world.dead_ids() == []


@pytest.mark.parametrize("count", [1, 80])
def test_everything_refused_for_two_minutes_from_the_middle_of_an_invocation(count: int) -> None:
    """A refusal of everything is believed after hours."""
    taken: list[str] = []

    def answer(now: float, ids: list[str]) -> Answer | None:
        if taken and now < 120:
            return Answer(400, start=b"deploying")
        taken.extend(ids)
        return None

    world = world_with(answer)
    world.send(event("first", x="y" * 490_000))
    world.send({"batch": events(count, x="y" * 600 if count > 1 else "y" * 20_000)})

    world.run(until=lambda: world.invocations >= 50)

    assert world.dead_ids() == []


def test_an_outage_after_one_passing_400_dead_letters_nothing() -> None:
    """503 to everything for two days: nothing else was accepted while Dreamdata failed on it."""
    posts: list[list[str]] = []

    def answer(now: float, ids: list[str]) -> Answer | None:
        posts.append(ids)
        if len(posts) == 2:
            return Answer(400, start=b"upstream reset")
        return None if len(posts) == 1 or now > 48 * HOUR_S else Answer(503)

    world = world_with(answer)
    for id_, size in (("e0", 400_000), ("e1", 300_000)):
        world.send(event(id_, x="y" * size))

    world.run(until=lambda: world.invocations >= 500)

    assert world.dead_ids() == []


def test_an_outage_of_three_days_with_one_good_minute_dead_letters_nothing() -> None:
    """In its tenth hour Dreamdata takes one payload, and then fails again."""
    taken: list[float] = []

    def answer(now: float, _: list[str]) -> Answer | None:
        if 10 * HOUR_S < now < 72 * HOUR_S and not taken:
            taken.append(now)
            return None
        return None if now > 72 * HOUR_S else Answer(503)

    world = world_with(answer)
    for number in range(30):
        world.send(event(f"e{number}", x="y" * 100_000))

    world.run(until=lambda: world.invocations >= 5_000)

    assert world.dead_ids() == []


# -- events lost


def test_a_message_given_out_twice_in_one_batch_is_not_deleted_while_its_event_waits() -> None:
    """The second copy is a repeat, and done: deleting it deletes the message that the first one waits in."""
    bench = DeliverBench(faulty=True)
    posts: list[str] = []

    def script(payload: dict[str, Any]) -> Answer:
        posts.append(payload["batch"][0]["messageId"])
        if len(posts) == 1:
            raise RuntimeError("the relay's own fault: held, the others go on")
        return Answer(200)

    bench.endpoint.script = script
    first = message(event("a"), "m1", 1)
    again = msgspec.structs.replace(first, receipt_handle="receipt-m1-newer", receives=2)

    failed = bench.deliver([first, again, message(event("z"), "m2", 5)])

    assert failed == ["m1"]
    assert bench.endpoint.delivered_ids() == ["z"]
    assert "receipt-m1-newer" not in bench.sqs.deleted


def test_a_message_over_a_megabyte_refused_for_its_context_keeps_its_events() -> None:
    """35,000 good events: the dead letter has the first 200 kB of them."""
    batch = [{"type": "page", "userId": "u"}] * 35_000
    body = json.dumps({"context": {"a": "x" * 600}, "batch": batch}, separators=(",", ":"))
    assert 1_000_000 < len(body) < 1_048_576
    bench = DeliverBench()

    bench.deliver([message(body)])

    kept = sum(len(json.loads(text).get("batch", [])) for text in bench.sqs.bodies(DEAD_LETTERS))
    assert kept + len(bench.endpoint.delivered_ids()) == 35_000


def test_a_message_over_a_megabyte_unread_after_13_days_keeps_its_events() -> None:
    """A round that a hold kept from being read."""
    body = json.dumps({"batch": events(9_000)})
    assert 1_000_000 < len(body) < 1_048_576
    bench = DeliverBench(endpoint=ScriptedEndpoint(script=lambda _: Answer(503)))
    bench.clock.advance(13 * 86_400 + 100)

    bench.deliver([message(body, f"m{number}", 10) for number in range(3)])

    assert not any("relay_stub" in text for text in bench.sqs.bodies(DEAD_LETTERS))


def test_what_waited_13_days_is_dead_lettered_complete_in_whichever_round() -> None:
    """With the id and time it was posted with, so that a redrive gives the same event."""
    bench = DeliverBench(endpoint=ScriptedEndpoint(script=lambda _: Answer(503)))
    bench.clock.advance(13 * 86_400 + 100)

    bench.deliver([message({"type": "page", "userId": f"u{number}"}, f"m{number}", 10) for number in range(4)])

    letters = [json.loads(text) for text in bench.sqs.bodies(DEAD_LETTERS)]
    assert len(letters) == 4
    assert all("messageId" in letter and "timestamp" in letter for letter in letters)


def test_a_dead_letter_queue_away_on_receives_396_to_398_leaves_the_reason_and_the_id() -> None:
    """What the 399th one keeps is complete, and says what it was held for."""
    bench = DeliverBench(endpoint=ScriptedEndpoint(script=lambda _: Answer(503)))
    for receives in (396, 397, 398, 399):
        away = {DEAD_LETTERS} if receives < 399 else set()
        bench.sqs.down = away.__contains__
        bench.deliver([message({"type": "page", "userId": "u"}, "m1", receives)])

    (letter,), (attributes,) = bench.sqs.bodies(DEAD_LETTERS), bench.sqs.attributes(DEAD_LETTERS)
    assert "messageId" in json.loads(letter)
    assert "unavailable" in attributes["error_detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"userId": "u", "event": "Purchase", "messageId": "m1", "batch": [{"sku": "A"}]},
        {"type": "Track", "userId": "u", "event": "Purchase", "batch": ["a"]},
        {"Type": "Notification", "TopicArn": "t", "Message": json.dumps(event("m1")), "batch": [1]},
        sns({"userId": "u", "event": "Purchase", "batch": [{"sku": "A"}]}),
    ],
    ids=["no type", "type unknown", "sns", "within sns"],
)
def test_a_message_without_any_event_is_one_dead_letter_whole(body: dict[str, Any]) -> None:
    """Also where its list ``batch`` has one element: that is not all there is."""
    bench = DeliverBench()

    bench.deliver([message(body)])

    assert list(map(json.loads, bench.sqs.bodies(DEAD_LETTERS))) == [body]


def test_the_key_is_not_blamed_for_firewalled_events() -> None:
    """Once anything is accepted with it."""
    world = world_with(lambda _, ids: FIREWALL if "e0" in ids else None)
    world.send({"batch": events(300)})
    world.run(until=lambda: world.invocations >= 3)

    assert world.bench.telemetry.total(metrics.KEY_REFUSED) == 0


@pytest.mark.parametrize(("events_in_all", "good_ones"), [(40, 20), (40, 4), (400, 100)])
def test_many_firewalled_events_keep_no_good_one_from_being_delivered(events_in_all: int, good_ones: int) -> None:
    """Nor is the key blamed for them for long, though all that is posted of them together is refused."""
    chosen = Random(7).sample(range(events_in_all), good_ones)  # noqa: S311  # to be the same every time
    good = {f"e{number}" for number in chosen}

    def script(payload: dict[str, Any]) -> Answer:
        ids = {one["messageId"] for one in payload["batch"]}
        return Answer(200) if ids <= good else Answer(403, start=b"<html>")

    bench = DeliverBench()
    bench.endpoint.script = script
    world = QueueWorld(bench)
    world.send({"batch": events(events_in_all)})
    world.run(lambda: world.invocations > 40)
    assert set(bench.endpoint.delivered_ids()) == good
    assert {attributes["status"] for attributes in bench.sqs.attributes(DEAD_LETTERS)} == {"403"}
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == events_in_all - good_ones
