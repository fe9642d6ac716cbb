"""What one invocation takes is bounded by counts, whatever its messages hold; good neighbours are always delivered."""

import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dreamdata_relay.deliver.collection import collect, weight_of
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.deliver.service import Deliverer
from dreamdata_relay.limits import MAX_COLLECTED_BYTES
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from tests.fakes.events import sns
from tests.fakes.relay import DEAD_LETTERS, DeliverBench, ScriptedEndpoint, message

_EVENT = '{"type":"page","userId":"u"}'


def _batch(elements: Sequence[str], context: int = 0) -> str:
    shared = f'"context":{{"s":"{"x" * context}"}},' if context else ""
    return f'{{{shared}"batch":[{",".join(elements)}]}}'


def _messages(body: str, count: int) -> list[QueuedMessage]:
    return [message(body, f"m{number}") for number in range(count)]


def test_refused_events_of_a_thousand_messages_share_dead_letters() -> None:
    bench = DeliverBench()

    assert bench.deliver(_messages(_batch([_EVENT, *["{}"] * 300]), 200)) == []

    letters = bench.sqs.bodies(DEAD_LETTERS)
    assert len(letters) <= 1_200
    assert sum(body.count("{}") for body in letters) == 200 * 300


def test_refused_events_do_not_each_take_a_large_context_along() -> None:
    bench = DeliverBench()

    assert bench.deliver(_messages(_batch([_EVENT, *["{}"] * 900], 15_000), 4)) == []

    letters = bench.sqs.bodies(DEAD_LETTERS)
    assert sum(map(len, letters)) < 200_000
    assert sum(body.count("{}") for body in letters) == 4 * 900
    assert all('"context":{"s":"xxx' in body for body in letters)


def test_a_refused_event_alone_in_its_message_keeps_its_dead_letter_to_itself() -> None:
    bench = DeliverBench()

    bench.deliver(_messages('{"a":1}', 1_500))

    assert bench.sqs.bodies(DEAD_LETTERS) == ['{"a":1}'] * 1_500


@pytest.mark.parametrize(
    "element", [_EVENT, '{"type":"page","userId":"u","messageId":"m","timestamp":"2026-11-23T12:00:00Z"}']
)
def test_what_is_merged_counts_before_it_is_and_whatever_becomes_of_it(element: str) -> None:
    """Of a thousand repeats one is kept; the work was the same."""
    body = _batch([element] * 1_000, 14_000)
    bench = DeliverBench()

    held = bench.deliver(_messages(body, 60))

    assert 2 * 14_000 * 1_000 * (60 - len(held)) <= MAX_COLLECTED_BYTES


@pytest.mark.parametrize("wrapped", [str, sns, lambda text: sns(sns(text))])
@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n"])
def test_events_one_a_line_weigh_what_those_of_an_array_do(wrapped: Callable[[str], Any], between: str) -> None:
    """Lines have no commas between them to be counted by."""
    events = ["{}"] * 1_000
    elements, lines = (message(wrapped(between.join(events))).body for between in (",", between))

    assert weight_of(lines) >= weight_of(elements)


def test_messages_that_merge_much_wait_for_those_that_do_not() -> None:
    """These are lighter by their commas than the good one."""
    bench = DeliverBench()
    good = [json.dumps(json.loads(_EVENT) | {"messageId": f"good-{number}"}) for number in range(700)]
    greedy = _messages(_batch([_EVENT] * 300, 8_000), 100)

    held = bench.deliver([*greedy, message("[" + ",".join(good) + "]", "good")])

    assert held
    assert "good" not in held
    assert {f"good-{number}" for number in range(700)} <= set(bench.endpoint.delivered_ids())


def test_a_message_alone_may_merge_as_much_as_any() -> None:
    bench = DeliverBench()

    assert bench.deliver([message(_batch([_EVENT] * 1_000, 15_000))]) == []
    assert len(bench.endpoint.delivered_ids()) == 1_000


class _Sizes:
    """A queue that takes all, and notes how much it was given at a time."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def send(self, messages: Sequence[OutgoingMessage], deadline: float) -> list[int]:
        self.sizes.append(sum(len(message.body) for message in messages))
        return []


def _with(bench: DeliverBench, queue: _Sizes, letters: _Sizes) -> Deliverer:
    parts = {name: getattr(bench.deliverer, name) for name in bench.deliverer.__struct_fields__}
    return Deliverer(**parts | {"queue": queue, "dead_letters": letters})


def test_what_goes_back_is_put_together_in_parts() -> None:
    """Text with an emoji takes four bytes a character: all of it at once would not fit."""
    posts = itertools.count()

    def fails_at_every_other(payload: object) -> Answer:
        if next(posts) % 2:
            raise ValueError("a fault of the relay's own, which holds this payload alone")
        return Answer(200)

    bench, queue, letters = DeliverBench(endpoint=ScriptedEndpoint(fails_at_every_other)), _Sizes(), _Sizes()
    body = _batch([_EVENT] * 1_000, 7_900).replace("xx", "🙂", 1)

    assert _with(bench, queue, letters).deliver([message(body, f"m{number}") for number in range(4)], 60.0) == []
    assert sum(queue.sizes) > 10_000_000
    assert max(queue.sizes) < 10_000_000


def test_what_is_out_of_tries_is_put_together_in_parts() -> None:
    bench, queue, letters = DeliverBench(endpoint=ScriptedEndpoint(lambda _: Answer(503))), _Sizes(), _Sizes()
    body = _batch([_EVENT] * 1_000, 7_900).replace("xx", "🙂", 1)

    assert _with(bench, queue, letters).deliver([message(body, f"m{number}", 398) for number in range(4)], 60.0) == []
    assert sum(letters.sizes) > 20_000_000
    assert max(letters.sizes) < 10_000_000


def test_events_with_one_id_are_looked_up_among_those_of_one_message_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many variants of one id, then messages that each share an id with another one."""
    looked_at = 0
    bench = DeliverBench()
    event = '{{"type":"page","userId":"u","timestamp":"2026-11-23T12:00:00.000Z","messageId":"{}","n":{}}}'
    many = _batch([event.format("one", number) for number in range(2_000)])
    first = [_batch([event.format(f"id-{number}", 0)]) for number in range(50)]
    second = [_batch([event.format(f"id-{number}", 1)]) for number in range(50)]

    real = itertools.takewhile

    def counting(predicate, pieces):  # type: ignore[no-untyped-def]  # as itertools has it
        nonlocal looked_at
        for piece in real(predicate, pieces):
            looked_at += 1
            yield piece

    monkeypatch.setattr(itertools, "takewhile", counting)
    collection = collect(
        [message(body, f"m{number}") for number, body in enumerate([many, *first, *second])],
        bench.telemetry,
        bench.clock,
        1e12,
    )

    assert len(collection.pieces) == 2_100
    assert looked_at == 50


def test_a_culprit_in_each_of_many_payloads_does_not_hold_the_good_events_beside_them() -> None:
    """Each message fills a payload: refused as they are, nothing would show that Dreamdata takes anything."""
    refuses = ScriptedEndpoint(lambda p: Answer(400 if any(e["userId"] == "bad" for e in p["batch"]) else 200))
    bench = DeliverBench(endpoint=refuses)
    event = '{{"type":"page","userId":"{}","messageId":"{}","timestamp":"2026-11-23T12:00:00.000Z","n":"{}"}}'
    messages = [
        message(
            _batch([event.format("bad" if n == 7 else "u", f"{number}-{n}", "x" * 10_000) for n in range(30)]),
            f"m{number}",
        )
        for number in range(40)
    ]

    assert bench.deliver(messages) == []

    assert len(bench.endpoint.delivered_ids()) == 40 * 29
