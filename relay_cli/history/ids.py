"""Makes ids that a second run of the same import repeats, and counts what occurs in a file more than once."""

import hashlib
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from dreamdata_relay.events.message_ids import derived_id

# Fixed for ever: anything else would give imported events new ids.
_VERSION = "relay import 1"
# A cell may be a kind of text of its own.
_ENCODE = msgspec.json.Encoder(enc_hook=str).encode
# Kilobytes of the table that are held in memory; the rest lies in a file without a name, gone with the process.
_KEPT_KB = 64 * 1024


def family(source: str, tag: str, names: Sequence[str] = ()) -> bytes:
    """Return what the ids of one event of all records have in common; ``names``: the columns that ids are made of."""
    return _ENCODE((_VERSION, source, tag, names))


def id_of(of: bytes, what: bytes, times: int = 1) -> str:
    """Return the id of an event of the family ``of``, made of ``what``, which occurs for the ``times``-th time."""
    return derived_id(of, what) if times == 1 else derived_id(of, what, str(times).encode())


def text_of(cells: Sequence[str]) -> bytes:
    """Return a text that is unique to these cells."""
    return _ENCODE(cells)


class Met(NamedTuple):
    """How many times something has occurred, including this time, and in which line first."""

    times: int
    line: int


class Seen:
    """Counts occurrences in bounded memory, for files of any length."""

    def __init__(self) -> None:
        # The name of a database of its own, on the disk only where it grows beyond what is kept.
        self._rows = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_KEPT_KB}"):
            self._rows.execute(f"PRAGMA {setting}")
        self._rows.execute("CREATE TABLE seen (what BLOB PRIMARY KEY, line INTEGER, times INTEGER) WITHOUT ROWID")
        self._rows.execute("BEGIN")

    def meet(self, what: bytes, line: int) -> Met:
        """Record ``what`` in ``line``."""
        key = hashlib.blake2b(what, digest_size=16).digest()
        if self._rows.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, 1)", (key, line)).rowcount:
            return Met(1, line)
        self._rows.execute("UPDATE seen SET times = times + 1 WHERE what = ?", (key,))
        first, times = self._rows.execute("SELECT line, times FROM seen WHERE what = ?", (key,)).fetchone()
        return Met(times, first)

    def close(self) -> None:
        """Release its resources."""
        self._rows.close()
