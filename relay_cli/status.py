"""What `relay status` tells of what it has looked at: a sentence, figures, and what wants attention."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from relay_cli.alarms import Alarm
from relay_cli.deliver_facts import DeliverFacts, Failing
from relay_cli.headlines import headline, silent_since, waiting
from relay_cli.key_state import KeyState
from relay_cli.log_lines import Line
from relay_cli.moments import clock, dead_letters, messages
from relay_cli.runbook import DELIVER_FAILS, NOT_READ, SECTIONS, Section, section_of


@dataclass(frozen=True)
class Status:
    """``queue`` and ``dead_letters`` in messages; ``rates`` in events or requests over the window.

    ``held``: how often in the window messages were held, not how many are. ``untold``: what keeps alarms from being
    heard though they should be; ``notes``: what is so by choice or no fault of the relay. ``unread``: why the queue is
    not read, empty where it is or nobody may tell. Facts go back ``look_back``.
    """

    at: datetime
    queue: dict[str, int]
    dead_letters: int
    rates: dict[str, int]
    held: int
    facts: DeliverFacts
    key: KeyState
    alarms: list[Alarm]
    reading: bool | None
    unread: str
    trouble: list[Line]
    untold: list[str]
    notes: list[str]
    look_back: timedelta

    @property
    def count(self) -> int:
        """How many messages are on the queue, hidden ones included."""
        return sum(self.queue.values())

    @property
    def oldest_s(self) -> int | None:
        """For how long the oldest of what is held may have been on the queue; None where nothing is."""
        return self.facts.oldest_s if self.count else None

    @cached_property
    def headline(self) -> str:
        """The state in a sentence."""
        back = int(self.look_back.total_seconds())
        return headline(self.count, self.unread, self.key, self.facts, self.at, back)

    @cached_property
    def wants(self) -> list[str]:
        """What somebody should see to, a line each; empty when all is well."""
        found = [self.key.want] if self.key.want else []
        if self.unread:
            found.append(f"the deliver function does not read the queue, {self.unread}: {_see(NOT_READ)}")
        if self.count and self.facts.held:
            why = waiting(self.facts, self.at)
            lasting = [reason for reason, at in self.facts.reasons.items() if not self.facts.is_over(reason, at)]
            found.append(f"{messages(self.count)} on the queue, some {why}: {_see(section_of(lasting))}")
        elif self.count and not self.unread and self.facts.silent:
            last = silent_since(self.facts, self.at, int(self.look_back.total_seconds()))
            found.append(
                f"{messages(self.count)} on the queue, and the deliver function has said nothing {last}:"
                f" {_see(NOT_READ)}"
            )
        if self.count and self.facts.bad_ends:
            bad = self.facts.bad_ends[-1]
            found.append(
                f"the deliver function's {bad.text} at {clock(bad.at, self.at)}: its messages come back after seven"
                f" minutes, {_see(DELIVER_FAILS)}"
            )
        if self.dead_letters:
            found.append(f"{dead_letters(self.dead_letters)}: relay dead list")
        # Of a template that is newer than this command there may be more.
        found += [
            f"alarm {alarm.name}: see {SECTIONS.get(alarm.logical, 'docs/operations.md')}" for alarm in self.alarms
        ]
        return found + self.untold

    def shown(self) -> dict[str, object]:
        """What `--json` prints; times are UTC."""
        failing, delivery = self.facts.failing, self.facts.delivery
        return {
            "time": self.at.isoformat(timespec="milliseconds"),
            "headline": self.headline,
            "queue": self.queue,
            "dead_letters": self.dead_letters,
            "events": self.rates,
            "times_held": self.held,
            "oldest_seconds": self.oldest_s,
            "last_delivery": None if delivery is None else delivery.at.isoformat(),
            "last_hold": None if self.facts.last_hold is None else self.facts.last_hold.at.isoformat(),
            "tried_again_by": self.facts.tried_by.isoformat() if self.count and self.facts.tried_by else None,
            "answers_since": None if failing is None else _answers_since(failing),
            "held_for": {reason: at.isoformat() for reason, at in self.facts.reasons.items()} if self.count else {},
            "dreamdata_key": {"state": self.key.state, "told": self.key.told},
            "alarms": [alarm.name for alarm in self.alarms],
            "reading_queue": self.reading,
            "trouble": [line.shown() for line in self.trouble],
            "wants": self.wants,
            "notes": self.notes,
        }


def _see(section: Section) -> str:
    return f"see docs/operations.md, {section.title}"


def _answers_since(failing: Failing) -> dict[str, object]:
    return {"answers": failing.answers, "since": failing.since.at.isoformat(), "last": failing.last.at.isoformat()}
