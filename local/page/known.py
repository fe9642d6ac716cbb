"""The entries as all sources of observations share them, and when a row changes though nothing is seen."""

import heapq
from collections import OrderedDict
from collections.abc import Iterable

from local.page.entries import Entry
from local.page.identities import Identities
from local.page.texts import Texts


class Known:
    """Entries by key, oldest first. now: the latest moment that anything was seen at. behind: see `Behind`."""

    def __init__(self, max_text_bytes: int) -> None:
        self.entries: OrderedDict[str, Entry] = OrderedDict()
        self.identities = Identities(self.entries)
        self.texts = Texts(self.entries, max_text_bytes)
        self.now = 0.0
        self.behind: float | None = None
        self._due: list[tuple[float, str]] = []

    def notice(self, at: float) -> None:
        """Something was seen at that time."""
        self.now = max(self.now, at)

    @property
    def ends_known_until(self) -> float:
        """The latest moment of which all that Dreamdata had received by then is known."""
        return self.now if self.behind is None else min(self.now, self.behind)

    def of(self, keys: Iterable[str]) -> Iterable[Entry]:
        """The entries of `keys` that are still kept."""
        return [self.entries[key] for key in keys if key in self.entries]

    def remind(self, at: float, keys: Iterable[str]) -> None:
        """Look at the rows of `keys` again when it is later than `at`."""
        for key in keys:
            heapq.heappush(self._due, (at, key))

    def due(self) -> set[str]:
        """The keys that it is time for."""
        found, until = set(), self.ends_known_until
        while self._due and self._due[0][0] < until:
            found.add(heapq.heappop(self._due)[1])
        return found

    def forget(self, key: str) -> Entry:
        """Take an entry out; the entry."""
        entry = self.entries.pop(key)
        self.identities.forget(entry)
        self.texts.forget(key)
        return entry
