"""Keeps the suppression list in memory and asks for a newer one once it is a minute old.

A suppression holds within a minute because a list is used for a minute from when it was asked for, and no longer. While
no newer one can be had, nobody can tell who was added: the list is away.
"""

import threading
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import ListUnavailable
from dreamdata_relay.limits import MAX_LIST_AGE_S
from dreamdata_relay.privacy.suppression import SuppressionList, decode, empty

# How soon to ask again after a failure: an attempt may take seconds, and meanwhile events wait.
RETRY_S = 10.0

type WhenAway = Literal["hold", "pass"]


class Stored(NamedTuple):
    """The list's object and its ETag; ``data`` None: there is no list yet, and none was deleted."""

    data: bytes | bytearray | None
    etag: str | None


class ListStore(Protocol):
    """Where the list's object is."""

    def fetch(self, etag: str | None) -> Stored | None:
        """Return the object, or None if its ETag is still ``etag``; raises :class:`ListUnavailable`."""
        ...


class RememberedList:
    """The list of ``store``, whose entries are made with ``key`` (which may raise :class:`ListUnavailable`).

    It is asked for at most once a minute; after a failure again after ten seconds. ``fail`` says what happens while it
    is away: ``hold`` raises, ``pass`` goes on with the last list, if there was one. ``failed`` gets the reason of each
    failure.
    """

    def __init__(
        self,
        store: ListStore,
        clock: Clock,
        key: Callable[[], bytes],
        fail: WhenAway = "hold",
        failed: Callable[[str], None] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._key = key
        self._passes = fail == "pass"
        self._failed = failed
        self._reason = "list_unavailable"
        self._lock = threading.Lock()
        self._list: SuppressionList | None = None
        self._etag: str | None = None
        self._asked_at: float | None = None
        self._failed_at: float | None = None

    def suppressed(self, event: bytes) -> bool:
        """Whether the person that ``event`` (the text of a JSON object) is about is on the list.

        Raises :class:`ListUnavailable` if the list is away and events are held then.
        """
        found = self.current()
        return found is not None and found.holds(event)

    def current(self) -> SuppressionList | None:
        """Return the list, asked for less than a minute ago.

        If it is away: raises :class:`ListUnavailable` or, if events pass then, returns the last one; None if there was
        none.
        """
        with self._lock:
            now = self._clock.now()
            if self._passed(self._asked_at, now, MAX_LIST_AGE_S) and self._passed(self._failed_at, now, RETRY_S):
                self._ask(now)
            if self._passes or not self._passed(self._asked_at, now, MAX_LIST_AGE_S):
                return self._list
            raise ListUnavailable(self._reason)

    def _ask(self, now: float) -> None:
        try:
            self._list, self._etag = self._newest()
        except ListUnavailable as error:
            self._failed_at, self._reason = now, error.reason
            if self._failed:
                self._failed(error.reason)
            return
        # The time of asking, not of the answer: what is added in between may be missing in it.
        self._asked_at, self._failed_at = now, None

    def _newest(self) -> tuple[SuppressionList, str | None]:
        key, last = self._key(), self._list
        known = last is not None and last.is_of_key(key)
        stored = self._store.fetch(self._etag if known else None)
        if stored is None:
            if last is None or not known:
                raise ListUnavailable("list_unavailable")
            return last, self._etag
        if stored.data is None:
            # A list that was there and is gone says nothing about those who were on it.
            if self._etag is not None:
                raise ListUnavailable("list_deleted")
            return empty(key), None
        return decode(stored.data, key), stored.etag

    @staticmethod
    def _passed(since: float | None, now: float, seconds: float) -> bool:
        # By wall-clock time, because the monotonic clock may stop while Lambda freezes the function. If the wall clock
        # was set back, the time that passed is unknown.
        return since is None or not 0 <= now - since < seconds
