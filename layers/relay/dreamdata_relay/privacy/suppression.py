"""The suppression list: the people whose events are not delivered, as sorted HMACs of their ids, never as the ids.

Its object is one line of JSON, the header, and then 16 bytes for each entry, sorted by the first eight as a
little-endian number. It stays as bytes in memory too: a lookup bisects these numbers, which the processor reads as they
are, and a million entries take 16 MB.
"""

import hashlib
import hmac
from bisect import bisect_left
from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from dreamdata_relay.errors import ListUnavailable
from dreamdata_relay.limits import MAX_SUPPRESSION_ENTRIES
from dreamdata_relay.privacy.suppressed_ids import PersonId, ids_of

FORMAT = 1
ENTRY_BYTES = 16
_BLOCK_BYTES = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
# The header has some 130 bytes.
_MAX_HEADER_BYTES = 1_024
MAX_LIST_BYTES = _MAX_HEADER_BYTES + MAX_SUPPRESSION_ENTRIES * ENTRY_BYTES


class _Header(Struct, frozen=True):
    """``key_check`` tells the key that the entries are made with; ``sha256`` is that of the entries, in hexadecimal."""

    format: int
    count: int = -1
    key_check: str = ""
    sha256: str = ""


_HEADER = msgspec.json.Decoder(_Header)


class SuppressionList:
    """The entries of a list, which :func:`decode` makes; ``count`` is their number."""

    def __init__(self, entries: memoryview, key: bytes) -> None:
        self.count = len(entries) // ENTRY_BYTES
        self._entries = entries
        # Every second number is an entry's first. Both processors of Lambda are little-endian.
        self._numbers = entries.cast("Q")[::2]
        self._key = key
        self._entry_of = entries_with(key)

    def holds(self, event: bytes) -> bool:
        """Whether one of the ids of ``event`` (the text of a JSON object) is on the list."""
        return self.count > 0 and any(self.holds_id(person) for person in ids_of(event))

    def holds_id(self, person: PersonId) -> bool:
        """Whether the list has an entry for ``person``."""
        entry = self._entry_of(person)
        number = _number(entry)
        place = bisect_left(self._numbers, number)
        while place < self.count and self._numbers[place] == number:
            if self._entry(place) == entry:
                return True
            place += 1
        return False

    def is_of_key(self, key: bytes) -> bool:
        """Whether the entries are made with ``key``."""
        return hmac.compare_digest(self._key, key)

    def entries(self) -> set[bytes]:
        """Return all entries, to change the list; a million of them take 100 MB."""
        return set(map(self._entry, range(self.count)))

    def _entry(self, place: int) -> bytes:
        return bytes(self._entries[place * ENTRY_BYTES : (place + 1) * ENTRY_BYTES])


def entries_with(key: bytes) -> Callable[[PersonId], bytes]:
    """Return a function that makes entries with ``key``: the start of the HMAC-SHA-256 of an id and its kind."""
    # RFC 2104 by hand: copies of the two begun hashes take a third of the time of hmac.digest.
    block = (key if len(key) <= _BLOCK_BYTES else hashlib.sha256(key).digest()).ljust(_BLOCK_BYTES, b"\0")
    inner, outer = hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))

    def entry_of(person: PersonId) -> bytes:
        hashed, over = inner.copy(), outer.copy()
        hashed.update(f"{person.kind}:{person.text}".encode("utf-8", "surrogatepass"))
        over.update(hashed.digest())
        return over.digest()[:ENTRY_BYTES]

    return entry_of


def empty(key: bytes) -> SuppressionList:
    """Return a list without entries."""
    return SuppressionList(memoryview(b""), key)


def encode(entries: Iterable[bytes], key: bytes) -> bytes:
    """Return the object of a list with ``entries``, which are made with ``key``.

    Raises ValueError if there are more than ``MAX_SUPPRESSION_ENTRIES``.
    """
    ordered = sorted(set(entries), key=_number)
    if len(ordered) > MAX_SUPPRESSION_ENTRIES:
        raise ValueError(f"a list has at most {MAX_SUPPRESSION_ENTRIES} entries")
    body = b"".join(ordered)
    header = _Header(FORMAT, len(ordered), _key_check(key), hashlib.sha256(body).hexdigest())
    return msgspec.json.encode(header) + b"\n" + body


def decode(data: bytes | bytearray, key: bytes) -> SuppressionList:
    """Return the list whose object is ``data``, which is not copied.

    Raises :class:`ListUnavailable` if it is not whole (``list_malformed``), was made by a later version of the relay
    (``list_of_another_format``) or with another key (``list_of_another_key``).
    """
    end = data.find(b"\n", 0, _MAX_HEADER_BYTES)
    try:
        header = _HEADER.decode(data[: max(end, 0)])
    except (msgspec.MsgspecError, UnicodeError):
        raise ListUnavailable("list_malformed") from None
    if header.format != FORMAT:
        raise ListUnavailable("list_of_another_format")
    if not hmac.compare_digest(header.key_check.encode(), _key_check(key).encode()):
        raise ListUnavailable("list_of_another_key")
    body = memoryview(data)[end + 1 :]
    whole = 0 <= header.count <= MAX_SUPPRESSION_ENTRIES and len(body) == header.count * ENTRY_BYTES
    # The digest also shows that the entries are sorted as they were written, which a lookup relies on.
    if not whole or hashlib.sha256(body).hexdigest() != header.sha256:
        raise ListUnavailable("list_malformed")
    return SuppressionList(body, key)


def _number(entry: bytes) -> int:
    return int.from_bytes(entry[:8], "little")


def _key_check(key: bytes) -> str:
    return hmac.digest(key, b"check:suppression", "sha256")[:8].hex()
