"""A row for each event, whatever was seen of it, how often, and in which order."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.page.entries import VISIBILITY_S
from local.page.model import Model
from local.page.observations import (
    Contents,
    DeadLook,
    Held,
    Lag,
    Observation,
    QueueLook,
    Received,
    SeenEvent,
)
from local.page.rows import STATES, Row
from tests.page.sightings import (
    START,
    Story,
    after,
    contents,
    letter,
    mode,
    place,
    received,
    seen,
    sightings,
)


@given(sightings())
def test_there_is_one_row_for_each_event_that_was_seen(found: tuple[list[Story], list[Observation]]) -> None:
    told, observations = found

    ids = [row.message_id for row in after(*observations)]

    assert sorted(ids) == sorted(name for story in told for name in story.names)


@given(sightings())
def test_every_row_ends_where_its_event_is(found: tuple[list[Story], list[Observation]]) -> None:
    told, observations = found
    states = {row.message_id: row.state for row in after(*observations)}

    for story in told:
        if any(isinstance(other, Received) for other in story.others):
            expected = "delivered"
        elif story.letter_at is not None:
            expected = "dead"
        else:
            expected = "held" if story.stays[-1][1] else "queued"
        assert {states[name] for name in story.names} == {expected}


@given(sightings(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_seen_does_not_matter_in_the_end(
    found: tuple[list[Story], list[Observation]], random: Any
) -> None:
    observations = found[1]
    shuffled = observations[:]
    random.shuffle(shuffled)

    assert after(*shuffled) == after(*observations)


@given(sightings())
def test_seen_twice_is_as_seen_once(found: tuple[list[Story], list[Observation]]) -> None:
    observations = found[1]
    assert after(*observations, *observations) == after(*observations)


@given(sightings())
def test_states_only_move_forward(found: tuple[list[Story], list[Observation]]) -> None:
    """From the queue to a hold and to an end, never back; nothing here is moved back by hand."""
    model = Model()
    last: dict[str, int] = {}
    order = {"queued": 0, "held": 1, "delivered": 2, "dead": 2, "lost": 3}
    for observation in found[1]:
        model.take([observation])
        for row in model.shown.since(0):
            assert order[row.state] >= last.get(row.key, 0)
            last[row.key] = order[row.state]


@given(sightings())
def test_counts_add_up_and_versions_grow(found: tuple[list[Story], list[Observation]]) -> None:
    model = Model()
    known: dict[str, Row] = {}
    for observation in found[1]:
        before = model.shown.version
        model.take([observation])
        changed = model.shown.since(before)
        known |= {row.key: row for row in changed}
        assert all(row.version > before for row in changed)
        # Who only hears of changes knows everything.
        assert sorted(known.values(), key=lambda row: row.version) == model.shown.since(0)
        assert model.shown.counts == {state: sum(row.state == state for row in known.values()) for state in STATES}


def test_an_event_that_passed_between_two_looks_has_the_lag_that_deliver_counted() -> None:
    [row] = after(received("m", START + 9), Lag(START + 9, "p-1", 2.5))

    assert (row.state, row.lag_seconds, row.way, row.tries) == ("delivered", 2.5, "", 1)
    assert row.taken_at < (row.delivered_at or "")


def test_an_event_is_queued_while_it_is_tried_for_the_first_time() -> None:
    of = contents("m")
    first = QueueLook(START + 1, (place("q", 1, START + 1 + VISIBILITY_S, of),))
    later = QueueLook(START + 60, (place("q", 1, START + 1 + VISIBILITY_S, of),))
    stuck = QueueLook(START + 100, (place("q", 1, START + 1 + VISIBILITY_S, of),))

    assert [mode(row) for row in after(first, later)] == [("queued", "")]
    # No invocation takes so long: it ended without an answer.
    assert [row.state for row in after(first, later, stuck)] == ["held"]


def test_a_held_event_says_why_and_when_it_is_tried_again() -> None:
    of = contents("m")
    in_work = QueueLook(START + 1, (place("q", 1, START + 1 + VISIBILITY_S, of),))
    held = QueueLook(START + 2, (place("q", 1, START + 20, of),))
    again = QueueLook(START + 21, (place("q", 2, START + 21 + VISIBILITY_S, of),))
    line = Held(START + 1.9, ("unavailable",))

    [row] = after(in_work, held, line)
    assert (row.state, row.reason, row.next_try_at, row.tries) == ("held", "unavailable", "1970-01-12T13:47:00.000Z", 1)
    [row] = after(in_work, line, held, again)
    assert (row.state, row.next_try_at, row.tries) == ("held", None, 2)


def test_the_last_try_counts_although_no_look_saw_it() -> None:
    held = QueueLook(START + 2, (place("q", 1, START + 20, contents("m")),))

    delivered = received("m", START + 21)

    # Also before the next look at the queue.
    for looks in ((), (QueueLook(START + 22, ()),)):
        [row] = after(held, delivered, *looks)
        assert (row.state, row.tries) == ("delivered", 2)
    again = place("q", 2, START + 20.5 + VISIBILITY_S, contents("m"))
    [row] = after(held, delivered, QueueLook(START + 21.5, (again,)), QueueLook(START + 22, ()))
    assert row.tries == 2


def test_what_deliver_refused_was_tried_and_what_ingest_refused_was_not() -> None:
    def dead(way: str, code: str) -> Observation:
        return DeadLook(START, (letter("l", Contents((seen("m"),), way, START), code),))

    tries = [
        after(dead(*how))[0].tries
        for how in (
            ("queue", "type_unknown"),
            ("http:default", "refused_by_dreamdata"),
            ("http:default", "type_unknown"),
        )
    ]
    assert tries == [1, 1, 0]


def test_a_hold_of_another_time_is_not_the_reason() -> None:
    held = QueueLook(START + 100, (place("q", 1, START + 120, contents("m")),))

    assert [row.reason for row in after(Held(START + 50, ("time",)), held, Held(START + 140, ("error",)))] == [""]


def test_the_rest_of_a_message_that_was_split_is_the_same_event_held() -> None:
    whole = QueueLook(START, (place("q", 0, START, contents("m-1", "m-2")),))
    rest = QueueLook(START + 3, (place("q2", 0, START + 20, contents("m-2", rest=True)),))

    rows = {row.message_id: row for row in after(whole, received("m-1", START + 2), Held(START + 2, ("time",)), rest)}

    assert {name: mode(row) for name, row in rows.items()} == {"m-1": ("delivered", ""), "m-2": ("held", "time")}


def test_an_event_that_arrived_twice_was_delivered_at_the_first() -> None:
    [row] = after(received("m", START + 9, 5, "p-2"), received("m", START + 1, 0, "p-1"))

    assert row.payload == "p-1"


def test_a_dead_letter_moved_back_is_on_its_way_again() -> None:
    dead = DeadLook(START, (letter("l", contents("m")),))
    back = QueueLook(START + 5, (place("q", 0, START + 5, contents("m", sent_at=START + 5)),))

    assert [row.state for row in after(dead, DeadLook(START + 5, ()), back)] == ["queued"]
    assert [row.state for row in after(dead, back, received("m", START + 6))] == ["delivered"]
    again = DeadLook(START + 9, (letter("l2", contents("m", sent_at=START + 8)),))
    assert [row.state for row in after(dead, DeadLook(START + 5, ()), back, again)] == ["dead"]


def bad(sent_at: float, *marks: str) -> Contents:
    """Events that are refused and have no id, told apart by their texts."""
    events = tuple(SeenEvent("", mark, mark.encode(), "", "", "") for mark in marks)
    return Contents(events, "queue", sent_at)


def test_a_refused_event_without_an_id_is_one_row_on_the_queue_and_after() -> None:
    on_queue = QueueLook(START, (place("q", 0, START, bad(START, "x", "y")),))
    dead = DeadLook(START + 1, (letter("l1", bad(START + 1, "x")), letter("l2", bad(START + 1, "y"))))

    for rows in (after(on_queue, dead), after(dead, on_queue)):
        assert [row.state for row in rows] == ["dead", "dead"]


def test_the_same_bad_text_twice_is_two_rows() -> None:
    on_queue = QueueLook(START, (place("q1", 0, START, bad(START, "x")), place("q2", 0, START, bad(START, "x", "x"))))
    dead = DeadLook(START + 1, tuple(letter(f"l{n}", bad(START + 1, "x")) for n in range(3)))

    assert len(after(on_queue)) == 3
    assert [row.state for row in after(on_queue, dead)] == ["dead"] * 3
    assert [row.state for row in after(dead, on_queue)] == ["dead"] * 3


def test_a_bad_event_without_an_id_that_is_moved_back_stays_one_row() -> None:
    dead = DeadLook(START, (letter("l1", bad(START, "x")),))
    back = QueueLook(START + 5, (place("q", 0, START + 5, bad(START + 5, "x")),))
    again = DeadLook(START + 6, (letter("l2", bad(START + 6, "x")),))

    assert [row.state for row in after(dead, DeadLook(START + 4, ()), back)] == ["queued"]
    assert [row.state for row in after(dead, DeadLook(START + 4, ()), back, again)] == ["dead"]
