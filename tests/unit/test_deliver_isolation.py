"""One event that Dreamdata cannot bear is found in the end; its neighbours are delivered, and nobody else is blamed."""

import json
import random
from typing import Any

import msgspec
import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver.payloads import ISOLATING_RECEIVES
from dreamdata_relay.deliver.responses import Answer, NoAnswer
from dreamdata_relay.deliver.worklist import MAX_DOUBTS_WITHOUT_ACCEPTANCE, MAX_FAILURES_WITHOUT_ACCEPTANCE
from tests.fakes.events import event, events
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, Script, message

FIREWALL = Answer(403, start=b"<html>Request blocked</html>")
FAULTS: dict[str, Answer | NoAnswer] = {
    "500": Answer(500),
    "502": Answer(502, start=b"bad gateway"),
    "302": Answer(302, start=b"to the firewall's page"),
    "404": Answer(404),
    "408": Answer(408),
    "415": Answer(415),
    "no answer": NoAnswer(True, "timeout"),
}


def ids_in(payload: dict[str, Any]) -> set[str]:
    return {one["messageId"] for one in payload["batch"]}


def failing_on(poison: set[str], answer: Answer | NoAnswer) -> Script:
    """``answer`` to every payload with an event of ``poison`` in it; takes all others."""
    return lambda payload: answer if ids_in(payload) & poison else Answer(200)


def bench_with(script: Script, parallel: int = 1) -> DeliverBench:
    bench = DeliverBench(parallel=parallel)
    bench.endpoint.script = script
    return bench


# -- 5xx and time-outs


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("poison", [{"e7"}, {"e0", "e39"}, {"e3", "e4", "e20"}])
def test_an_event_that_makes_dreamdata_fail_ends_alone(fault: str, poison: set[str]) -> None:
    """After some hours, with the status as its reason; the other 39 of its message are delivered."""
    bench = bench_with(failing_on(poison, FAULTS[fault]))
    world = QueueWorld(bench)
    world.send({"batch": events(40)})
    begun = bench.clock.now()

    while world.waiting and bench.clock.now() - begun < 2 * 86_400:
        # Others go on being taken.
        world.send({"batch": [event(f"other-{world.invocations}")]}, delay_s=600)
        world.step()
        if not {"e0", "e1", "e2"} & set(world.waiting_ids()) and not poison & set(world.waiting_ids()):
            break

    dead = zip(bench.sqs.bodies(DEAD_LETTERS), bench.sqs.attributes(DEAD_LETTERS), strict=True)
    ends = {json.loads(body)["messageId"]: attributes for body, attributes in dead}
    assert set(ends) == poison
    answer = FAULTS[fault]
    for attributes in ends.values():
        assert attributes["error_code"] == "refused_by_dreamdata"
        assert attributes.get("status") == (str(answer.status) if isinstance(answer, Answer) else None)
        assert "to this event alone and takes others" in attributes["error_detail"]
    assert {f"e{n}" for n in range(40)} - poison <= set(bench.endpoint.delivered_ids())
    assert world.redriven == []


def test_new_messages_are_not_posted_together_with_one_that_fails() -> None:
    """It was received before; they were not."""
    bench = bench_with(failing_on({"bad"}, Answer(500)))
    messages = [message({"batch": [event("bad")]}, "bad", receives=3)]
    messages += [message({"batch": [event(f"new-{n}")]}, f"new-{n}") for n in range(20)]
    assert bench.deliver(messages) == ["bad"]
    assert len(bench.endpoint.delivered_ids()) == 20


def test_an_outage_is_not_taken_for_an_event_that_fails() -> None:
    """However often its messages were received: nothing is accepted, so little is tried and none is dead-lettered."""
    bench = bench_with(lambda payload: Answer(503))
    messages = [message({"batch": events(50, 50 * n)}, f"m{n}", receives=100) for n in range(20)]
    assert len(bench.deliver(messages)) == 20
    assert bench.sqs.bodies(DEAD_LETTERS) == []
    assert len(bench.endpoint.requests) <= 3 * MAX_FAILURES_WITHOUT_ACCEPTANCE


def test_a_busy_dreamdata_is_not_taken_for_an_event_that_fails() -> None:
    """Who says when to come back is not broken by what it was sent: nothing more is tried until then.

    The two that it was said to are no longer together.
    """
    bench = bench_with(lambda payload: Answer(503, retry_after="60") if "e1" in ids_in(payload) else Answer(200))
    bench.deliver([message({"batch": events(9)}, receives=ISOLATING_RECEIVES + 1)])
    assert [len(json.loads(body)["batch"]) for body, _ in bench.endpoint.requests] == [2, 2, 3, 2]
    assert [len(json.loads(body)["batch"]) for body in bench.sqs.bodies(QUEUE)] == [1, 1]


def test_what_goes_back_in_part_waits_as_long_as_sqs_delays_a_message() -> None:
    bench = bench_with(lambda payload: Answer(503, retry_after="5000") if "e1" in ids_in(payload) else Answer(200))

    bench.deliver([message({"batch": events(9)}, receives=ISOLATING_RECEIVES + 1)])

    assert [entry["DelaySeconds"] for entry in bench.sqs.queues[QUEUE]] == [900, 900]


ASKING = {"503": Answer(503, retry_after="60"), "429": Answer(429), "401": Answer(401), "404": Answer(404, "60")}


@pytest.mark.parametrize("poison", [{"e7"}, {"e0"}, {"e39"}])
@pytest.mark.parametrize("asking", ASKING)
def test_whatever_is_answered_to_an_event_its_neighbours_do_not_pay_for_it(asking: str, poison: set[str]) -> None:
    """Not on a quiet stack either. The fault need not be the event's own, so it waits to the end, unjudged."""
    bench = bench_with(failing_on(poison, ASKING[asking]))
    world = QueueWorld(bench)
    world.send({"batch": events(40)})
    begun = bench.clock.now()

    world.run(until=lambda: bench.clock.now() - begun > 12 * 86_400)

    assert {f"e{n}" for n in range(40)} - poison <= set(bench.endpoint.delivered_ids())
    assert set(world.dead_ids()) == poison
    answer = ASKING[asking]
    for attributes in bench.sqs.attributes(DEAD_LETTERS):
        assert attributes["error_code"] == "out_of_tries"
        assert f"answered {answer.status}" in attributes["error_detail"]
    assert world.redriven == []


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("places", [(0, 1), (1, 0), (0, 1, 2), (2, 0, 1)])
def test_different_events_with_its_id_do_not_pay_for_it_either(asking: str, places: tuple[int, ...]) -> None:
    """They are in payloads of their own, of which one has to come first."""
    culprit, *others = (event("same", properties={"place": place}) for place in places)
    bench = DeliverBench()

    def script(payload: dict[str, Any]) -> Answer:
        return ASKING[asking] if culprit in payload["batch"] else Answer(200)

    bench.endpoint.script = script
    world = QueueWorld(bench)
    world.send({"batch": sorted((culprit, *others), key=lambda one: one["properties"]["place"])})
    begun = bench.clock.now()

    world.run(until=lambda: bench.clock.now() - begun > 12 * 86_400)

    taken = [one for payload in bench.endpoint.accepted for one in payload["batch"]]
    assert all(other in taken for other in others)
    assert len(world.dead_ids()) == 1


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("poison", [range(5, 40, 10), range(0, 40, 3), range(0, 40, 2)], ids=["4", "14", "20"])
def test_many_such_events_in_one_message_take_none_of_the_others_with_them(asking: str, poison: range) -> None:
    """One in each part of it, so that whichever part comes first is not taken."""
    bad = {f"e{number}" for number in poison}
    bench = bench_with(failing_on(bad, ASKING[asking]))
    # Two that always came back together would be asked in one order for ever.
    chance = random.Random(3)  # noqa: S311  # to be replayed
    bench.deliverer = msgspec.structs.replace(bench.deliverer, jitter=chance.random)
    world = QueueWorld(bench)
    world.send({"batch": events(40)})
    # It was received so often already that it is isolated.
    world.waiting[0].receives = ISOLATING_RECEIVES
    good = {one["messageId"] for one in events(40)} - bad

    while good & set(world.waiting_ids()):
        # Others go on being taken.
        delay_s = max(0.0, world.next_at - bench.clock.now())
        world.send({"batch": [event(f"other-{world.invocations}")]}, delay_s=delay_s)
        world.step()

    assert good <= set(bench.endpoint.delivered_ids())
    assert set(world.dead_ids()) <= bad


@pytest.mark.parametrize("poison", [range(4, 40, 10), range(0, 40, 5), range(0, 40, 3)], ids=["4", "8", "14"])
def test_they_take_none_with_them_where_nothing_else_is_sent_either(poison: range) -> None:
    """No part of the message is taken as a whole, nothing else is, and each time-out costs the invocation 15 s."""
    bad = {f"e{number}" for number in poison}
    bench = DeliverBench()

    def slow(payload: dict[str, Any]) -> Answer | NoAnswer:
        if not ids_in(payload) & bad:
            return Answer(200)
        bench.clock.advance(15)
        return NoAnswer(True, "timeout")

    bench.endpoint.script = slow
    world = QueueWorld(bench)
    world.send({"batch": events(40)})
    good = {one["messageId"] for one in events(40)} - bad

    begun = bench.clock.now()

    world.run(until=lambda: not good & set(world.waiting_ids()))

    assert sorted(bench.endpoint.delivered_ids()) == sorted(good)
    assert bench.clock.now() - begun < 86_400
    assert (world.dead_ids(), world.redriven) == ([], [])


def test_the_last_word_on_an_event_is_in_its_dead_letter() -> None:
    """No later receive can confirm the refusal: the letter tells of it all the same."""
    bench = bench_with(failing_on({"bad"}, Answer(422, start=b"no such field")))
    last = message({"batch": [event("bad")]}, "last", receives=bench.deliverer.max_receives - 4)
    assert bench.deliver([last, message({"batch": [event("new")]}, "new")]) == []
    attributes = bench.sqs.attributes(DEAD_LETTERS)[0]
    assert attributes["error_code"] == "out_of_tries"
    assert attributes["status"] == "422"
    assert "no such field" in attributes["error_detail"]


# -- refusals whose status may mean something else than the events


@pytest.mark.parametrize("status", [403, 406, 409, 414, 431, 451])
@pytest.mark.parametrize("parallel", [1, 3])
def test_a_firewalls_answer_to_an_event_is_that_events_refusal(status: int, parallel: int) -> None:
    """Its neighbours are delivered at once, and nothing blames the key or the endpoint."""
    bench = bench_with(failing_on({"e7"}, Answer(status, start=b"<html>")), parallel)
    world = QueueWorld(bench)
    world.send({"batch": events(40)})
    world.send({"batch": events(40, 40)})
    world.step()
    assert len(bench.endpoint.delivered_ids()) == 79
    world.run(until=lambda: False)
    assert world.dead_ids() == ["e7"]
    assert bench.sqs.attributes(DEAD_LETTERS)[0]["status"] == str(status)
    assert bench.telemetry.total(metrics.KEY_REFUSED) == bench.telemetry.total(metrics.ENDPOINT_MISCONFIGURED) == 0
    assert not [line for line in bench.telemetry.lines if "key" in line[1] or "key" in str(line[2].get("reasons"))]


@pytest.mark.parametrize(("status", "reason"), [(403, "key:403"), (409, "configuration"), (451, "configuration")])
def test_the_same_answer_to_everything_holds_everything(status: int, reason: str) -> None:
    """A few posts show it, at every receive."""
    bench = bench_with(lambda payload: Answer(status))
    messages = [message({"batch": events(50, 50 * n)}, f"m{n}", receives=30) for n in range(20)]
    assert len(bench.deliver(messages)) == 20
    assert bench.telemetry.lines[-1][2]["reasons"] == [reason]
    assert len(bench.endpoint.requests) <= MAX_DOUBTS_WITHOUT_ACCEPTANCE
    assert bench.sqs.bodies(DEAD_LETTERS) == []


def test_a_403_is_not_shown_the_same_key_again() -> None:
    """Another payload tells more."""
    bench = bench_with(failing_on({"bad"}, FIREWALL))
    assert bench.deliver([message({"batch": [event("bad"), event("good")]})]) == []
    assert [len(json.loads(body)["batch"]) for body, _ in bench.endpoint.requests] == [2, 1, 1]


# -- refusals that come and go


def test_one_refusal_of_an_event_is_not_believed() -> None:
    """A proxy or a rolling deployment answers 400 once."""
    answers = iter([Answer(400, start=b"upstream reset")])
    big = event("big", properties={"x": "y" * 480_000})
    bench = bench_with(lambda payload: next(answers, Answer(200)) if "big" in ids_in(payload) else Answer(200))
    world = QueueWorld(bench)
    world.send({"batch": [big]})
    world.send({"batch": [event(f"s{n}", properties={"z": "q" * 30_000}) for n in range(2)]})
    world.run(until=lambda: False)
    assert sorted(bench.endpoint.delivered_ids()) == ["big", "s0", "s1"]
    assert bench.sqs.bodies(DEAD_LETTERS) == []


@pytest.mark.parametrize("every", [2, 3])
def test_refusals_by_turns_are_of_no_event(every: int) -> None:
    """Half of Dreamdata's servers are broken: what they refuse, the others take."""
    count = iter(range(1_000_000))
    bench = bench_with(lambda payload: Answer(400) if next(count) % every == 0 else Answer(200))
    world = QueueWorld(bench)
    for n in range(60):
        world.send(event(f"e{n}"))
    world.run(until=lambda: world.invocations > 200)
    assert sorted(bench.endpoint.delivered_ids()) == sorted(f"e{n}" for n in range(60))
    assert bench.sqs.bodies(DEAD_LETTERS) == []


def test_a_refusal_of_everything_for_two_hours_costs_no_event() -> None:
    """It is held, with an alarm, and delivered when it is over."""
    bench = bench_with(lambda payload: Answer(400))
    world = QueueWorld(bench)
    for at in range(0, 80, 8):
        world.send({"batch": events(8, at)})
    ends = bench.clock.now() + 7_200
    world.run(until=lambda: bench.clock.now() >= ends)
    assert bench.telemetry.total(metrics.EVERYTHING_REFUSED) > 5
    bench.endpoint.script = lambda payload: Answer(200)
    world.run(until=lambda: False)
    assert bench.sqs.bodies(DEAD_LETTERS) == []
    assert sorted(bench.endpoint.delivered_ids()) == sorted(f"e{n}" for n in range(80))


def test_an_event_refused_beside_others_is_believed_soon_although_it_comes_back_alone() -> None:
    """A quiet sender's only event that is wrong must not wait for hours."""
    bench = bench_with(failing_on({"bad"}, Answer(422)))
    world = QueueWorld(bench)
    world.send({"batch": [event("bad"), event("good")]})
    begun = bench.clock.now()
    world.run(until=lambda: False)
    assert world.dead_ids() == ["bad"]
    assert bench.clock.now() - begun <= 120


@pytest.mark.parametrize("status", [403, 422])
def test_an_event_refused_alone_at_first_is_believed_once_others_come_beside_it(status: int) -> None:
    """Whatever its status, and although what is new is posted before what was refused."""
    bench = bench_with(failing_on({"bad"}, Answer(status)))
    world = QueueWorld(bench)
    world.send({"batch": [event("bad")]})
    world.step()
    for n in range(3):
        if world.waiting:
            world.send({"batch": [event(f"new-{n}")]}, delay_s=world.next_at - bench.clock.now())
            world.step()
    assert world.dead_ids() == ["bad"]


def test_a_firewalls_whim_and_then_a_key_that_ends_cost_no_event() -> None:
    """Both say 403: the second need not be of the event, whatever the first was."""
    answers = iter([FIREWALL, Answer(200), FIREWALL])
    bench = bench_with(lambda payload: next(answers, Answer(403, start=b"no such key")))
    world = QueueWorld(bench)
    world.send({"batch": events(2)})
    begun = bench.clock.now()
    world.run(until=lambda: bench.clock.now() - begun > 3 * 3600)
    assert bench.sqs.bodies(DEAD_LETTERS) == []
    bench.endpoint.script = lambda payload: Answer(200)
    world.run(until=lambda: False)
    assert sorted(set(bench.endpoint.delivered_ids())) == ["e0", "e1"]
