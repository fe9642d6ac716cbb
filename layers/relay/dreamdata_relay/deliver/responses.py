"""What an answer of Dreamdata means: a pure function of the answer, which neither waits nor logs."""

import email.utils
from datetime import UTC, datetime

from msgspec import Struct


class Answer(Struct, frozen=True):
    """Dreamdata's answer: status, the ``Retry-After`` header as it came, the start of the body, seconds it took."""

    status: int
    retry_after: str | None = None
    start: bytes = b""
    seconds: float = 0.0


class NoAnswer(Struct, frozen=True):
    """No answer came. ``sent`` is False only when Dreamdata surely did not receive the request.

    ``reason`` is a word for logs and metrics, of the kind ``connect`` or ``timeout``.
    """

    sent: bool
    reason: str
    seconds: float = 0.0


class Delivered(Struct, frozen=True):
    """Dreamdata has the events."""


class RetryLater(Struct, frozen=True):
    """Dreamdata surely did not take the events and may do so soon: in ``after`` seconds where it said so.

    ``suspect`` and ``status``: see :class:`Hold`.
    """

    reason: str
    after: float | None = None
    suspect: bool = False
    status: int | None = None


class Hold(Struct, frozen=True):
    """The events wait on the queue. ``ambiguous``: they may have arrived, so that the resend may be a double.

    ``reason`` is one of ``HOLD_REASONS`` or begins with one and a colon. ``status`` is the answer's, where there was
    one. ``suspect``: the fault may lie in what was posted, for an event can make a server fail or hang, and a firewall
    redirect to its own page. Whoever says when to come back, or refuses the key, is no suspect.
    """

    reason: str
    ambiguous: bool = False
    after: float | None = None
    suspect: bool = False
    status: int | None = None

    @property
    def refuses_key(self) -> bool:
        """Whether Dreamdata refused the key; without a status there is no key to show."""
        return self.status is not None and self.reason.startswith("key:")


class KeyRefused(Struct, frozen=True):
    """Dreamdata did not take the key (401)."""

    status: int


class Refused(Struct, frozen=True):
    """Dreamdata refuses this payload: at least one of its events, or its size.

    ``doubtful``: the status (403 and the like) may be about the key or the endpoint instead. It is about the events
    only where something else is accepted with the same key.
    """

    status: int
    reason: str
    doubtful: bool = False

    @property
    def hold_reason(self) -> str:
        """The reason to hold everything for, when nothing shows that a doubtful refusal is about the events."""
        return f"key:{self.status}" if self.status == _FORBIDDEN else "configuration"


type Verdict = Delivered | RetryLater | Hold | KeyRefused | Refused

# Metrics carry one of these; each is explained in docs/operations.md.
HOLD_REASONS = (
    "unavailable",
    "ambiguous",
    "key",
    "configuration",
    "refused",
    "refused_all",
    "time",
    "busy",
    "dead_letter",
    "error",
)

_FORBIDDEN = 403
_TOO_MANY_REQUESTS = 429
_RETRYABLE = frozenset({408, 425, _TOO_MANY_REQUESTS})
_REFUSING = frozenset({400, 413, 422})
# A web firewall answers 403 to a payload that holds, say, a script element. The others, too, may mean what was sent.
_DOUBTFUL = frozenset({_FORBIDDEN, 406, 409, 414, 431, 451})


def judge(answer: Answer | NoAnswer, now: float) -> Verdict:
    """The verdict on ``answer``; ``now`` is seconds since the epoch, for a ``Retry-After`` that is a date."""
    if isinstance(answer, NoAnswer):
        if answer.sent:
            return Hold("ambiguous", ambiguous=True, suspect=True)
        return RetryLater("unavailable")
    status = answer.status
    if 200 <= status < 300:
        return Delivered()
    if status in _RETRYABLE or 500 <= status < 600:
        after = retry_after_seconds(answer.retry_after, now)
        # Who says when to come back is busy, not broken by what it was sent.
        return RetryLater("unavailable", after, after is None and status != _TOO_MANY_REQUESTS, status)
    if status == 401:
        return KeyRefused(status)
    if status in _REFUSING or status in _DOUBTFUL:
        return Refused(status, answer.start.decode("utf-8", "replace"), doubtful=status in _DOUBTFUL)
    after = retry_after_seconds(answer.retry_after, now)
    return Hold("configuration", after=after, suspect=after is None, status=status)


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """``Retry-After`` (RFC 9110, 10.2.3) in seconds from ``now``, never negative; None where it says nothing usable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        # A number of seconds beyond any visibility timeout is as good as the longest one.
        digits = text.lstrip("0")
        return 1e9 if len(digits) > 9 else float(digits or 0)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds())
