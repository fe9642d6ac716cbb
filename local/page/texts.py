"""The events' texts, as many as fit: the oldest go first."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from local.page.entries import Entry
from local.page.observations import SeenEvent

MAX_TEXT_BYTES = 64 * 1024 * 1024


class Texts:
    """Keeps the texts in `entries` at `max_bytes` together."""

    def __init__(self, entries: Mapping[str, Entry], max_bytes: int = MAX_TEXT_BYTES) -> None:
        self._entries = entries
        self._max_bytes = max_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._bytes = 0

    def keep(self, entry: Entry, event: SeenEvent) -> None:
        """Keep the text that `event` was first seen with."""
        if entry.key in self._sizes or not event.text:
            return
        entry.event = replace(event, message_id=entry.event.message_id)
        size = len(event.text) + len(event.becomes)
        self._sizes[entry.key] = size
        self._bytes += size
        while self._bytes > self._max_bytes and len(self._sizes) > 1:
            key, size = self._sizes.popitem(last=False)
            self._bytes -= size
            self._entries[key].event = replace(self._entries[key].event, text=b"", becomes=b"")

    def forget(self, key: str) -> None:
        """An entry has been taken out."""
        self._bytes -= self._sizes.pop(key, 0)
