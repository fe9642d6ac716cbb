"""Events whose content makes Dreamdata fail or refuse, and what it may then be said to have done with them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.invocations import Invocation

REFUSING = ("400", "422", "403", "406", "409", "414", "431", "451")
FAILING = ("500", "503", "timeout", "reset")
KINDS = (*REFUSING, *FAILING)

# Statuses whose refusal of everything, for hours, is believed in the end; any other may be of the key or the way.
OF_THE_EVENTS = frozenset({400, 413, 422})
# The rule says about 20 receives before a failure is taken for the event's own.
_FAILED_RECEIVES = 15
_HOURS_S = 2 * 3600.0
_RECEIVES_OF_HOURS = 4


@dataclass(frozen=True)
class Rejection:
    """One post that Dreamdata refused (``status``) or failed on, as one of its events sees it."""

    invocation: "Invocation"
    status: int | None
    alone: bool
    failed: bool
    moment: float


def believable(rejections: list[Rejection], receives: int, now: float) -> str | None:
    """Why an event may not be dead-lettered as refused by Dreamdata, which did ``rejections``; None: it may."""
    alone = [rejection for rejection in rejections if rejection.alone]
    runs = {id(r.invocation) for r in alone}
    refused = {id(r.invocation) for r in alone if not r.failed}
    beside = {id(r.invocation) for r in alone if r.invocation.accepted}
    # Confirmed on a later receive, where nothing else may be left to be accepted beside it.
    if refused & beside and len(refused) >= 2:
        return None
    if beside and len(runs) >= 2 and receives >= _FAILED_RECEIVES:
        return None
    lonely = [r for r in rejections if r.status in OF_THE_EVENTS and not r.invocation.accepted]
    if lonely and now - lonely[0].moment >= _HOURS_S and len({id(r.invocation) for r in lonely}) >= _RECEIVES_OF_HOURS:
        return None
    if not alone:
        return "Dreamdata never refused it alone"
    return (
        f"Dreamdata refused it alone on {len(refused)} receives, failed on it on {len(runs - refused)},"
        f" {len(beside)} of them beside an acceptance (received {receives} times)"
    )
