"""Refusals: confirmed on a later receive the culprits end alone, in few requests; everything else is delivered."""

import itertools
import json
import threading
from typing import Any

import msgspec
import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver import dead_lettering
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.deliver.worklist import MAX_REFUSALS, MAX_REFUSALS_WITHOUT_ACCEPTANCE
from tests.fakes.events import event, events
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, DREAMDATA_KEY, QUEUE, DeliverBench, Script, message

FOUR_HOURS_AGO = 1_795_436_875.411 - 4 * 3600


def payload_ids(payload: dict[str, Any]) -> set[str]:
    return {one["messageId"] for one in payload["batch"]}


def refusing(*poison: str, status: int = 400, start: bytes = b"") -> Script:
    """Refuses every payload with one of ``poison`` in it."""

    def script(payload: dict[str, Any]) -> Answer:
        return Answer(status, start=start) if payload_ids(payload).intersection(poison) else Answer(200)

    return script


def limited(most_bytes: int) -> Script:
    """Answers 413 above ``most_bytes``."""
    return lambda payload: Answer(413 if len(json.dumps(payload, separators=(",", ":"))) > most_bytes else 200)


def bench_with(script: Script, parallel: int = 1) -> DeliverBench:
    bench = DeliverBench(parallel=parallel)
    bench.endpoint.script = script
    return bench


def settled(bench: DeliverBench, *bodies: Any) -> QueueWorld:
    """The world of ``bodies`` once nothing of them waits any more."""
    world = QueueWorld(bench)
    for body in bodies:
        world.send(body)
    world.run(until=lambda: world.invocations > 1_000)
    assert (world.waiting, world.redriven) == ([], [])
    return world


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("size", [0, 700])
@pytest.mark.parametrize("per_message", [1, 72, 600])
@pytest.mark.parametrize("poison", ["e0", "e2500", "e4999"])
def test_one_poison_event_among_5000_costs_at_most_40_requests_and_only_itself(
    poison: str, per_message: int, size: int, parallel: int
) -> None:
    """Halved between messages first, then between events."""
    listed = events(5_000, properties={"x": "y" * size})
    bodies = [{"batch": listed[at : at + per_message]} for at in range(0, 5_000, per_message)]
    messages = [message(body, f"m{number}") for number, body in enumerate(bodies)]
    bench = bench_with(lambda payload: Answer(200))
    assert bench.deliver(messages) == []
    usual = len(bench.endpoint.requests)
    bench = bench_with(refusing(poison), parallel)
    assert bench.deliver(messages) == []
    assert len(bench.endpoint.requests) - usual <= 40
    assert bench.sqs.bodies(DEAD_LETTERS) == []
    world = QueueWorld(bench)
    (confirmed,) = zip(bench.sqs.bodies(QUEUE), bench.sqs.attributes(QUEUE), strict=True)
    bench.sqs.queues.clear()
    world.send(*confirmed, own=True)
    world.run(until=lambda: False)
    assert len(bench.endpoint.requests) - usual <= 44
    assert sorted([*bench.endpoint.delivered_ids(), poison]) == sorted(one["messageId"] for one in listed)
    assert [json.loads(body)["messageId"] for body in bench.sqs.bodies(DEAD_LETTERS)] == [poison]


@pytest.mark.parametrize("status", [400, 413, 422, 403, 406, 409, 414, 431, 451])
def test_a_refused_event_is_dead_lettered_with_dreamdatas_own_words(status: int) -> None:
    """Status, the start of the answer, and where it came from."""
    bench = bench_with(refusing("e1", status=status, start=b'{"message":"no\nsuch thing"}'))
    world = QueueWorld(bench)
    world.send({"batch": events(3)}, {"source": "http:shop"})
    world.run(until=lambda: False)
    assert bench.sqs.attributes(DEAD_LETTERS) == [
        {
            "error_code": "refused_by_dreamdata",
            "error_detail": '{"message":"no such thing"}',
            "source": "http:shop",
            "status": str(status),
        }
    ]


@pytest.mark.parametrize("share", [3, 10, 50])
def test_many_poison_events_end_alone_over_some_invocations(share: int) -> None:
    """Each invocation asks a bounded number of times and gets on with it."""
    poison = {f"e{number}" for number in range(0, 5_000, share)}
    bench = bench_with(refusing(*poison))
    world = QueueWorld(bench)
    for at in range(0, 5_000, 500):
        world.send({"batch": events(500, at)})
    world.step()
    assert len(bench.endpoint.requests) <= 3 * MAX_REFUSALS
    world.run(until=lambda: world.invocations > 1_000)
    assert (world.waiting, world.redriven, sorted(world.dead_ids())) == ([], [], sorted(poison))
    assert len(bench.endpoint.delivered_ids()) == len(set(bench.endpoint.delivered_ids())) == 5_000 - len(poison)


@pytest.mark.parametrize("most_bytes", [490_000, 300_000, 100_000, 63_500])
def test_a_smaller_limit_than_documented_is_found_and_kept_to(most_bytes: int) -> None:
    """413: halved, and after the first of them no payload near that size is tried."""
    bench = bench_with(limited(most_bytes))
    listed = events(5_000, properties={"x": "y" * 700})
    messages = [message({"batch": listed[at : at + 72]}, f"m{at}") for at in range(0, 5_000, 72)]
    assert bench.deliver(messages) == []
    assert len(bench.endpoint.delivered_ids()) == 5_000
    assert len(bench.endpoint.requests) - len(bench.endpoint.accepted) <= 10


def test_an_event_too_large_for_dreamdata_alone_is_dead_lettered() -> None:
    """413 for a payload of one event is that event's refusal."""
    bench = bench_with(limited(100_000))
    big = event("big", properties={"x": "y" * 200_000})
    settled(bench, {"batch": [event("a"), big, event("b")]})
    assert bench.sqs.attributes(DEAD_LETTERS)[0]["status"] == "413"
    assert sorted(bench.endpoint.delivered_ids()) == ["a", "b"]


# -- a refusal counts only beside an acceptance, or after hours


@pytest.mark.parametrize("receives", [1, 2, 5, 19])
def test_a_refusal_of_everything_is_held(receives: int) -> None:
    """A fault of the relay or of Dreamdata costs no event."""
    bench = bench_with(lambda payload: Answer(400))
    assert bench.deliver([message({"batch": events(50)}, receives=receives)]) == ["m1"]
    assert (bench.sqs.bodies(DEAD_LETTERS), bench.sqs.bodies(QUEUE)) == ([], [])
    assert bench.telemetry.lines[-1][2]["reasons"] == ["refused_all"]
    assert len(bench.endpoint.requests) <= MAX_REFUSALS_WITHOUT_ACCEPTANCE


def test_after_hours_and_twenty_receives_a_refusal_of_everything_counts() -> None:
    """Then nothing else will change; until then an alarm says so."""
    bench = bench_with(lambda payload: Answer(400))
    world = QueueWorld(bench)
    world.send({"batch": events(50)})
    begun = bench.clock.now()
    world.run(until=lambda: bool(bench.sqs.bodies(DEAD_LETTERS)))
    assert bench.clock.now() - begun >= 4 * 3600
    assert sorted(world.dead_ids()) == sorted(one["messageId"] for one in events(50))
    assert bench.telemetry.total(metrics.EVERYTHING_REFUSED) >= 19


def test_receives_in_quick_succession_are_not_hours() -> None:
    """Something else than the relay may receive messages."""
    bench = bench_with(lambda payload: Answer(400))
    assert bench.deliver([message({"batch": events(50)}, receives=100)]) == ["m1"]
    assert bench.sqs.bodies(DEAD_LETTERS) == []


def test_each_message_is_judged_by_its_own_receives() -> None:
    """The patient one's refusal counts, its neighbour's does not yet."""
    bench = bench_with(lambda payload: Answer(422))
    old = message(event("old"), "old", receives=20, refused="all")
    old = msgspec.structs.replace(old, sent_at=FOUR_HOURS_AGO, own=True)
    assert bench.deliver([old, message({"batch": [event("new")]}, "new")]) == ["new"]
    assert [json.loads(body)["messageId"] for body in bench.sqs.bodies(DEAD_LETTERS)] == ["old"]


@pytest.mark.parametrize(("parallel", "flags"), [(1, {"beside"}), (3, {"beside", "after"})])
def test_an_acceptance_that_comes_later_makes_the_refusals_before_it_count(parallel: int, flags: set[str]) -> None:
    """Of posts under way together nobody knows which of them Dreamdata judged first."""
    good = "good"
    bench = bench_with(lambda payload: Answer(200 if payload["batch"][0]["messageId"] == good else 400), parallel)
    messages = [message({"batch": [event("bad", properties={"x": "y" * 400_000})]}, "bad")]
    messages.append(message({"batch": [event(good, properties={"x": "y" * 300_000})]}, "good"))
    assert bench.deliver(messages) == []
    assert bench.sqs.attributes(QUEUE)[0]["refused"] in flags


def test_an_acceptance_that_was_under_way_with_a_refusal_does_not_show_that_it_will_last() -> None:
    """A minute of refusals may have begun between the two: what comes back alone then is not believed at once."""
    judged_good, refused = threading.Event(), threading.Event()

    def judge(payload: dict[str, Any]) -> Answer:
        if payload["batch"][0]["messageId"] == "good":
            judged_good.set()
            assert refused.wait(20)
            return Answer(200)
        assert judged_good.wait(20)
        refused.set()
        return Answer(400)

    bench = bench_with(judge, 2)
    bodies = {name: {"batch": [event(name, properties={"x": "y" * 300_000})]} for name in ("bad", "good")}
    assert bench.deliver([message(body, name) for name, body in bodies.items()]) == []
    assert [sent["refused"] for sent in bench.sqs.attributes(QUEUE)] == ["after"]


def test_a_payload_refused_whole_does_not_keep_the_next_from_being_tried() -> None:
    """Its halves come after all others."""
    bench = bench_with(refusing(*[f"e{number}" for number in range(600)]))
    bodies = [{"batch": events(600, at, properties={"x": "y" * 600})} for at in (0, 600)]
    bench.deliver([message(body, f"m{number}") for number, body in enumerate(bodies)])
    assert len(bench.endpoint.requests[1][0]) > 400_000
    assert len(bench.endpoint.delivered_ids()) == 600


@pytest.mark.parametrize(
    ("before", "status", "waits"),
    [
        ("beside", 403, True),
        ("after", 403, True),
        ("failed", 403, True),
        ("doubtful", 403, False),
        ("doubtful", 422, False),
        ("beside", 422, False),
    ],
)
def test_a_refusal_that_may_be_the_keys_confirms_only_one_of_its_kind(before: str, status: int, waits: bool) -> None:
    """Nothing else is taken: after a change of the key all are told 403, also what was refused for itself."""
    bench = bench_with(lambda payload: Answer(status))
    confirming = message(event("e"), receives=20, refused=before)
    confirming = msgspec.structs.replace(confirming, sent_at=FOUR_HOURS_AGO, own=True)
    assert bench.deliver([confirming]) == (["m1"] if waits else [])
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == (0 if waits else 1)


@pytest.mark.parametrize(("status", "flag"), [(403, "doubtful"), (451, "doubtful"), (400, "beside")])
def test_the_rest_says_whether_its_refusal_might_have_been_the_keys(status: int, flag: str) -> None:
    bench = bench_with(refusing("e1", status=status))
    assert bench.deliver([message({"batch": events(3)})]) == []
    assert bench.sqs.attributes(QUEUE)[0]["refused"] == flag


def ending_with_the_first_post(status: int, receives: int, refused: str) -> tuple[DeliverBench, list[QueuedMessage]]:
    """The first post is accepted, all others are answered ``status``; ``bad`` was ``refused`` before."""
    answers = itertools.chain([Answer(200)], itertools.repeat(Answer(status)))
    large = {"x": "y" * 300_000}
    confirming = msgspec.structs.replace(message(event("bad"), "bad", receives=receives, refused=refused), own=True)
    others = [message(event(name, properties=large), name) for name in ("good", "late")]
    return bench_with(lambda payload: next(answers)), [confirming, *others]


@pytest.mark.parametrize(("status", "letters"), [(403, 0), (422, 1)])
def test_a_key_that_ends_within_an_invocation_confirms_nothing(status: int, letters: int) -> None:
    """What was accepted before it shows nothing of what is refused after."""
    bench, messages = ending_with_the_first_post(status, receives=4, refused="beside")
    failed = bench.deliver(messages)
    assert ("bad" not in failed) == bool(letters)
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == letters


@pytest.mark.parametrize(("receives", "letters"), [(11, 0), (12, 1)])
def test_a_firewalls_refusal_is_believed_in_the_end_though_nothing_is_accepted_after_it(
    receives: int, letters: int
) -> None:
    """Where little is sent, the one acceptance may come before it every time."""
    bench, messages = ending_with_the_first_post(403, receives, refused="after")
    failed = bench.deliver(messages)
    assert ("bad" not in failed) == bool(letters)
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == letters


# -- Retry-After


def asks_for_two_hours(payload: dict[str, Any]) -> Answer:
    """Refuses ``bad``, takes ``ok``, and asks to be left alone when it gets ``slow``."""
    ids = payload_ids(payload)
    if "slow" in ids:
        return Answer(429, retry_after="7200")
    return Answer(400) if "bad" in ids else Answer(200)


def test_what_is_refused_is_not_shown_again_before_retry_after_is_over() -> None:
    """As far as SQS delays a new message: 15 minutes."""
    bench = bench_with(asks_for_two_hours)
    large = {"x": "y" * 400_000}
    both = message({"batch": [event("ok", properties=large), event("bad", properties=large)]}, "both")
    assert bench.deliver([both, message(event("slow", properties={"x": "z" * 300_000}), "slow")]) == ["slow"]
    assert [entry["DelaySeconds"] for entry in bench.sqs.queues[QUEUE]] == [900]


def test_a_refusal_of_everything_waits_as_long_as_retry_after_says() -> None:
    """Whatever its own reason asks for."""
    bench = bench_with(asks_for_two_hours)
    texts = [
        json.dumps(event(name, properties={"x": "y" * size})) for name, size in (("bad", 420_000), ("slow", 419_000))
    ]
    old = message(f'{{"batch":[{",".join(texts)}]}}', receives=25, splits="8")
    old = msgspec.structs.replace(old, sent_at=FOUR_HOURS_AGO, own=True)
    assert bench.deliver([old]) == ["m1"]
    assert [seconds >= 7200 for _, seconds in bench.sqs.visibility] == [True]


def test_a_short_retry_after_of_one_shortens_no_other_wait() -> None:
    """Nobody asked that what was refused for itself be shown again so soon."""
    bench = bench_with(lambda payload: Answer(400) if "bad" in payload_ids(payload) else Answer(429, retry_after="1"))
    sizes = {"bad": 410_000, "slow": 400_000}
    texts = {name: event(name, properties={"x": "y" * size}) for name, size in sizes.items()}
    messages = [message(text, name, receives=3) for name, text in texts.items()]
    assert sorted(bench.deliver(messages)) == ["bad", "slow"]
    waits = dict(bench.sqs.visibility)
    assert waits["receipt-bad"] >= 60
    assert waits["receipt-slow"] < 10


def test_the_log_says_that_the_dead_letter_queue_is_what_is_waited_for() -> None:
    bench = bench_with(refusing("e1"))
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    confirming = msgspec.structs.replace(message({"batch": events(3)}, refused="beside"), own=True)
    bench.deliver([confirming])
    (line,) = [fields for _, text, fields in bench.telemetry.lines if text == "messages held"]
    assert line["reasons"] == ["dead_letter"]


# -- partial fates


def test_what_waits_of_a_message_done_in_part_goes_back_as_a_message_of_its_own() -> None:
    """Received again as it is, the delivered half would be counted twice."""
    answers = iter([Answer(400), Answer(200), Answer(503), Answer(503), Answer(503)])
    bench = bench_with(lambda payload: next(answers))
    assert bench.deliver([message({"batch": events(10)}, receives=3, source="http:shop")]) == []
    delivered = bench.endpoint.delivered_ids()
    (rest,) = bench.sqs.bodies(QUEUE)
    assert sorted(delivered + [one["messageId"] for one in json.loads(rest)["batch"]]) == sorted(
        f"e{n}" for n in range(10)
    )
    entry = bench.sqs.queues[QUEUE][0]
    assert 60 <= entry["DelaySeconds"] <= 120
    assert bench.sqs.attributes(QUEUE) == [
        {"source": "http:shop", "splits": "1", "first_sent_at": "1795436874.000", "receives": "3", "came": "queue"}
    ]
    assert bench.telemetry.total(metrics.MESSAGES_SPLIT) == 1


def test_a_rest_that_the_queue_does_not_take_keeps_its_message() -> None:
    """Better an event twice than not at all."""
    answers = iter([Answer(400), Answer(200), Answer(503), Answer(503), Answer(503)])
    bench = bench_with(lambda payload: next(answers))
    bench.sqs.fails_entry = lambda call, entry: True
    assert bench.deliver([message({"batch": events(10)})]) == ["m1"]


def test_a_message_split_often_enough_comes_back_whole() -> None:
    """Lambda ends a loop over a queue after 16 hops, and with it the events."""
    answers = iter([Answer(400), Answer(200), Answer(503), Answer(503), Answer(503)])
    bench = bench_with(lambda payload: next(answers))
    rest = msgspec.structs.replace(message({"batch": events(10)}, splits="8"), own=True)
    assert bench.deliver([rest]) == ["m1"]
    assert bench.sqs.bodies(QUEUE) == []


def test_a_refused_event_waits_while_the_dead_letter_queue_is_away() -> None:
    """Alone: its neighbours are delivered and not sent again."""
    bench = bench_with(refusing("e1"))
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    confirming = msgspec.structs.replace(message({"batch": events(3)}, refused="beside"), own=True)
    assert bench.deliver([confirming]) == []
    assert [one["messageId"] for one in json.loads(bench.sqs.bodies(QUEUE)[0])["batch"]] == ["e1"]
    assert bench.sqs.attributes(QUEUE)[0]["refused"] == "beside"
    assert bench.telemetry.total(metrics.DEAD_LETTERS_FAILED) == 1


def test_a_dead_letter_queue_that_is_away_leaves_time_for_the_holds() -> None:
    """One step's trouble does not take the next one's time."""
    bench = bench_with(lambda payload: Answer(503))
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    messages = [message("not json", "bad"), message({"batch": events(3)}, "good")]
    assert sorted(bench.deliver(messages)) == ["bad", "good"]
    assert sorted(handle for handle, _ in bench.sqs.visibility) == ["receipt-bad", "receipt-good"]


# -- repeats


def test_what_there_is_no_time_for_is_not_made_a_dead_letter_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """To take the keys out of megabytes costs seconds of its own, which are the holds'."""
    bench, made = DeliverBench(), []

    def slowly(text: str, _keys: Any) -> str:
        made.append(text)
        bench.clock.advance(1.0)
        return text

    monkeypatch.setattr(dead_lettering, "masked", slowly)
    messages = [message("no JSON " * 125_000, f"m{n}") for n in range(40)]
    failed = bench.deliver(messages)
    assert (len(made), len(bench.sqs.bodies(DEAD_LETTERS))) == (16, 8)
    assert sorted(failed) == sorted(f"m{n}" for n in range(8, 40))
    assert len(bench.sqs.visibility) == 32


def test_repeats_in_one_invocation_are_sent_once() -> None:
    """Over messages and within one."""
    bench = DeliverBench()
    bodies = [[event("a"), event("b"), event("a")], {"batch": [event("b"), event("c")]}, {"batch": [event("a")]}]
    assert bench.deliver([message(body, f"m{number}") for number, body in enumerate(bodies)]) == []
    assert sorted(bench.endpoint.delivered_ids()) == ["a", "b", "c"]
    assert bench.telemetry.total(metrics.EVENTS_REPEATED) == 3


def test_a_repeat_left_out_does_not_come_back_with_its_message() -> None:
    """Its first is delivered: received again with the others of its message it would be sent twice."""
    bench = bench_with(lambda payload: Answer(200 if payload["batch"][0]["messageId"] == "a" else 503))
    big = event("a", properties={"x": "y" * 300_000})
    messages = [message({"batch": [big]}, "m1")]
    messages.append(message({"batch": [big, event("b", properties={"x": "y" * 250_000})]}, "m2"))
    assert bench.deliver(messages) == []
    assert [one["messageId"] for one in json.loads(bench.sqs.bodies(QUEUE)[0])["batch"]] == ["b"]


def test_no_key_is_in_a_dead_letter() -> None:
    """Neither the API key that Dreamdata echoes nor a relay key that a sender wrote into an event."""
    bench = bench_with(refusing("bad", start=f"no such key: {DREAMDATA_KEY}".encode()))
    bad = event("bad", properties={"writeKey": "a-relay-key-0123456789", "list": [{"WriteKey": DREAMDATA_KEY}]})
    world = settled(bench, {"batch": [bad, event("good")]})
    letters = str(bench.sqs.queues[DEAD_LETTERS])
    assert world.dead_ids() == ["bad"]
    assert DREAMDATA_KEY not in letters
    assert "a-relay-key" not in letters


def test_the_rest_of_a_rest_remembers_all_receives_and_how_it_was_refused() -> None:
    """So that what is isolated stays so, and what is to be confirmed, too."""
    answers = iter([Answer(400), Answer(200), Answer(503), Answer(503), Answer(503)])
    bench = bench_with(lambda payload: next(answers))
    rest = message({"batch": events(10)}, receives=3)
    attributes = {"splits": "1", "receives": "7", "refused": "failed", "first_sent_at": "1795436000.000"}
    assert bench.deliver([msgspec.structs.replace(rest, attributes=attributes, own=True)]) == []
    (sent,) = bench.sqs.attributes(QUEUE)
    assert (sent["splits"], sent["receives"], sent["refused"]) == ("2", "10", "failed")
    assert sent["first_sent_at"] == "1795436000.000"


def test_a_refusal_that_the_dead_letter_queue_did_not_take_keeps_its_kind() -> None:
    """An event that Dreamdata failed on must not become one that it refused."""
    bench = bench_with(refusing("e1"))
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    confirming = message({"batch": events(3)})
    assert bench.deliver([msgspec.structs.replace(confirming, attributes={"refused": "failed"}, own=True)]) == []
    assert bench.sqs.attributes(QUEUE)[0]["refused"] == "failed"
