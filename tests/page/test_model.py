"""A row for each event, whatever was seen of it, how often, and in which order."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from local.page.entries import LOST, LOST_AFTER_S, VISIBILITY_S
from local.page.model import Model
from local.page.observations import (
    Came,
    Contents,
    DeadLook,
    Held,
    Lag,
    Letter,
    Observation,
    Passed,
    Place,
    QueueLook,
    Received,
    SeenEvent,
)
from local.page.rows import STATES, Row

START = 1_000_000.0
END = START + 1_000


def seen(name: str, text: bytes = b"{}") -> SeenEvent:
    return SeenEvent(message_id=name, mark="", text=text, type="track", name="Paid", user="u")


def contents(*names: str, sent_at: float = START, rest: bool = False) -> Contents:
    return Contents(tuple(map(seen, names)), "queue", sent_at, rest)


def place(message: str, receives: int, visible_at: float, of: Contents) -> Place:
    return Place(message, receives, visible_at, of)


def letter(message: str, of: Contents, code: str = "type_unknown") -> Letter:
    return Letter(message, of, (("error_code", code),))


def received(name: str, at: float, index: int = 0, payload: str = "p-1") -> Received:
    return Received(index, at, payload, seen(name, b""))


def rows_of(model: Model) -> list[Row]:
    """All rows, but for their versions, by key."""
    rows = [msgspec.structs.replace(row, version=0) for row in model.shown.since(0)]
    return sorted(rows, key=lambda row: row.key)


def after(*observations: Observation) -> list[Row]:
    model = Model()
    for observation in observations:
        model.take([observation])
    return rows_of(model)


@dataclass
class Story:
    """What one message went through: (time, receives, visible_at) since then, and what of it is elsewhere from when."""

    message: str
    of: Contents
    stays: list[tuple[float, int, float]] = field(default_factory=list)
    gone_at: float | None = None
    letter_at: float | None = None
    others: list[Observation] = field(default_factory=list)

    def at(self, now: float) -> list[Place]:
        if now < self.of.sent_at or (self.gone_at is not None and now >= self.gone_at):
            return []
        _, receives, visible_at = max(stay for stay in self.stays if stay[0] <= now)
        return [place(self.message, receives, visible_at, self.of)]

    def letters(self, now: float) -> list[Letter]:
        is_there = self.letter_at is not None and now >= self.letter_at
        return (
            [letter(f"letter-{self.message}", contents(*self.names, sent_at=self.letter_at or 0))] if is_there else []
        )

    @property
    def names(self) -> list[str]:
        return [event.message_id for event in self.of.events]


@st.composite
def stories(draw: st.DrawFn) -> list[Story]:
    found = []
    index = 0
    for number in range(draw(st.integers(1, 4))):
        now = START + draw(st.integers(0, 30))
        names = [f"m{number}-{count}" for count in range(draw(st.integers(1, 3)))]
        story = Story(f"message-{number}", contents(*names, sent_at=now))
        story.stays.append((now, 0, now))
        for tried in range(1, draw(st.integers(0, 3)) + 1):
            now += draw(st.integers(1, 20))
            story.stays.append((now, tried, now + VISIBILITY_S))
            now += draw(st.integers(1, 5))
            delay = draw(st.integers(15, 30))
            story.stays.append((now, tried, now + delay))
            story.others.append(Held(now, (draw(st.sampled_from(["unavailable", "ambiguous"])),)))
            now += delay
        end = draw(st.sampled_from(["delivered", "dead", "waits", "passes"]))
        if end in ("delivered", "passes"):
            for name in names:
                story.others.append(received(name, now + 1, index, f"p{number}"))
                index += 1
            story.others.append(Lag(now + 1, f"p{number}", 7.0))
            story.gone_at = now + 2
        if end == "dead":
            story.letter_at, story.gone_at = now + 1, now + 2
        found.append(story)
    return found


@st.composite
def sightings(draw: st.DrawFn) -> tuple[list[Story], list[Observation]]:
    """Stories, and what was seen of them in the order of time; the last looks are after all of it."""
    told = draw(stories())
    times = sorted({START + draw(st.integers(0, 250)) for _ in range(draw(st.integers(0, 25)))})
    seen_then: list[tuple[float, Observation]] = []
    for now in [*times, END]:
        seen_then.append((now, QueueLook(now, tuple(place for story in told for place in story.at(now)))))
        seen_then.append((now, DeadLook(now, tuple(letter for story in told for letter in story.letters(now)))))
    for story in told:
        for other in story.others:
            assert isinstance(other, Received | Held | Lag)
            seen_then.append((other.at, other))
    return told, [observation for _, observation in sorted(seen_then, key=lambda pair: pair[0])]


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


def mode(row: Row) -> tuple[str, str]:
    return row.state, row.reason


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


def test_an_event_that_is_nowhere_is_told_so() -> None:
    seen_once = QueueLook(START, (place("q", 0, START, contents("m")),))

    soon, later = QueueLook(START + 1, ()), QueueLook(START + 2 + LOST_AFTER_S, ())

    assert [mode(row) for row in after(seen_once, soon)] == [("queued", "")]
    assert [mode(row) for row in after(seen_once, soon, later)] == [("lost", LOST)]
    assert [mode(row) for row in after(seen_once, soon, later, received("m", START + 1))] == [("delivered", "")]


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
