"""What the deliver function posts, dead-letters and sends back has been through the privacy rules, once."""

import json
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.deliver.responses import Answer
from tests.cleaning.judges import CANARY, NO_IP, NO_ORDERS, PSEUDONYMS, VERSION, Keeper, judge_of, own_message
from tests.fakes.events import event, eventbridge, sns
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, message
from tests.privacy.compiled import action, path, rule

IP = {"ip": CANARY, "locale": "de"}
ORDER = event("order", event="Order paid")


def bench(*rules: dict[str, object], **more: Any) -> DeliverBench:
    return DeliverBench(judge=judge_of(*rules), **more)


def posted(deliver: DeliverBench) -> list[Any]:
    return [one for payload in deliver.endpoint.accepted for one in payload["batch"]]


def kept(deliver: DeliverBench) -> str:
    """All that is posted, dead-lettered, sent back and logged."""
    bodies = [body.decode() for body, _ in deliver.endpoint.requests]
    telemetry = deliver.telemetry
    return json.dumps([bodies, deliver.sqs.queues, telemetry.lines, telemetry.labels, telemetry.by_rule])


@pytest.mark.parametrize(
    "body",
    [
        {"batch": [event(context=IP)]},
        event(context=IP),
        [event(context=IP)],
        json.dumps(event(context=IP)) + "\n" + json.dumps(event("e2", context=IP)),
        sns(event(context=IP)),
        eventbridge({"batch": [event()], "context": IP}),
        {"batch": [event(), {**event("e2"), "messageId": None}], "context": IP},
        [event(context=IP), {"type": "page"}],
    ],
)
def test_a_direct_sender_s_events_are_posted_as_the_rules_leave_them(body: Any) -> None:
    deliver = bench(NO_IP)

    assert deliver.deliver([message(body)]) == []

    assert posted(deliver)
    assert all(one["context"] == {"locale": "de"} for one in posted(deliver))
    assert CANARY not in kept(deliver)


def test_what_the_relay_cleaned_by_these_rules_is_not_judged_again() -> None:
    """Once is enough, and all that it costs."""
    deliver = DeliverBench(judge=Judge(judge_of(PSEUDONYMS)._rules))

    assert deliver.deliver([own_message({"batch": [event()]})]) == []

    assert posted(deliver) == [event()]


@pytest.mark.parametrize("version", [None, "", "fedcba9876543210"])
def test_what_it_cleaned_by_other_rules_is(version: str | None) -> None:
    deliver = bench(NO_IP)

    deliver.deliver([own_message({"batch": [event(context=IP)]}, version)])

    assert posted(deliver) == [event(context={"locale": "de"})]


def test_a_dropped_event_is_neither_posted_nor_kept() -> None:
    deliver = bench(NO_ORDERS)

    assert deliver.deliver([message({"batch": [event(), ORDER]}), message([ORDER], "m2")]) == []

    assert [one["messageId"] for one in posted(deliver)] == ["e1"]
    assert deliver.sqs.queues == {}
    assert deliver.telemetry.by_rule["EventsDropped"] == {"no-orders": 2}
    assert deliver.telemetry.total(metrics.EVENTS_MISCOUNTED) == 0


def test_a_dropped_event_is_counted_once_though_its_neighbours_wait() -> None:
    deliver = bench(NO_ORDERS)
    answers = iter([Answer(503)] * 12)
    deliver.endpoint.script = lambda payload: next(answers, Answer(200))
    world = QueueWorld(deliver)
    world.send({"batch": [event(), ORDER]})

    world.run(until=lambda: world.invocations > 50)

    assert deliver.endpoint.delivered_ids() == ["e1"]
    assert deliver.telemetry.total(metrics.EVENTS_DROPPED) == 1


def test_what_waits_goes_back_cleaned_and_says_by_which_rules() -> None:
    deliver = bench(NO_IP, NO_ORDERS)
    deliver.endpoint.script = lambda payload: Answer(503)

    deliver.deliver([message(sns({"batch": [event(context=IP), ORDER]}))])

    (attributes,) = deliver.sqs.attributes(QUEUE)
    assert (attributes["rules"], attributes["source"], attributes["came"]) == (VERSION, "sns", "sns")
    assert CANARY not in kept(deliver)


def test_without_rules_what_goes_back_says_nothing_of_them() -> None:
    deliver = DeliverBench()
    deliver.endpoint.script = lambda payload: Answer(400 if len(payload["batch"]) > 1 else 200)

    deliver.deliver([message({"batch": [event(), event("e2")]}), message([event("e3")], "m2")])

    assert not any("rules" in attributes or "came" in attributes for attributes in deliver.sqs.attributes(QUEUE))


def dead(deliver: DeliverBench, body: Any) -> list[str]:
    """The dead letters of a direct message, of which nothing else is left."""
    world = QueueWorld(deliver)
    world.send(body)
    world.run(until=lambda: world.invocations > 420)
    assert (world.waiting, world.redriven) == ([], [])
    return deliver.sqs.bodies(DEAD_LETTERS)


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], sns, eventbridge, lambda one: {"batch": [one]}])
def test_an_event_that_is_refused_is_dead_lettered_as_the_rules_leave_it(wrap: Any) -> None:
    """Its wrapper is not kept: what it holds has not been through the rules."""
    deliver = bench(NO_IP)

    (letter,) = dead(deliver, wrap(event(timestamp="now", context=IP)))

    assert json.loads(letter) == event(timestamp="now", context={"locale": "de"})
    assert CANARY not in kept(deliver)


def test_a_flood_of_refused_events_is_dead_lettered_as_the_rules_leave_it() -> None:
    deliver = bench(NO_IP, NO_ORDERS)
    bad = [{"type": "track", "messageId": f"e{number}"} for number in range(1_200)]

    letters = dead(deliver, {"context": IP, "batch": [*bad, {"type": "track", "event": "Order paid"}]})

    found = [one for letter in letters for one in json.loads(letter)["batch"]]
    assert len(found) == 1_200
    assert all(one["context"] == {"locale": "de"} for one in found)
    assert CANARY not in kept(deliver)
    assert deliver.telemetry.by_rule["EventsDropped"] == {"no-orders": 1}


def test_what_dreamdata_refuses_is_dead_lettered_as_the_rules_leave_it() -> None:
    deliver = bench(NO_IP)
    deliver.endpoint.script = lambda payload: Answer(
        400 if any(one["messageId"] == "bad" for one in payload["batch"]) else 200
    )

    (letter,) = dead(deliver, [event("bad", context=IP), event("good", context=IP)])

    assert json.loads(letter) == event("bad", context={"locale": "de"})
    assert CANARY not in kept(deliver)


def test_what_is_out_of_tries_is_dead_lettered_as_the_rules_leave_it() -> None:
    deliver = bench(NO_IP)
    deliver.endpoint.script = lambda payload: Answer(503)

    (letter,) = dead(deliver, sns(event(context=IP)))

    assert json.loads(letter) == event(context={"locale": "de"})
    assert deliver.sqs.attributes(DEAD_LETTERS)[0]["error_code"] == "out_of_tries"
    assert CANARY not in kept(deliver)


def test_while_the_dead_letter_queue_is_away_nothing_waits_uncleaned_beside_its_message() -> None:
    deliver = bench(NO_IP)
    deliver.sqs.down = lambda url: url == DEAD_LETTERS

    deliver.deliver([message([event(timestamp="now", context=IP), event("e2", context=IP)])])

    assert deliver.sqs.bodies(QUEUE)
    assert CANARY not in kept(deliver)


def test_without_their_keys_messages_wait_unseen_and_the_relay_s_own_go_on() -> None:
    keeper = Keeper()
    keeper.away = True
    deliver = DeliverBench(judge=judge_of(PSEUDONYMS, keeper=keeper))

    assert deliver.deliver([message({"batch": [event(userId=CANARY)]}, "m1"), own_message([event()], message_id="m2")])

    assert posted(deliver) == [event()]
    assert CANARY not in kept(deliver)
    assert [seconds for _, seconds in deliver.sqs.visibility] == [22]
    assert deliver.telemetry.total(metrics.RULES_UNAVAILABLE) == 1
    assert deliver.telemetry.total(metrics.UNEXPECTED_ERRORS) == 0


def test_many_messages_that_wait_for_their_rules_are_told_of_in_one_line() -> None:
    deliver = DeliverBench(judge=Judge(None), faulty=True)

    deliver.deliver([message([event()], f"m{number}") for number in range(300)])

    assert deliver.telemetry.total(metrics.RULES_UNAVAILABLE) == 300
    assert sum(line[1] == "the privacy rules cannot run" for line in deliver.telemetry.lines) == 1


def test_once_the_keys_are_back_what_waited_is_posted() -> None:
    keeper = Keeper()
    keeper.away = True
    judge = judge_of(PSEUDONYMS, keeper=keeper)
    deliver = DeliverBench(judge=judge)
    world = QueueWorld(deliver)
    world.send([event(userId=CANARY)])
    world.step()
    keeper.away = False
    assert judge._keys is not None
    judge._keys._secret._clock = deliver.clock

    world.run(until=lambda: world.invocations > 5)

    assert posted(deliver)[0]["userId"].startswith("psn_k1_")


def test_with_rules_that_cannot_be_read_every_message_waits() -> None:
    deliver = DeliverBench(judge=Judge(None), faulty=True)

    held = deliver.deliver([message([event()], "m1"), own_message([event()], message_id="m2")])

    assert sorted(held) == ["m1", "m2"]
    assert deliver.endpoint.requests == []


def test_a_message_that_never_met_its_rules_is_kept_with_the_reason_in_the_end() -> None:
    """Rather than lost: moved back, it meets them."""
    deliver = DeliverBench(judge=Judge(None), faulty=True)

    (letter,) = dead(deliver, [event()])

    assert json.loads(letter) == [event()]
    assert "rules_unavailable" in deliver.sqs.attributes(DEAD_LETTERS)[0]["error_detail"]


def test_different_events_that_the_rules_make_equal_are_posted_once() -> None:
    """They have one id, and nothing tells them apart any more."""
    deliver = bench(NO_IP)

    deliver.deliver([message([event(context=IP), event(context=IP | {"ip": "other"})])])

    assert len(posted(deliver)) == 1
    assert deliver.telemetry.total(metrics.EVENTS_REPEATED) == 1
    assert deliver.telemetry.total(metrics.EVENTS_MISCOUNTED) == 0


UNREADABLE = [
    CANARY,
    f'{{"type":"track","userId":"{CANARY}"',
    json.dumps([CANARY]),
    json.dumps({"Records": [{"eventSource": "aws:s3", "s3": CANARY}]}),
    json.dumps(sns(sns(sns(sns(event(userId=CANARY)))))),
    json.dumps({"detail-type": CANARY, "source": "s", "id": "i", "detail": {"ip": CANARY}}),
    json.dumps({"type": "purchase", "ip": CANARY}),
    json.dumps({"batch": [{"ip": CANARY}] * 1_500 + [event()]}),
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_of_what_is_no_event_only_a_digest_is_kept_if_that_is_asked_for(body: str) -> None:
    deliver = DeliverBench(digests=True)

    letters = dead(deliver, body)

    assert all(list(json.loads(letter)) == ["relay_stub", "bytes", "sha256"] for letter in letters)
    assert CANARY not in kept(deliver)
    # Moved back it stays the digest of what it was.
    assert dead(DeliverBench(digests=True), letters[0]) == letters[:1]


@pytest.mark.parametrize("body", UNREADABLE)
def test_it_stays_a_digest_when_the_dead_letter_queue_fails_at_the_end(body: str) -> None:
    deliver = DeliverBench(digests=True)
    world = QueueWorld(deliver)
    world.send(body)
    deliver.sqs.down = lambda url: url == DEAD_LETTERS and world.invocations < 397

    world.run(until=lambda: world.invocations > 420)

    assert deliver.sqs.bodies(DEAD_LETTERS)
    assert CANARY not in json.dumps(deliver.sqs.queues)


def test_it_is_kept_as_it_came_otherwise() -> None:
    assert dead(bench(NO_IP), UNREADABLE[1]) == [UNREADABLE[1]]


def test_rules_for_a_way_in_hold_whatever_a_sender_writes_about_itself() -> None:
    """Both for where it came from and for where it says it did."""
    by_source = [
        rule(action("drop", path("context", "ip")), name="queue", sources=["queue"]),
        rule(action("drop", path("context", "locale")), name="shop", keys=["shop"]),
    ]
    deliver = bench(*by_source)

    deliver.deliver([message([event("e1", context=IP)], source="http:shop"), message([event("e2", context=IP)], "m2")])

    assert [one["context"] for one in posted(deliver)] == [{}, {"locale": "de"}]


def test_what_ingest_sent_came_over_http_only() -> None:
    deliver = bench(rule(action("drop", path("context")), name="queue", sources=["queue"]))

    deliver.deliver([own_message([event(context=IP)], "older")])

    assert posted(deliver) == [event(context=IP)]


def test_where_a_message_came_from_outlives_its_being_sent_back() -> None:
    """A source that its sender wrote is not believed because the relay passed it on."""
    older = bench(NO_ORDERS)
    older.endpoint.script = lambda payload: Answer(503)
    older.deliver([message([event(context=IP), ORDER], source="http:shop")])
    (back,), (attributes,) = older.sqs.bodies(QUEUE), older.sqs.attributes(QUEUE)
    newer = DeliverBench(
        judge=judge_of(rule(action("drop", path("context", "ip")), sources=["queue"]), version="a" * 16)
    )
    attributes.pop("rules")

    newer.deliver([own_message(back, None)])
    believed = posted(newer)
    newer.endpoint.accepted.clear()
    world = QueueWorld(newer)
    world.send(back, attributes, own=True)
    world.step()

    assert believed == [event(context=IP)]
    assert posted(newer) == [event(context={"locale": "de"})]


def test_where_a_message_came_from_outlives_a_function_that_has_no_rules_yet() -> None:
    """Rules are switched on while the functions before them still run: a source that its sender wrote is no way out."""
    before = DeliverBench()
    before.endpoint.script = lambda payload: Answer(503)
    before.deliver([message([event("bad", timestamp="now"), event(context=IP)], source="http:shop")])
    world = QueueWorld(bench(rule(action("drop", path("context", "ip")), sources=["queue"])))
    for back, attributes in zip(before.sqs.bodies(QUEUE), before.sqs.attributes(QUEUE), strict=True):
        world.send(back, attributes, own=True)

    world.run(until=lambda: world.invocations > 5)

    assert posted(world.bench)
    assert CANARY not in kept(world.bench)
