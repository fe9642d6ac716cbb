"""Caches a secret's text for minutes, and for hours while Secrets Manager does not answer.

A secret that Secrets Manager refuses to return is discarded at once, because that is how an owner withdraws it.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import SecretUnavailable
from dreamdata_relay.limits import MAX_OUTAGE_S

MAX_KEY_AGE_S = 240.0
MIN_REFETCH_S = 30.0
# How soon to retry if the secret was never read: soon, because nothing works without it, but not for every request.
FIRST_RETRY_S = 1.0


class SecretSource(Protocol):
    """Where a secret's text comes from."""

    def fetch(self) -> str:
        """Return the secret's current text.

        Raises :class:`SecretUnavailable`; the reason ``secret_unavailable`` means that the secret itself may be fine.
        """
        ...


class RememberedSecret:
    """A secret's text, fetched again when it is old or a caller doubts it; the latter at most every 30 s.

    While Secrets Manager does not answer, the last text stays in use until ``outage_s`` seconds after it was read. A
    secret that was withdrawn (denied, deleted, its KMS key disabled) is discarded. ``failed`` gets the reason of each
    failed fetch.
    """

    def __init__(
        self,
        source: SecretSource,
        clock: Clock,
        outage_s: float = MAX_OUTAGE_S,
        failed: Callable[[str], None] | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._outage_s = outage_s
        self._failed = failed
        self._reason = "secret_unavailable"
        self._lock = threading.Lock()
        self._text: str | None = None
        self._fetched_at = 0.0
        self._failed_at: float | None = None
        self._doubted_at: float | None = None

    def text(self) -> str:
        """Return the text, at most four minutes old, in an outage ``outage_s``; raises :class:`SecretUnavailable`."""
        with self._lock:
            now = self._clock.now()
            if self._text is None:
                due = not self._failed_lately(now, FIRST_RETRY_S)
            else:
                due = _passed(self._fetched_at, now, MAX_KEY_AGE_S) and not self._failed_lately(now, MIN_REFETCH_S)
            if due:
                self._fetch(now)
            if self._text is not None and _passed(self._fetched_at, now, self._outage_s):
                self._text = None
            if self._text is None:
                raise SecretUnavailable(self._reason)
            return self._text

    def refetch(self, least_s: float = MIN_REFETCH_S) -> bool:
        """Fetch again because the caller doubts the text.

        Returns False if that failed, or if less than ``least_s`` seconds passed since the last doubt or 30 since the
        last failed fetch.
        """
        with self._lock:
            now = self._clock.now()
            doubted_lately = self._doubted_at is not None and not _passed(self._doubted_at, now, least_s)
            if doubted_lately or self._failed_lately(now, MIN_REFETCH_S):
                return False
            self._doubted_at = now
            return self._fetch(now)

    def _failed_lately(self, now: float, seconds: float) -> bool:
        return self._failed_at is not None and not _passed(self._failed_at, now, seconds)

    def _fetch(self, now: float) -> bool:
        try:
            self._text = self._source.fetch()
        except SecretUnavailable as error:
            self._failed_at, self._reason = now, error.reason
            if error.reason != "secret_unavailable":
                self._text = None
            if self._failed:
                self._failed(error.reason)
            return False
        self._fetched_at, self._failed_at = now, None
        return True


def _passed(since: float, now: float, seconds: float) -> bool:
    # By wall-clock time, because the monotonic clock may stop while Lambda freezes the function. If the wall clock was
    # set back, the time that passed is unknown.
    return not 0 <= now - since <= seconds
