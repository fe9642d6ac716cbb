"""Packs events into message bodies for the queue, and escapes characters that SQS does not accept."""

import re
from collections.abc import Sequence

from dreamdata_relay.bin_packing import runs
from dreamdata_relay.events.typed_fields import Text
from dreamdata_relay.limits import MAX_CHUNK_BYTES

CHUNK_START = b'{"batch":['
CHUNK_END = b"]}"
_ROOM = MAX_CHUNK_BYTES - len(CHUNK_START) - len(CHUNK_END)

# All characters that SQS does not allow in a message; in JSON text only a string can hold them. The pattern lists the
# forbidden ones, because a class of the allowed ones takes 4 ms to compile at every cold start.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NON_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
# Includes a backslash before one: that is not JSON, and escaping must not turn it into JSON.
_NON_CHARACTER = re.compile(rb"\\(?:\xef\xbf[\xbe\xbf]|.)|\xef\xbf[\xbe\xbf]", re.DOTALL)


def chunk(events: Sequence[Text]) -> list[bytes]:
    """Return bodies ``{"batch":[...]}`` of at most 62,400 bytes, in order; a larger event gets one of its own."""
    if events and sum(map(len, events)) + len(events) <= _ROOM + 1:
        return [CHUNK_START + b",".join(events) + CHUNK_END]
    # Each event takes one byte more for its comma; the last has none, so the capacity is one byte more.
    found = runs([len(event) + 1 for event in events], _ROOM + 1)
    return [CHUNK_START + b",".join(events[run.start : run.stop]) + CHUNK_END for run in found]


def without_non_characters(text: bytes) -> bytes:
    """Return JSON ``text`` (UTF-8) with U+FFFE and U+FFFF escaped, which JSON allows unescaped and SQS does not."""
    # Searching for one byte is many times faster than for three, and hardly any text has it.
    if text.find(b"\xef") < 0 or not any(raw in text for raw in _NON_CHARACTERS):
        return text
    if b"\\\xef\xbf" not in text:
        # Avoid a match object for each: there may be two million.
        return text.replace(_NON_CHARACTERS[0], rb"\ufffe").replace(_NON_CHARACTERS[1], rb"\uffff")
    return _NON_CHARACTER.sub(lambda m: m[0] if m[0][0] == 0x5C else rb"\u%04x" % ord(m[0].decode()), text)


def allowed_text(text: str) -> str:
    """Return ``text`` with every character that SQS refuses replaced by its JSON escape."""
    return _FORBIDDEN.sub(_escape, text)


def utf8_of(text: str) -> bytes:
    """Encode ``text`` in UTF-8; lone surrogates, which UTF-8 cannot hold, become the JSON escapes they came from."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        # Only surrogates: an unescaped control character is not JSON, and must not become JSON here.
        return _SURROGATE.sub(_escape, text).encode()


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
