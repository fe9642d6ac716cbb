"""The account of a window: what came over HTTP, and what became of events meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay_cli.readings import Readings

_FUNCTIONS = ("ingest", "deliver")
# A function whose rules cannot run says so at each try; of an hour ago they may run again.
_STILL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Account:
    """Numbers of events. ``came``: over HTTP, refused and dropped ones included; ``dropped_by`` names the rules.

    ``unruled`` counts requests and messages for which the privacy rules could not run, ``is_unruled``: just now.
    """

    came: int
    delivered: int
    dead_lettered: int
    dropped: int
    suppressed: int
    repeated: int
    dropped_by: Mapping[str, int]
    unruled: int
    is_unruled: bool

    @property
    def rest(self) -> int:
        """Return what is left: what waits; below zero what waited before, was moved back, or came another way."""
        return self.came - self.delivered - self.dead_lettered - self.dropped - self.suppressed - self.repeated

    @property
    def sentence(self) -> str:
        """Return it as a sum."""
        ends = {
            "delivered": self.delivered,
            "dead-lettered": self.dead_lettered,
            "dropped by rules": self.dropped,
            "suppressed": self.suppressed,
            "repeats": self.repeated,
            "waiting": max(self.rest, 0),
        }
        parts = [f"{count} {name}" for name, count in ends.items() if count or name == "delivered"]
        others = f" - {-self.rest} from before, moved back or sent another way" if self.rest < 0 else ""
        return f"{self.came} over HTTP = {' + '.join(parts)}{others}"

    def shown(self) -> dict[str, object]:
        """Return its JSON: ``came`` is the sum of the others but ``dropped_by`` and ``rules_unavailable``."""
        return {
            "came": self.came,
            "delivered": self.delivered,
            "dead_lettered": self.dead_lettered,
            "dropped": self.dropped,
            "suppressed": self.suppressed,
            "repeated": self.repeated,
            "waiting_or_other": self.rest,
            "dropped_by": dict(self.dropped_by),
            "rules_unavailable": self.unruled,
        }


def account_of(counts: Readings, since: datetime, now: datetime) -> Account:
    """Return the account of what was counted since ``since``."""

    def total(metric: str, *functions: str) -> int:
        return sum(counts.total(metric, function, since) for function in functions)

    refused, suppressed = total("EventsRefused", "ingest"), total("EventsSuppressed", "ingest")
    by_rule: dict[str, int] = {}
    for function in _FUNCTIONS:
        for rule, count in counts.by_rule(function, since).items():
            by_rule[rule] = by_rule.get(rule, 0) + count
    last = [one for function in _FUNCTIONS if (one := counts.last("RulesUnavailable", function))]
    return Account(
        came=total("EventsAccepted", "ingest") + refused + total("EventsDropped", "ingest") + suppressed,
        delivered=total("EventsDelivered", "deliver"),
        dead_lettered=refused + total("EventsRefused", "deliver"),
        dropped=total("EventsDropped", *_FUNCTIONS),
        suppressed=suppressed + total("EventsSuppressed", "deliver"),
        # Those that ingest left out it has not counted as accepted.
        repeated=total("EventsRepeated", "deliver"),
        dropped_by=dict(sorted(by_rule.items(), key=lambda item: (-item[1], item[0]))),
        unruled=total("RulesUnavailable", *_FUNCTIONS),
        is_unruled=any(one.end > now - _STILL - timedelta(seconds=counts.late_s) for one in last),
    )
