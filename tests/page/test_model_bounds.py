"""What passes unseen, what is nowhere, and what makes room when there is too much."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.page.entries import LOST, LOST_AFTER_S, VISIBILITY_S
from local.page.model import Model
from local.page.observations import (
    Came,
    Contents,
    DeadLook,
    Observation,
    Passed,
    QueueLook,
)
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


def test_an_event_that_is_nowhere_is_told_so() -> None:
    seen_once = QueueLook(START, (place("q", 0, START, contents("m")),))

    soon, later = QueueLook(START + 1, ()), QueueLook(START + 2 + LOST_AFTER_S, ())

    assert [mode(row) for row in after(seen_once, soon)] == [("queued", "")]
    assert [mode(row) for row in after(seen_once, soon, later)] == [("lost", LOST)]
    assert [mode(row) for row in after(seen_once, soon, later, received("m", START + 1))] == [("delivered", "")]


def test_only_the_newest_rows_are_kept() -> None:
    model = Model(max_rows=3)
    for number in range(10):
        model.take([received(f"m-{number}", START + number, number, f"p-{number}")])

    assert [row.message_id for row in model.shown.since(0)] == ["m-7", "m-8", "m-9"]
    assert (model.forgotten, sum(model.shown.counts.values())) == (7, 3)


def test_open_events_are_kept_before_delivered_ones() -> None:
    """The tiles of what waits say what the queue's counters say, however much is delivered meanwhile."""
    model = Model(max_rows=5)
    model.take([QueueLook(START, (place("q", 0, START, contents("held-1", "held-2")),))])
    model.take([DeadLook(START, (letter("l", contents("dead-1")),))])
    for number in range(10):
        model.take([received(f"m-{number}", START + number, number, f"p-{number}")])

    assert {row.message_id for row in model.shown.since(0)} == {"held-1", "held-2", "dead-1", "m-8", "m-9"}
    assert (model.forgotten, model.forgotten_delivered) == (8, 8)
    # Where there is room for open ones only, the oldest go.
    model.take([QueueLook(START + 1, (place("q2", 0, START, contents(*(f"new-{number}" for number in range(4)))),))])
    assert [row.state for row in model.shown.since(0)].count("delivered") == 0
    assert model.shown.counts["delivered"] == 0


def test_a_letter_that_was_purged_is_lost_from_view() -> None:
    dead = DeadLook(START, (letter("l", contents("m")),))
    purged = DeadLook(START + 5, ())

    assert [mode(row) for row in after(dead, purged)] == [("dead", "type_unknown")]
    later = DeadLook(START + 6 + LOST_AFTER_S, ())
    assert [mode(row) for row in after(dead, purged, later)] == [("lost", LOST)]
    # Moved back by hand, and only then deleted.
    back = QueueLook(START + 4, (place("q", 0, START + 4, contents("m", sent_at=START + 4)),))
    still = QueueLook(START + 6 + LOST_AFTER_S, back.places)
    assert [mode(row) for row in after(dead, back, purged, later, still)] == [("queued", "")]


def passed(message: str, at: float, of: Contents) -> Passed:
    return Passed(at, place(message, 1, at + VISIBILITY_S, of))


def test_an_event_that_no_look_saw_was_seen_when_it_passed() -> None:
    first, second = QueueLook(START, ()), QueueLook(START + 2, ())
    passes = passed("q", START + 1, contents("m"))

    for seen_so in ((first, passes, second), (first, second, passes)):
        [row] = after(*seen_so, received("m", START + 1.5))
        assert (row.state, row.way, row.lag_seconds, row.tries) == ("delivered", "queue", 1.5, 1)
        assert [mode(row) for row in after(*seen_so)] == [("queued", "")]
        assert [mode(row) for row in after(*seen_so, QueueLook(START + 3 + LOST_AFTER_S, ()))] == [("lost", LOST)]


def test_an_event_that_was_accepted_is_a_row_before_it_is_on_the_queue() -> None:
    came = Came(START, (seen("m", b""),))

    [row] = after(came)
    assert (row.state, row.way, row.taken_at) == ("queued", "http", "1970-01-12T13:46:40.000Z")
    [row] = after(came, QueueLook(START + 1, (place("q", 0, START + 1, contents("m")),)))
    assert (row.state, row.way) == ("queued", "queue")
    # What is answered 200 and then nowhere is the relay's worst fault.
    [row] = after(came, QueueLook(START + 1 + LOST_AFTER_S, ()))
    assert mode(row) == ("lost", LOST)


@given(sightings(), st.randoms(use_true_random=False))
def test_what_is_seen_passing_changes_no_end(found: tuple[list[Story], list[Observation]], random: Any) -> None:
    told, observations = found
    more: list[Observation] = [Came(story.of.sent_at - 0.5, story.of.events) for story in told if random.random() < 0.5]
    for story in told:
        at, receives, visible_at = story.stays[-1]
        if receives:
            more.append(Passed(at, place(story.message, receives, visible_at, story.of)))
    both = [*observations, *more]
    random.shuffle(both)

    ends = [(row.message_id, row.state) for row in after(*both)]

    assert ends == [(row.message_id, row.state) for row in after(*observations)]


def test_only_so_much_text_is_kept() -> None:
    model = Model(max_text_bytes=250)
    for number in range(5):
        event = seen(f"m-{number}", b"x" * 100)
        model.take([QueueLook(START + number, (place(f"q{number}", 0, START, Contents((event,), "queue", START)),))])

    kept = [len(entry.event.text) for row in model.shown.since(0) if (entry := model.entry(row.key))]
    assert sorted(kept) == [0, 0, 0, 100, 100]
