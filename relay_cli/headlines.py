"""The state of the relay in one sentence that is true at its second."""

from datetime import datetime, timedelta

from relay_cli.deliver_facts import DeliverFacts, Failing
from relay_cli.key_state import REFUSED, KeyState
from relay_cli.moments import clock, clock_of, messages


def headline(count: int, unread: str, key: KeyState, facts: DeliverFacts, now: datetime, back_s: int) -> str:
    """The sentence; ``count`` messages are on the queue, ``unread``: why it is not read, facts go back ``back_s``."""
    on_queue = f"{messages(count)} on the queue" if count else "nothing is on the queue"
    last = (
        f"last delivery {clock_of(facts.delivery, now)}" if facts.delivery else f"no delivery within {_hours(back_s)}"
    )
    if unread:
        return f"The queue is not read: {unread}; {on_queue}; {last}"
    if key.remembered_until:
        until = clock(key.remembered_until, now)
        return f"Functions go on with the key before until {until} at the latest, {key.want}; {on_queue}; {last}"
    if key.want and key.state != REFUSED:
        return f"Nothing can be delivered, {key.want}; {on_queue}; {last}"
    if facts.failing and (count or key.state == REFUSED):
        return f"{_failing(facts.failing, now)}; {on_queue}; {last}"
    if count and facts.held:
        return f"{_held(facts, now)}; {on_queue}; {last}"
    if count and facts.silent:
        return f"The deliver function has said nothing {silent_since(facts, now, back_s)}; {on_queue}; {last}"
    if facts.failing:
        return f"{on_queue.capitalize()}; Dreamdata's last answer was {facts.failing.newest}; {last}"
    return f"{on_queue.capitalize()}; {last}"


def silent_since(facts: DeliverFacts, now: datetime, back_s: int) -> str:
    """Since when the function has said nothing; of what was before ``back_s`` nothing is known."""
    if since := facts.last_sign or facts.waits_since:
        return f"since {clock(max(since, now - timedelta(seconds=back_s)), now)}"
    return "at all"


def waiting(facts: DeliverFacts, now: datetime) -> str:
    """Why messages are held and when they are tried again."""
    until = facts.tried_by
    told = [(f"{reason}, last at {clock(at, now)}", facts.is_over(reason, at)) for reason, at in facts.reasons.items()]
    lasting, over = ([text for text, is_over in told if is_over is wanted] for wanted in (False, True))
    ended = [f"{text}, which has ended" for text in over]
    why = "; ".join(lasting or ended) or "no reason is in the log"
    # What was held then may all have been delivered since: nothing tells.
    if lasting and ended:
        why += "; perhaps some of before: " + "; ".join(ended)
    by = f"; tried again by {clock(until, now)} at the latest" if until else ""
    return f"held ({why}){by}"


def _failing(failing: Failing, now: datetime) -> str:
    said = " and ".join(failing.answers)
    since, last = clock_of(failing.since, now), clock_of(failing.last, now)
    if failing.certain:
        return f"Dreamdata has answered {said} since {since}, last at {last}"
    return f"Dreamdata answered {said} at {since}, and took events in the same minute"


def _held(facts: DeliverFacts, now: datetime) -> str:
    over = all(facts.is_over(reason, at) for reason, at in facts.reasons.items())
    if facts.delivery and over and facts.reasons:
        newest = max(facts.reasons.values())
        names = ", ".join(facts.reasons)
        return (
            f"Dreamdata takes events again; what was held until {clock(newest, now)} ({names}) waits for its next try"
        )
    return "Messages are " + waiting(facts, now)


def _hours(seconds: int) -> str:
    return f"{seconds // 3600} hours" if seconds >= 7200 else f"{seconds // 60} minutes"
