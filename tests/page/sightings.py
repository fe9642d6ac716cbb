"""What the observer may see of a few events, in the order of time; and the rows that the model makes of it."""

from dataclasses import dataclass, field

import msgspec
from hypothesis import strategies as st

from local.page.entries import VISIBILITY_S
from local.page.model import Model
from local.page.observations import (
    Contents,
    DeadLook,
    Held,
    Lag,
    Letter,
    Observation,
    Place,
    QueueLook,
    Received,
    SeenEvent,
)
from local.page.rows import Row

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


def mode(row: Row) -> tuple[str, str]:
    return row.state, row.reason
