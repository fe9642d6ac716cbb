"""A secret's text as it is remembered: for minutes, in an outage of Secrets Manager for hours.

What Secrets Manager refuses to give is forgotten at once: that is how an owner takes a secret back.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import SecretUnavailable
from dreamdata_relay.limits import MAX_OUTAGE_S

MAX_KEY_AGE_S = 240.0
MIN_REFETCH_S = 30.0
# Where nothing was ever read nothing can be done without it: tried again soon, but not by every request of a crowd.
FIRST_RETRY_S = 1.0


class SecretSource(Protocol):
    """Where a secret's text comes from."""

    def fetch(self) -> str:
        """The secret's current text.

        Raises :class:`SecretUnavailable`, with the reason ``secret_unavailable`` where that says nothing of the secret.
        """
        ...


class RememberedSecret:
    """A secret's text, fetched again when it is old or when somebody doubts it, at most every 30 s for doubt.

    When Secrets Manager is away, the last text read stays in use for ``outage_s`` seconds from when it was read. A
    secret that was withdrawn (denied, deleted, its KMS key disabled) is forgotten. ``failed`` is told of each fetch
    that failed, by its reason.
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
        """The text, at most four minutes old or, in an outage, ``outage_s``; raises :class:`SecretUnavailable`."""
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
        """Fetch again because the text is doubted.

        False where it failed, or where the last doubt is less than ``least_s`` seconds old, or a fetch that failed 30.
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
    # By the calendar's clock: the other one may stand still while Lambda keeps a function frozen. Where it was turned
    # back nobody knows how much time has passed.
    return not 0 <= now - since <= seconds
