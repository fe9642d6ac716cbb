"""What the parameters of data control add to a month; no event costs more by them."""

from collections.abc import Mapping, Sequence

from benchmarks.costs import month, prices
from benchmarks.costs.month import Dollars
from benchmarks.costs.prices import GB, PRICES
from benchmarks.costs.stack import Stack
from benchmarks.parts import Cell, Part
from dreamdata_relay.limits import MAX_LIST_AGE_S, MAX_SUPPRESSION_ENTRIES
from dreamdata_relay.privacy.suppression import ENTRY_BYTES

# The list is taken for full, and for changed once a day.
LIST_BYTES = MAX_SUPPRESSION_ENTRIES * ENTRY_BYTES
CHANGES_A_DAY = 1
_KEYS, _LIST = "PrivacyKeys=own", "Suppression=hold"


def added(stack: Stack) -> Mapping[str, Dollars]:
    """Dollars a month by parameter and part; the second parameter needs the first."""
    lists = 1 + CHANGES_A_DAY * stack.list_days
    units = {
        _KEYS: {
            prices.SECRETS: stack.privacy_secrets,
            prices.KEY_FETCHES: month.WARM_ENVIRONMENTS * month.MONTH_S / month.KEY_AGE_S,
            prices.ALARMS: stack.privacy_alarms,
        },
        _LIST: {
            # What has not changed is a request, too, but nothing is sent.
            prices.LIST_READS: month.WARM_ENVIRONMENTS * month.MONTH_S / MAX_LIST_AGE_S,
            prices.LIST_STORAGE: lists * LIST_BYTES / GB,
        },
    }
    return {
        parameter: {name: PRICES[name].of(amount) for name, amount in parts.items()}
        for parameter, parts in units.items()
    }


def table(stack: Stack, months: Sequence[int]) -> Part:
    """By parameter and part, and what that is for a million events where there are so many million a month."""
    found = added(stack)
    rows = [_row(parameter, name, dollars, months)
            for parameter, parts in found.items() for name, dollars in parts.items()]  # fmt: skip
    rows.append(_row("both", "sum", sum(sum(parts.values()) for parts in found.values()), months))
    return Part("data-control", "Dollars that data control adds, without an event", rows)


def _row(parameter: str, part: str, dollars: float, months: Sequence[int]) -> Mapping[str, Cell]:
    each: dict[str, Cell] = {f"$ a million at {one:,} million": dollars / one for one in months}
    return {"parameter": parameter, "part": part, "$ a month": dollars, **each}
