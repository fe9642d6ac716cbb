"""The state of the relay in one sentence that is true at its second."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from relay_cli.deliver_facts import DeliverFacts
from relay_cli.failing import Answered, Failing
from relay_cli.holding import Holding
from relay_cli.key_answers import KEY_REFUSALS, OF_KEY_BEFORE
from relay_cli.key_state import REFUSED, KeyState
from relay_cli.moments import clock, clock_of, messages

# So many causes are told with their times; there are hardly more at once.
_MOST = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What the sentence is made of: ``count`` messages are on the queue, ``unread``: why it is not read.

    ``count`` is None where it is not known, and so are ``facts``, which go back ``back_s``; ``logged``: with the log.
    """

    now: datetime
    count: int | None
    unread: str
    key: KeyState
    facts: DeliverFacts | None
    logged: bool
    back_s: int


def headline(seen: Seen) -> str:
    """The sentence: each cause with its own times, then what is on the queue, and the last delivery."""
    causes = _causes(seen)
    told = causes[:_MOST]
    if more := len(causes) - len(told):
        told.append(f"and {more} more cause{'' if more == 1 else 's'}")
    told += [_on_queue(seen.count), _last_delivery(seen)]
    whole = "; ".join(told)
    return whole[:1].upper() + whole[1:]


def silent_since(facts: DeliverFacts, now: datetime, back_s: int) -> str:
    """Since when the function has said nothing; of what was before ``back_s`` nothing is known."""
    if since := facts.last_sign or facts.waits_since:
        return f"since {clock(max(since, now - timedelta(seconds=back_s)), now)}"
    return "at all"


def waiting(holding: Holding, now: datetime, key: KeyState) -> str:
    """Why messages were held and when they are tried again."""
    until = holding.tried_by
    told = [
        (f"{reason}, last at {clock(at, now)}{_before_key(reason, at, key, now)}", holding.is_over(reason, at))
        for reason, at in holding.reasons.items()
    ]
    lasting, over = ([text for text, is_over in told if is_over is wanted] for wanted in (False, True))
    ended = [f"{text}, which has ended" for text in over]
    why = "; ".join(lasting or ended) or "the reason is not known"
    # What was held then may all have been delivered since: nothing tells.
    if lasting and ended:
        why += "; perhaps some of before: " + "; ".join(ended)
    by = f"; tried again by {clock(until, now)} at the latest" if until else ""
    return f"held ({why}){by}"


def _before_key(reason: str, at: datetime, key: KeyState, now: datetime) -> str:
    """That a key was put since, where ``reason`` is of the key before."""
    if reason not in OF_KEY_BEFORE or key.put_at is None or at >= key.put_at:
        return ""
    return f", before the key was put at {clock(key.put_at, now)}"


def _causes(seen: Seen) -> list[str]:
    """What keeps events from being delivered, the worst first."""
    found = [f"The queue is not read: {seen.unread}"] if seen.unread else []
    key, facts = seen.key, seen.facts
    if key.remembered_until:
        until = clock(key.remembered_until, seen.now)
        found.append(f"Functions may go on with the key that they have read until {until} at the latest, {key.want}")
    elif key.want and key.state != REFUSED:
        found.append(f"Nothing can be delivered, {key.want}")
    if facts is None:
        return found
    has_some = seen.count != 0
    if facts.failing and ((has_some and facts.fails_now) or key.state == REFUSED):
        found += _failing(facts.failing, key, seen.now)
    elif found:
        return found
    elif has_some and facts.holding.held:
        found.append(_held(facts.holding, seen.now, key))
    elif has_some and facts.silent and seen.logged:
        found.append(f"The deliver function has said nothing {silent_since(facts, seen.now, seen.back_s)}")
    return found


def _on_queue(count: int | None) -> str:
    if count is None:
        return "what is on the queue is not known"
    return f"{messages(count)} on the queue" if count else "nothing is on the queue"


def _last_delivery(seen: Seen) -> str:
    facts = seen.facts
    if facts is None:
        return "what the function has counted is not known"
    last = (
        f"last delivery {clock_of(facts.delivery, seen.now)}"
        if facts.delivery
        else f"no delivery within {_hours(seen.back_s)}"
    )
    if facts.failing and not _causes(seen):
        newest = facts.failing.each[0]
        return f"Dreamdata's last answer was {newest.answer} at {clock_of(newest.last, seen.now)}; {last}"
    return last


def _failing(failing: Failing, key: KeyState, now: datetime) -> list[str]:
    return [_answered(one, failing, key, now) for one in failing.each]


def _answered(one: Answered, failing: Failing, key: KeyState, now: datetime) -> str:
    since, last = clock_of(one.since, now), clock_of(one.last, now)
    if one.answer in KEY_REFUSALS and key.put_at and one.last.end <= key.put_at:
        return f"Dreamdata answered {one.answer} until {last}, before the key was put at {clock(key.put_at, now)}"
    if one.certain and failing.is_followed(one):
        return f"it answered {one.answer} from {since} until {last}"
    if one.certain:
        return f"Dreamdata has answered {one.answer} since {since}, last at {last}"
    return f"Dreamdata answered {one.answer} at {since}, and took events in the same minute"


def _held(holding: Holding, now: datetime, key: KeyState) -> str:
    reasons = holding.reasons
    if reasons and all(holding.is_over(reason, at) for reason, at in reasons.items()):
        # Of several nothing tells which of them the messages were held for that are still there.
        until = " and ".join(f"until {clock(at, now)} ({reason})" for reason, at in reasons.items())
        return f"Dreamdata takes events again; what was held {until} may still wait for its next try"
    return "Messages were " + waiting(holding, now, key)


def _hours(seconds: int) -> str:
    return f"{seconds // 3600} hours" if seconds >= 7200 else f"{seconds // 60} minutes"
