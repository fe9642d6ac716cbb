"""Describes the Dreamdata key: what the secret holds, and what Dreamdata last answered to it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from relay_cli.deliver_facts import DeliverFacts
from relay_cli.dreamdata_key import DELETED, STATES, in_words
from relay_cli.key_answers import REMEMBERED, is_forgotten
from relay_cli.moments import clock, clock_of
from relay_cli.to_type import to_type

PRESENT = "present"
TAKEN, REFUSED, NEW, UNASKED, UNKNOWN = "taken", "refused", "new", "unasked", "unknown"
# The function asks for the secret anew at most every so often when a key is refused; one invocation may go on besides.
_READ_AGAIN = timedelta(seconds=30 + 60)


@dataclass(frozen=True, slots=True)
class KeyState:
    """``state`` is ``taken``, ``refused``, ``new``, ``unasked``, ``unknown``, or why the secret holds no key.

    ``told`` is the state in words. ``remembered_until``: functions may use the key that they have read until then.
    ``put_at``: when the current key was stored; None if that is unknown or the secret holds no key.
    """

    state: str
    told: str
    want: str = ""
    remembered_until: datetime | None = None
    put_at: datetime | None = None


def key_state(
    in_secret: str,
    put_at: datetime | None,
    facts: DeliverFacts | None,
    now: datetime,
    keyless_since: datetime | None = None,
) -> KeyState:
    """Return the state of the secret's key (``in_secret``: one of STATES), which was stored at ``put_at``.

    ``facts``: None if unknown. ``keyless_since``: from then until ``put_at`` there was no key.
    """
    found = _state_of(in_secret, put_at, facts, now, keyless_since)
    return replace(found, put_at=put_at) if in_secret == PRESENT else found


def _state_of(
    in_secret: str,
    put_at: datetime | None,
    facts: DeliverFacts | None,
    now: datetime,
    keyless_since: datetime | None,
) -> KeyState:
    if in_secret == UNKNOWN:
        return KeyState(UNKNOWN, "not known, the secret could not be read")
    if in_secret == DELETED:
        return _deleted(facts, now)
    if in_secret != PRESENT:
        told = in_words(in_secret)
        until = None if put_at is None else put_at + REMEMBERED
        # A function asks for the secret only now and then, as long as nobody refuses its key.
        goes_on = put_at and until and until > now and _may_go_on(facts, put_at)
        return KeyState(in_secret, told, f"the Dreamdata key: {told}", until if goes_on else None)
    if facts is None:
        return KeyState(UNKNOWN, "in the secret; what Dreamdata said of it is not known")
    taken, refusals = facts.delivery, facts.key.refusals
    asked = [*([taken.at] if taken else []), *(one.at for one, _ in refusals)]
    put = f"put at {clock(put_at, now)}, " if put_at else ""
    # Until then a refusal may be of the key before.
    is_first = put_at is not None and is_forgotten(keyless_since, put_at)
    doubtful = timedelta(0) if is_first or not refusals else _READ_AGAIN
    surely_from = None if put_at is None else put_at + doubtful
    if surely_from and (not asked or max(asked) < surely_from):
        return KeyState(NEW, f"{put}{_soon_after(facts, put_at, now, keyless_since)}")
    if refusals:
        (first, _), (last, answer) = refusals[0], refusals[-1]
        # Where the key before was refused, too, nothing tells which refusal was the first of this one.
        since = f"{answer} since {clock_of(first, now)}" if surely_from is None or first.at >= surely_from else answer
        told = f"{'' if 'since' in since else put}refused by Dreamdata: {since}, last at {clock_of(last, now)}"
        return KeyState(REFUSED, told, f"the Dreamdata key is {told}: type {to_type('key set')}")
    if taken and put_at and not facts.key.is_taken_with(put_at, keyless_since):
        may = f"the delivery at {clock_of(taken, now)} may have been with the key before"
        return KeyState(NEW, f"{put}not known to be taken or refused yet; {may}")
    if taken:
        return KeyState(TAKEN, f"{put}taken by Dreamdata, last at {clock_of(taken, now)}")
    ask = to_type("key check --post empty")
    return KeyState(UNASKED, f"{put}in the secret; nothing was posted lately: {ask} asks Dreamdata")


def _soon_after(facts: DeliverFacts, put_at: datetime | None, now: datetime, keyless_since: datetime | None) -> str:
    """Say what is known of a key that was stored a moment ago."""
    taken, refusals = facts.delivery, facts.key.refusals
    known = "not known to be taken or refused yet"
    if taken and put_at and facts.key.is_taken_with(put_at, keyless_since):
        known = f"taken by Dreamdata at {clock_of(taken, now)}"
    if not refusals:
        return known
    last, answer = refusals[-1]
    may = "may have been" if put_at and last.end > put_at else "was"
    return f"{known}; the last answer, {answer} at {clock_of(last, now)}, {may} to the key before"


def _deleted(facts: DeliverFacts | None, now: datetime) -> KeyState:
    """Return the state of a deleted secret: since when is unknown, so functions may have just read the key."""
    told = STATES[DELETED]
    last = facts.delivery.end if facts and facts.delivery else datetime.min.replace(tzinfo=UTC)
    return KeyState(DELETED, told, f"the Dreamdata key: {told}", now + REMEMBERED if _may_go_on(facts, last) else None)


def _may_go_on(facts: DeliverFacts | None, put_at: datetime) -> bool:
    """Whether functions may have read the key from before ``put_at``, and nothing since."""
    return facts is None or bool(facts.delivery and not facts.key.is_spoilt_since(put_at))
