"""What is posted next, and what an answer means for the rest: without threads, over payloads made by hand."""

from collections.abc import Iterable

import pytest

from dreamdata_relay.deliver.collection import collect
from dreamdata_relay.deliver.payloads import ISOLATING_RECEIVES, Halved, Payload, Piece, Since, payloads_of
from dreamdata_relay.deliver.progress import MessageProgress
from dreamdata_relay.deliver.responses import Delivered, Hold, Refused
from dreamdata_relay.deliver.worklist import MAX_DOUBTS_WITHOUT_ACCEPTANCE, Worklist
from tests.fakes.events import event
from tests.fakes.relay import DeliverBench, message


def piece(events: int, message: int = 0, start: int = 0) -> Piece:
    ids = [f"e{n}" for n in range(start, start + events)]
    return Piece(message, b",".join(b'{"messageId":"%s"}' % id_.encode() for id_ in ids), ids)


def payload(events: int, message: int = 0, receives: int = 1) -> Payload:
    return Payload.of([piece(events, message)], receives)


def taken(worklist: Worklist) -> Payload:
    found = worklist.take()
    assert found is not None
    return found


def test_what_is_refused_and_then_taken_in_parts_shows_that_no_refusal_can_be_believed() -> None:
    worklist = Worklist([payload(2)])
    worklist.settle(taken(worklist), Refused(400, "no"))
    for _ in range(2):
        worklist.settle(taken(worklist), Delivered())
    assert worklist.finish([]).contradicted


def test_what_is_too_large_and_then_taken_in_parts_shows_nothing() -> None:
    worklist = Worklist([payload(2)])
    worklist.settle(taken(worklist), Refused(413, "too large"))
    for _ in range(2):
        worklist.settle(taken(worklist), Delivered())
    assert not worklist.finish([]).contradicted


def test_what_is_about_to_be_believed_is_asked_twice_and_once_taken_shows_that_too() -> None:
    worklist = Worklist([payload(1)], confirming=lambda _payload: True)
    worklist.settle(taken(worklist), Refused(400, "no"))
    worklist.settle(taken(worklist), Delivered())
    results = worklist.finish([])
    assert results.contradicted
    assert results.refused == []


def test_a_refusal_remembers_what_had_been_accepted_before_it_was_refused_with_others() -> None:
    """What comes after proves it, what came before does not."""
    worklist = Worklist([payload(1, 0), payload(2, 1)])
    worklist.settle(taken(worklist), Delivered())
    worklist.settle(taken(worklist), Refused(400, "no"))
    worklist.settle(taken(worklist), Refused(400, "no"))
    worklist.settle(taken(worklist), Delivered())
    results = worklist.finish([])
    assert [since for _, _, since in results.refused] == [Since(accepted=1, begun=2)]
    assert results.acceptances == 2


def test_what_was_under_way_when_another_was_refused_was_posted_before_its_answer() -> None:
    worklist = Worklist([payload(1, 0), payload(1, 1), payload(1, 2)])
    refused, under_way = taken(worklist), taken(worklist)
    worklist.settle(refused, Refused(400, "no"))
    worklist.settle(under_way, Delivered())
    assert worklist.results.last_accepted == 2
    worklist.settle(taken(worklist), Delivered())
    results = worklist.finish([])
    assert [since for _, _, since in results.refused] == [Since(accepted=0, begun=2)]
    assert results.last_accepted == 3


def test_what_is_halved_unasked_was_not_refused_then() -> None:
    """What is accepted before its parts are asked shows nothing of what they are told."""
    worklist = Worklist([payload(40, 0), payload(40, 1)])
    worklist.settle(taken(worklist), Refused(413, "too large"))
    for _ in range(2):
        worklist.settle(taken(worklist), Delivered())
    part = taken(worklist)
    assert (part.events, part.since) == (20, None)
    worklist.settle(part, Refused(413, "too large"))
    assert part.since == Since(accepted=2, begun=4)


def test_posts_are_counted_on_from_an_earlier_round() -> None:
    before = Worklist([payload(1)])
    before.settle(taken(before), Delivered())
    worklist = Worklist([payload(1)], before=before.finish([]))
    worklist.settle(taken(worklist), Refused(400, "no"))
    results = worklist.finish([])
    assert [since for _, _, since in results.refused] == [Since(accepted=1, begun=2)]
    assert (results.acceptances, results.last_accepted) == (1, 1)


@pytest.mark.parametrize("statuses", [(403, 403), (403, 406)])
def test_a_post_that_is_accepted_after_all_clears_the_key_and_the_endpoint(statuses: tuple[int, int]) -> None:
    """It was on its way when eight refusals ended the invocation."""
    worklist = Worklist([payload(1, n) for n in range(MAX_DOUBTS_WITHOUT_ACCEPTANCE + 3)])
    late = taken(worklist)
    for n in range(MAX_DOUBTS_WITHOUT_ACCEPTANCE):
        worklist.settle(taken(worklist), Refused(statuses[n % 2], "no", doubtful=True))
    assert worklist.take() is None
    worklist.settle(late, Delivered())
    assert {hold.reason for _, hold in worklist.finish([]).held} == {"refused"}


def test_new_messages_come_first_then_those_to_isolate_and_none_with_others() -> None:
    receives = [2, 1, ISOLATING_RECEIVES, 1, 19, ISOLATING_RECEIVES + 5]
    listed = payloads_of([piece(1, n) for n in range(6)], receives)
    assert [[one.message for one in each.pieces] for each in listed] == [[1, 3], [2, 5], [0, 4]]


def test_parts_of_what_is_isolated_come_before_messages_that_failed_once() -> None:
    old, retried = payload(4, 0, ISOLATING_RECEIVES), payload(1, 1, 2)
    worklist = Worklist([old, retried], halvings=lambda _payload: 0)
    worklist.settle(taken(worklist), Hold("unavailable", suspect=True, status=500))
    assert [taken(worklist).pieces[0].message for _ in range(3)] == [0, 0, 1]


def test_another_part_is_the_first_one_at_every_receive() -> None:
    """Time-outs take so long that an invocation does not come to the last."""
    first = {payload(8, 0, ISOLATING_RECEIVES + n).isolated(Since())[0].pieces[0].message_ids[0] for n in range(3)}
    assert len(first) > 1


def test_what_is_isolated_is_posted_in_parts_to_begin_with() -> None:
    """Another one first at every receive; but not where the rest could not go back as a message of its own."""
    for receives in range(ISOLATING_RECEIVES, ISOLATING_RECEIVES + 4):
        worklist = Worklist([payload(8, 0, receives)])
        ids = [taken(worklist).pieces[0].message_ids[0] for _ in range(4)]
        start = 2 * (receives % 4)
        assert ids == [f"e{(start + n) % 8}" for n in (0, 2, 4, 6)]
    whole = payload(8, 0, ISOLATING_RECEIVES)
    assert taken(Worklist([whole], halvings=lambda _payload: 0)) is whole
    fresh = payload(8, 0, ISOLATING_RECEIVES - 1)
    assert taken(Worklist([fresh])) is fresh


def test_the_longest_retry_after_of_a_message_counts() -> None:
    progress = MessageProgress(message("x"))
    for after in (60.0, 600.0, None, 5.0):
        progress.held_for(Hold("unavailable", after=after))
    assert progress.hold == Hold("unavailable", after=600.0)


def test_parts_of_what_is_isolated_come_after_others_to_isolate() -> None:
    """What is accepted of them shows that Dreamdata is there."""
    listed = [payload(4, 0, ISOLATING_RECEIVES), payload(1, 1, ISOLATING_RECEIVES)]
    worklist = Worklist(listed, halvings=lambda _payload: 0)
    worklist.settle(taken(worklist), Hold("unavailable", suspect=True, status=500))
    assert taken(worklist).pieces[0].message == 1


@pytest.mark.parametrize("order", [(120.0, None), (None, 120.0), (1.0, 120.0)])
def test_all_wait_as_long_as_any_answer_asked_for(order: tuple[float | None, float | None]) -> None:
    """Which of several payloads was told of it is chance; what was not posted any more waits as long."""
    worklist = Worklist([payload(1, n) for n in range(3)])
    first, second = taken(worklist), taken(worklist)
    worklist.settle(first, Hold("unavailable", after=order[0]))
    worklist.settle(second, Hold("unavailable", after=order[1], ambiguous=True))
    results = worklist.finish([])
    assert [hold.ambiguous for _, hold in results.held] == [False, True, False]
    assert results.stopped == Hold("unavailable", after=120.0)
    bench = DeliverBench()
    collection = collect(
        [message(event(), f"m{n}") for n in range(3)], bench.telemetry, bench.clock, 60.0 + bench.clock.monotonic()
    )
    bench.deliverer._settlement().settle(collection, results, 60.0 + bench.clock.monotonic())
    assert [seconds >= 120 for _, seconds in bench.sqs.visibility] == [True] * 3


def pairs(pieces: Iterable[Piece]) -> list[tuple[int, str, bytes]]:
    """Message, id and text of each event."""
    return [
        (one.message, id_, bytes(text))
        for one in pieces
        for id_, text in zip(one.message_ids, one.events(), strict=True)
    ]


@pytest.mark.parametrize("receives", range(5))
@pytest.mark.parametrize("sizes", [(8,), (3, 9), (1, 1, 1, 1, 1, 1, 7)])
def test_events_singled_out_and_the_rest_are_all_of_the_payload(sizes: tuple[int, ...], receives: int) -> None:
    """Each of its own message, and the text is that of its id."""
    whole = Payload.of([piece(events, number, number * 100) for number, events in enumerate(sizes)], receives)
    *alone, rest = whole.singled_out(Halved(), 6)
    assert [part.events for part in alone] == [1] * 6
    assert rest.events == whole.events - 6
    assert sorted(pairs(one for part in (*alone, rest) for one in part.pieces)) == sorted(pairs(whole.pieces))


def test_other_events_are_singled_out_at_every_receive() -> None:
    """So that in the end one is accepted, if only one can be."""
    found = {
        part.pieces[0].message_ids[0]
        for receives in range(2, 12)
        for part in payload(40, 0, receives).singled_out(Halved(), 7)[:-1]
    }
    assert len(found) == 40


def test_all_parts_taken_after_all_show_that_the_refusal_was_none() -> None:
    worklist = Worklist([payload(20, 0, 2)])
    worklist.settle(taken(worklist), Refused(403, "no", doubtful=True))
    while worklist.has_more:
        worklist.settle(taken(worklist), Delivered())
    results = worklist.finish([])
    assert (results.contradicted, sum(one.events for one in results.payloads)) == (True, 20)


# -- what is counted and told


def test_the_events_that_may_have_arrived_are_added_up() -> None:
    """Of posts that were not answered and of posts still under way; others held are not among them."""
    worklist = Worklist([payload(2, 0), payload(3, 1), payload(4, 2), payload(5, 3), payload(6, 4)])
    for outcome in (Hold("error"), Hold("error", ambiguous=True), Hold("error", ambiguous=True)):
        worklist.settle(taken(worklist), outcome)
    under_way = [taken(worklist), taken(worklist)]
    assert worklist.results.ambiguous == 3 + 4
    assert worklist.finish(under_way).ambiguous == 3 + 4 + 5 + 6


def test_what_was_not_begun_waits_for_time() -> None:
    worklist = Worklist([payload(2, 0), payload(3, 1)])
    worklist.settle(taken(worklist), Delivered())
    results = worklist.finish([])
    assert results.stopped == Hold("time")
    assert [(piece.message, hold) for piece, hold in results.held] == [(1, Hold("time"))]


def test_where_nothing_is_left_nothing_stopped() -> None:
    worklist = Worklist([payload(2)])
    worklist.settle(taken(worklist), Delivered())
    assert worklist.finish([]).stopped is None


def test_what_was_not_posted_is_the_next_one_again() -> None:
    worklist = Worklist([payload(2, 0), payload(3, 1)])
    first = taken(worklist)
    worklist.give_back(first)
    assert taken(worklist) is first


@pytest.mark.parametrize(
    ("events", "halved"),
    [
        (40, True),  # as large as one that was too large
        (41, True),
        (20, False),
        # Nearly as large, and larger than any that was taken.
        (39, True),
    ],
)
def test_what_is_as_large_as_one_that_was_too_large_is_halved_unasked(events: int, halved: bool) -> None:
    worklist = Worklist([payload(40, 0), payload(events, 1)])
    worklist.settle(taken(worklist), Refused(413, "too large"))
    sizes = []
    while worklist.has_more:
        one = taken(worklist)
        if one.pieces[0].message == 1:
            sizes.append(one.events)
        worklist.settle(one, Delivered())
    assert sorted(sizes) == ([events // 2, events - events // 2] if halved else [events])


def test_what_is_as_large_as_one_that_was_too_large_is_halved_though_one_as_large_was_taken() -> None:
    """Which of the two is the rule is not known: the smaller is safe."""
    worklist = Worklist([payload(40, 0), payload(40, 1), payload(40, 2)])
    worklist.settle(taken(worklist), Delivered())
    worklist.settle(taken(worklist), Refused(413, "too large"))
    assert [taken(worklist).events for _ in range(3)] == [20, 20, 20]


def test_once_contradicted_a_round_stays_so() -> None:
    """Whatever is accepted afterwards."""
    worklist = Worklist([payload(1, 0), payload(2, 1)], confirming=lambda one: one.pieces[0].message == 0)
    first, other = sorted((taken(worklist), taken(worklist)), key=lambda one: one.events)
    worklist.settle(first, Refused(400, "no"))
    again = taken(worklist)
    worklist.settle(again, Delivered())
    worklist.settle(other, Refused(413, "too large"))
    while worklist.has_more:
        worklist.settle(taken(worklist), Delivered())
    assert worklist.finish([]).contradicted


@pytest.mark.parametrize(
    ("afters", "longest"), [((None, 5.0), 5.0), ((5.0, 7.0), 7.0), ((7.0, 5.0), 7.0), ((7.0, None), 7.0)]
)
def test_what_stopped_has_the_longest_wait_that_an_answer_asked_for(
    afters: tuple[float | None, float | None], longest: float
) -> None:
    worklist = Worklist([payload(1, 0), payload(1, 1), payload(1, 2)])
    for one, after in zip([taken(worklist), taken(worklist)], afters, strict=True):
        worklist.settle(one, Hold("unavailable", after=after))
    assert worklist.finish([]).stopped == Hold("unavailable", after=longest)


def test_a_doubt_that_is_cleared_leaves_other_holds_as_they_are() -> None:
    """A post under way was accepted after all: the key is not to blame, but a fault of the relay's own stays one."""
    worklist = Worklist(
        [payload(1, 0), payload(1, 1), *(payload(1, 2 + n) for n in range(MAX_DOUBTS_WITHOUT_ACCEPTANCE))]
    )
    fault, under_way = taken(worklist), taken(worklist)
    worklist.settle(fault, Hold("error"))
    for _ in range(MAX_DOUBTS_WITHOUT_ACCEPTANCE):
        worklist.settle(taken(worklist), Refused(403, "no", doubtful=True))
    worklist.settle(under_way, Delivered())
    reasons = {piece.message: hold.reason for piece, hold in worklist.finish([]).held}
    assert reasons[0] == "error"
    assert set(reasons.values()) <= {"error", "refused"}


def test_nothing_is_said_of_a_key_where_nothing_was_doubted() -> None:
    worklist = Worklist([payload(1, 0), payload(1, 1)])
    worklist.settle(taken(worklist), Delivered())
    worklist.settle(taken(worklist), Hold("unavailable", status=503))
    assert [hold.reason for _, hold in worklist.finish([]).held] == ["unavailable"]
