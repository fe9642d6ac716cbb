"""A message that ends the function takes nobody along, and what was done before it stays done."""

import json
import random
from typing import Any

import msgspec
import pytest

from dreamdata_relay.deliver import collection
from dreamdata_relay.deliver.message_parsing import unwrap_chunk
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.deliver.rounds import SUSPECT_RECEIVES, rounds_of
from dreamdata_relay.deliver.unwrapped import Unwrapped
from dreamdata_relay.limits import MAX_RECEIVES
from tests.fakes.events import event
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, message


class Died(BaseException):
    """The function's end; nothing catches it."""


def chunked(id_: str, receives: int = 1) -> QueuedMessage:
    return message('{"batch":[' + json.dumps(event(id_)) + "]}", id_, receives)


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the message ``bad`` ends the function."""

    def reading(one: QueuedMessage) -> Unwrapped | None:
        if one.message_id == "bad":
            raise Died
        return unwrap_chunk(one)

    monkeypatch.setattr(collection, "unwrap_chunk", reading)


def test_every_message_is_in_one_round() -> None:
    """New ones in the first, of the others one by itself, then ever more."""
    messages = [chunked(f"m{n}", receives=n % 9) for n in range(1, 50)]
    rounds = rounds_of(messages, random.Random(7).random)  # noqa: S311  # to be replayed
    assert sorted(one.message_id for each in rounds for one in each) == sorted(one.message_id for one in messages)
    assert all(one.receives < SUSPECT_RECEIVES for one in rounds[0])
    assert len(rounds[1]) == 1
    assert [len(one) for one in rounds[1:]] == sorted(len(one) for one in rounds[1:])


def test_what_dreamdata_refused_is_posted_with_what_is_new() -> None:
    """It was read before; and in a round after that of the new ones nothing would be accepted after it."""
    flagged = message(event("refused"), "refused", SUSPECT_RECEIVES, refused="after")
    listed = [msgspec.structs.replace(flagged, own=True), chunked("new"), chunked("often", SUSPECT_RECEIVES)]
    rounds = rounds_of(listed, lambda: 0.5)
    assert [[one.message_id for one in each] for each in rounds] == [["refused", "new"], ["often"]]


def test_what_dreamdata_refused_is_posted_with_a_suspect_where_nothing_is_new() -> None:
    """Alone in its round it would never see anything accepted after it."""
    flagged = msgspec.structs.replace(message(event("refused"), "refused", refused="after"), own=True)
    listed = [flagged, *(chunked(f"often{n}", SUSPECT_RECEIVES) for n in range(3))]
    rounds = rounds_of(listed, lambda: 0.5)
    assert [len(each) for each in rounds] == [2, 2]
    assert rounds[0][0] is flagged


@pytest.mark.usefixtures("deadly")
def test_new_messages_are_done_before_one_that_ends_the_function() -> None:
    """Delivered and deleted: they do not come back with it."""
    bench = DeliverBench()
    with pytest.raises(Died):
        bench.deliver([chunked("bad", SUSPECT_RECEIVES), *(chunked(f"new-{n}") for n in range(20))])
    assert sorted(bench.sqs.deleted) == sorted(f"receipt-new-{n}" for n in range(20))
    assert len(bench.endpoint.delivered_ids()) == 20


@pytest.mark.usefixtures("deadly")
def test_those_that_came_back_with_it_are_through_after_a_few_invocations() -> None:
    """Half of them each time, whichever half."""
    bench = DeliverBench()
    chance = random.Random(3)  # noqa: S311  # to be replayed
    bench.deliverer = msgspec.structs.replace(bench.deliverer, jitter=chance.random)
    left = [chunked("bad", SUSPECT_RECEIVES), *(chunked(f"m{n}", SUSPECT_RECEIVES) for n in range(100))]
    for _ in range(40):
        bench.sqs.deleted.clear()
        with pytest.raises(Died):
            bench.deliver(left)
        left = [one for one in left if one.receipt_handle not in bench.sqs.deleted]
    assert [one.message_id for one in left] == ["bad"]
    assert len(bench.endpoint.delivered_ids()) == 100


def test_of_a_few_that_do_not_fit_the_memory_together_each_is_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any two end the function, and one of them does by itself."""
    bench, read = DeliverBench(), list[str]()

    def reading(one: QueuedMessage) -> Unwrapped | None:
        read.append(one.message_id)
        if one.message_id == "bad" or len(read) > 1:
            raise Died
        return unwrap_chunk(one)

    monkeypatch.setattr(collection, "unwrap_chunk", reading)
    chance = random.Random(3)  # noqa: S311  # to be replayed
    bench.deliverer = msgspec.structs.replace(bench.deliverer, jitter=chance.random)
    left = [chunked(id_, SUSPECT_RECEIVES) for id_ in ("bad", "m1", "m2", "m3")]
    for _ in range(40):
        read.clear()
        bench.sqs.deleted.clear()
        with pytest.raises(Died):
            bench.deliver(left)
        left = [one for one in left if one.receipt_handle not in bench.sqs.deleted]
    assert [one.message_id for one in left] == ["bad"]
    assert sorted(bench.endpoint.delivered_ids()) == ["m1", "m2", "m3"]


@pytest.mark.usefixtures("deadly")
def test_at_its_last_receive_it_is_dead_lettered_unread() -> None:
    """So that it has a reason, too."""
    bench = DeliverBench()
    assert bench.deliver([chunked("bad", MAX_RECEIVES), chunked("good")]) == []
    assert bench.sqs.attributes(DEAD_LETTERS)[0]["error_code"] == "out_of_tries"
    assert bench.endpoint.delivered_ids() == ["good"]


def test_all_that_are_at_their_last_receive_are_dead_lettered_unread() -> None:
    """Each as it came, whatever stands beside it."""
    bench = DeliverBench()
    last = [chunked(f"m{number}", MAX_RECEIVES) for number in range(3)]
    assert bench.deliver([chunked("good"), *last]) == []
    assert bench.sqs.bodies(DEAD_LETTERS) == [one.body for one in last]


def test_unread_at_its_last_receive_it_stays_what_it_is_while_the_dead_letter_queue_is_away() -> None:
    """Sent back as a message of its own it would begin its receives again."""
    bench = DeliverBench()
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    assert bench.deliver([chunked("bad", MAX_RECEIVES), chunked("good")]) == ["bad"]
    assert bench.sqs.bodies(QUEUE) == []


@pytest.mark.parametrize("answer", [Answer(503), Answer(401), Answer(404)])
def test_after_a_hold_the_next_rounds_are_held_unread(answer: Answer) -> None:
    """In an outage nothing more is tried."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: answer
    messages: list[Any] = [chunked(f"m{n}", 1 + n % 8) for n in range(40)]
    assert sorted(bench.deliver(messages)) == sorted(one.message_id for one in messages)
    assert len(bench.endpoint.requests) <= 3
    assert len(bench.sqs.visibility) == 40
    assert bench.sqs.deleted == []


def test_what_a_round_could_not_end_is_not_deleted_with_what_it_did() -> None:
    """The dead-letter queue is away: nothing stops the rounds, and one message of the first must come back."""
    bench = DeliverBench()
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    messages = [chunked("done"), message("not JSON", "waits"), chunked("often", SUSPECT_RECEIVES)]
    assert bench.deliver(messages) == ["waits"]
    assert bench.sqs.deleted == ["receipt-done"]
    assert [handle for handle, _ in bench.sqs.visibility] == ["receipt-waits"]
