"""Words what `relay status` found: a sentence, figures, and what wants attention."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from relay_cli.account import Account
from relay_cli.alarms import Alarm
from relay_cli.deliver_facts import DeliverFacts
from relay_cli.headlines import Seen, headline, silent_since, waiting
from relay_cli.key_state import KeyState
from relay_cli.log_lines import Line
from relay_cli.moments import clock, dead_letters, messages
from relay_cli.runbook import DELIVER_FAILS, NOT_READ, RULES, SECTIONS, Section, sections_of
from relay_cli.to_type import to_type


@dataclass(frozen=True)
class Status:
    """``queue`` and ``dead_letters`` count messages; ``rates`` count events or requests in the window, of
    which ``account`` is the sum.

    ``held``: how often messages were held in the window, not how many. ``untold``: why alarms that should notify
    somebody do not; ``notes``: what is so by choice or is no fault of the relay. ``unread``: why the queue is not read,
    empty if it is or if that is unknown. Facts go back ``look_back``; without ``logged`` they come from counts alone.
    What could not be read is None, with its reason in ``unknown``; without ``rates`` there are no facts.
    """

    at: datetime
    queue: dict[str, int] | None
    dead_letters: int | None
    rates: dict[str, int] | None
    account: Account | None
    held: int | None
    facts: DeliverFacts
    key: KeyState
    alarms: list[Alarm]
    reading: bool | None
    unread: str
    trouble: list[Line]
    untold: list[str]
    notes: list[str]
    logged: bool
    unknown: list[str]
    look_back: timedelta

    @property
    def count(self) -> int | None:
        """Return the number of messages on the queue, including hidden ones."""
        return None if self.queue is None else sum(self.queue.values())

    @property
    def known_facts(self) -> DeliverFacts | None:
        """Return the facts, or None if the functions' counts could not be read."""
        return None if self.rates is None else self.facts

    @property
    def oldest_s(self) -> int | None:
        """Return for how many seconds the oldest held message may have been on the queue; None if nothing is held."""
        return self.known_facts.holding.oldest_s if self.known_facts and self.count != 0 else None

    @property
    def tried_by(self) -> datetime | None:
        """Return by when everything held is tried again."""
        return self.known_facts.holding.tried_by if self.known_facts and self.count != 0 else None

    @cached_property
    def headline(self) -> str:
        """Return the state in one sentence."""
        return headline(Seen(self.at, self.count, self.unread, self.key, self.known_facts, self.logged, self._back_s))

    @cached_property
    def wants(self) -> list[str]:
        """Return what somebody should see to, one line each."""
        found = [self.key.want] if self.key.want else []
        if self.unread:
            found.append(f"the deliver function does not read the queue, {self.unread}: {_see(NOT_READ)}")
        if self.known_facts and self.count != 0:
            found += self._wants_of(self.known_facts)
        if self.account and self.account.is_unruled:
            found.append(f"the privacy rules cannot run, or the suppression list is not read: {_see(RULES)}")
        if self.dead_letters:
            found.append(f"{dead_letters(self.dead_letters)}: {to_type('dead list')}")
        # Of a template that is newer than this command there may be more.
        found += [
            f"alarm {alarm.name}: see {SECTIONS.get(alarm.logical, 'docs/operations.md')}" for alarm in self.alarms
        ]
        return found + self.untold

    @property
    def _back_s(self) -> int:
        return int(self.look_back.total_seconds())

    def _wants_of(self, facts: DeliverFacts) -> list[str]:
        """Return what wants attention about the messages on the queue."""
        holding, found = facts.holding, []
        on_queue = "what is on the queue is not known" if self.count is None else f"{messages(self.count)} on the queue"
        if holding.held:
            lasting = [reason for reason, at in holding.reasons.items() if not holding.is_over(reason, at)]
            found.append(f"{on_queue}, some were {waiting(holding, self.at, self.key)}: {_see(*sections_of(lasting))}")
        elif not self.unread and facts.silent and self.logged:
            last = silent_since(facts, self.at, self._back_s)
            found.append(f"{on_queue}, and the deliver function has said nothing {last}: {_see(NOT_READ)}")
        if facts.bad_ends:
            bad = facts.bad_ends[-1]
            found.append(
                f"the deliver function's {bad.text} at {clock(bad.at, self.at)}: its messages come back after seven"
                f" minutes, {_see(DELIVER_FAILS)}"
            )
        return found

    def shown(self) -> dict[str, object]:
        """Return its JSON; times are UTC, unknown values are null."""
        facts = self.known_facts
        delivery, failing = (facts.delivery, facts.failing) if facts else (None, None)
        held_for = facts.holding.reasons if facts and self.count != 0 else {}
        return {
            "time": self.at.isoformat(timespec="milliseconds"),
            "headline": self.headline,
            "queue": self.queue,
            "dead_letters": self.dead_letters,
            "events": self.rates,
            "account": self.account.shown() if self.account else None,
            "times_held": self.held,
            "oldest_seconds": self.oldest_s,
            "last_delivery": None if delivery is None else delivery.at.isoformat(),
            "last_hold": facts.last_hold.at.isoformat() if facts and facts.last_hold else None,
            "tried_again_by": self.tried_by.isoformat() if self.tried_by else None,
            "answers_since": failing.shown() if failing else None,
            "held_for": {reason: at.isoformat() for reason, at in held_for.items()},
            "dreamdata_key": {"state": self.key.state, "told": self.key.told},
            "alarms": [alarm.name for alarm in self.alarms],
            "reading_queue": self.reading,
            "trouble": [line.shown() for line in self.trouble],
            "wants": self.wants,
            "notes": self.notes,
            "unknown": self.unknown,
        }


def _see(*sections: Section) -> str:
    return f"see docs/operations.md, {', and '.join(section.title for section in sections)}"
