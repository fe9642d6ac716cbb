"""Classifies Dreamdata's answers: a pure function that neither waits nor logs."""

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
    """Dreamdata surely did not accept the events and may do so soon; ``after`` is its Retry-After in seconds, if any.

    ``suspect`` and ``status``: see :class:`Hold`.
    """

    reason: str
    after: float | None = None
    suspect: bool = False
    status: int | None = None


class Hold(Struct, frozen=True):
    """The events wait on the queue. ``ambiguous``: they may have arrived, so the resend may be a duplicate.

    ``reason`` is one of ``HOLD_REASONS`` or begins with one and a colon. ``status`` is the answer's, if there was one.
    ``suspect``: the posted events may be the cause, because an event can make a server fail or hang, or a firewall
    redirect to its own page. An answer with a Retry-After or about the key does not make them suspect.
    """

    reason: str
    ambiguous: bool = False
    after: float | None = None
    suspect: bool = False
    status: int | None = None

    @property
    def refuses_key(self) -> bool:
        """Whether Dreamdata refused the key; without a status there was no key to send."""
        return self.status is not None and self.reason.startswith("key:")


class KeyRefused(Struct, frozen=True):
    """Dreamdata did not accept the key (401)."""

    status: int

    @property
    def hold(self) -> Hold:
        """Return the hold for the events if there is no other key to try."""
        return Hold(f"key:{self.status}", status=self.status)


class Refused(Struct, frozen=True):
    """Dreamdata refuses this payload: at least one of its events, or its size.

    ``doubtful``: the status (403, for example) may concern the key or the endpoint instead. It concerns the events
    only if something else is accepted with the same key.
    """

    status: int
    reason: str
    doubtful: bool = False

    @property
    def hold_reason(self) -> str:
        """Return the reason to hold everything if nothing shows that a doubtful refusal concerns the events."""
        return f"key:{self.status}" if self.status == _FORBIDDEN else "configuration"


type Verdict = Delivered | RetryLater | Hold | KeyRefused | Refused

# The reasons that metrics carry; docs/operations.md explains each.
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
    "rules_unavailable",
    "error",
)

_FORBIDDEN = 403
_TOO_MANY_REQUESTS = 429
_RETRYABLE = frozenset({408, 425, _TOO_MANY_REQUESTS})
_REFUSING = frozenset({400, 413, 422})
# A web firewall answers 403 to a payload with, for example, a script element. The others may concern the events too.
_DOUBTFUL = frozenset({_FORBIDDEN, 406, 409, 414, 431, 451})


def judge(answer: Answer | NoAnswer, now: float) -> Verdict:
    """Return the verdict on ``answer``; ``now`` (seconds since the epoch) is for a ``Retry-After`` that is a date."""
    if isinstance(answer, NoAnswer):
        if answer.sent:
            return Hold("ambiguous", ambiguous=True, suspect=True)
        return RetryLater("unavailable")
    status = answer.status
    if 200 <= status < 300:
        return Delivered()
    if status in _RETRYABLE or 500 <= status < 600:
        after = retry_after_seconds(answer.retry_after, now)
        # A server that says when to come back is busy, not broken by the payload.
        return RetryLater("unavailable", after, after is None and status != _TOO_MANY_REQUESTS, status)
    if status == 401:
        return KeyRefused(status)
    if status in _REFUSING or status in _DOUBTFUL:
        return Refused(status, answer.start.decode("utf-8", "replace"), doubtful=status in _DOUBTFUL)
    after = retry_after_seconds(answer.retry_after, now)
    return Hold("configuration", after=after, suspect=after is None, status=status)


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """Return ``Retry-After`` (RFC 9110, 10.2.3) in seconds from ``now``, never negative; None if it is not usable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        # Any number beyond the longest visibility timeout means the same.
        digits = text.lstrip("0")
        return 1e9 if len(digits) > 9 else float(digits or 0)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds())
