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
    """Dreamdata surely did not take the events and may do so soon: in ``after`` seconds where it said so."""

    reason: str
    after: float | None = None


class Hold(Struct, frozen=True):
    """The events wait on the queue. ``ambiguous``: they may have arrived, so that the resend may be a double.

    ``reason`` is one of ``HOLD_REASONS`` or begins with one and a colon.
    """

    reason: str
    ambiguous: bool = False
    after: float | None = None


class KeyRefused(Struct, frozen=True):
    """Dreamdata did not take the key (401, 403)."""

    status: int


class Refused(Struct, frozen=True):
    """Dreamdata refuses this payload (400, 413, 422): at least one of its events, or its size."""

    status: int
    reason: str


type Verdict = Delivered | RetryLater | Hold | KeyRefused | Refused

# Metrics carry one of these; each is explained in docs/operations.md.
HOLD_REASONS = ("unavailable", "ambiguous", "key", "configuration", "refused_all", "time", "dead_letter", "error")

_RETRYABLE = frozenset({408, 425, 429})
_REFUSING = frozenset({400, 413, 422})


def judge(answer: Answer | NoAnswer, now: float) -> Verdict:
    """The verdict on ``answer``; ``now`` is seconds since the epoch, for a ``Retry-After`` that is a date."""
    if isinstance(answer, NoAnswer):
        if answer.sent:
            return Hold("ambiguous", ambiguous=True)
        return RetryLater("unavailable")
    status = answer.status
    if 200 <= status < 300:
        return Delivered()
    if status in _RETRYABLE or 500 <= status < 600:
        return RetryLater("unavailable", retry_after_seconds(answer.retry_after, now))
    if status in (401, 403):
        return KeyRefused(status)
    if status in _REFUSING:
        return Refused(status, answer.start.decode("utf-8", "replace"))
    return Hold("configuration", after=retry_after_seconds(answer.retry_after, now))


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
