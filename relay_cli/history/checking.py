"""Checks a whole file before anything of it is sent: its digest and its encoding."""

import codecs
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from relay_cli.errors import WrongInput

_PIECE = 1024 * 1024
_HEAD = 64 * 1024
_UTF8 = "utf-8-sig"
_BOMS = (
    (codecs.BOM_UTF8, _UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What it is mostly, where it is not UTF-8: Windows', and the old Mac's, whose letters are where Windows has signs.
_OLD = ("cp1252", "mac-roman")
_MAC_LETTERS = frozenset(b"\x8a\x8e\x8f\x9a\x9f\x80\x85\x86\xbf\xae\xbe\xaf\x8c\x81\x8d")
_PACKED = ((b"\x1f\x8b", "gzip", "gunzip -k"), (b"PK\x03\x04", "a zip or an Excel workbook", "save it as CSV"))


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that can be read to its end in ``encoding``; ``sha256`` (hex) detects a change."""

    size: int
    sha256: str
    encoding: str


def encoding_of(head: bytes) -> str:
    """Return the encoding that a byte order mark names, otherwise UTF-8."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), _UTF8)


def guessed(head: bytes) -> str:
    """Return the most likely encoding of a file that is not UTF-8 and has no byte order mark."""
    if head[1::2].count(0) > len(head) // 8:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 8:
        return "utf-16-be"
    high = [byte for byte in head if byte >= 0x80]
    is_mac = sum(byte in _MAC_LETTERS for byte in high) * 2 > len(high)
    return _OLD[is_mac]


def check(file: Path, encoding: str | None, told: Callable[[int], None] = lambda _: None) -> Checked:
    """Read all of ``file``; ``told`` gets the position. Raises WrongInput if it is not in its encoding."""
    try:
        if file.exists() and not file.is_file():
            raise WrongInput(f"{file} is no file: an import reads it twice, and once more to go on")
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
            opened.seek(0)
            for magic, what, remedy in _PACKED:
                if head.startswith(magic):
                    raise WrongInput(f"{file} is {what}, and no text: {remedy}")
            if encoding is None and encoding_of(head) == _UTF8 and (other := guessed(head)) not in _OLD:
                raise WrongInput(f"{file}: the text is not UTF-8; it looks like {other}: --encoding {other}")
            return _checked(opened, file, encoding or encoding_of(head), given=encoding is not None, told=told)
    except OSError as error:
        raise WrongInput(f"{file} cannot be read: {error.strerror}") from None


def _checked(opened: BinaryIO, file: Path, encoding: str, *, given: bool, told: Callable[[int], None]) -> Checked:
    decoder = decoder_of(encoding)
    digest, size, piece = hashlib.sha256(), 0, b""
    try:
        while piece := opened.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            decoder.decode(piece)
            told(size)
        decoder.decode(b"", True)
    except UnicodeError as error:
        # The decoder was given what it had kept of the piece before, too.
        text = bytes(getattr(error, "object", piece) or piece)
        at = size - len(text) + max(0, getattr(error, "start", 0))
        line = _line_at(opened, at, encoding)
        before, after = _around(opened, at)
        is_guess = not given and encoding == _UTF8
        # Where no letter before it is UTF-8's, the last one may be of another encoding, too.
        if not piece and not (is_guess and before.isascii()):
            raise WrongInput(f"{file}, line {line}: the file ends within a character of {_named(encoding)}") from None
        other = guessed(before + after)
        remedy = f"it looks like {other}: --encoding {other}" if is_guess else "see --encoding"
        raise WrongInput(f"{file}, line {line}: the text is not {_named(encoding)}; {remedy}") from None
    return Checked(size, digest.hexdigest(), encoding)


def _named(encoding: str) -> str:
    return "UTF-8" if encoding == _UTF8 else encoding


def _line_at(opened: BinaryIO, at: int, encoding: str) -> int:
    """Return the line, counted from 1, that the byte ``at`` is in, as an editor shows it, whatever ends lines."""
    opened.seek(0)
    # Read as another encoding a text may have no line ends, or other ones.
    read_as = encoding if _is_wide(encoding) and _is_wide(_looks(opened.read(_HEAD))) else "latin-1"
    ends = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(read_as)("replace"), translate=True)
    opened.seek(0)
    line, left = 1, at
    while left and (piece := opened.read(min(_PIECE, left))):
        left -= len(piece)
        line += ends.decode(piece).count("\n")
    return line + ends.decode(b"", True).count("\n")


def _looks(head: bytes) -> str:
    """Return the encoding that a byte order mark or zeros tell of."""
    marked = encoding_of(head)
    return guessed(head) if marked == _UTF8 else marked


def _is_wide(encoding: str) -> bool:
    """Whether each character is of two or four bytes."""
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _around(opened: BinaryIO, at: int) -> tuple[bytes, bytes]:
    """Return what stands before the byte ``at``, and from there on; characters of two bytes begin at even places."""
    begin = max(0, at - _HEAD) & ~1
    opened.seek(begin)
    return opened.read(at - begin), opened.read(_HEAD)


def decoder_of(encoding: str) -> codecs.IncrementalDecoder:
    """Return a decoder of text; raises WrongInput if there is no such encoding."""
    try:
        "".encode(encoding)
        return codecs.getincrementaldecoder(encoding)()
    except (LookupError, ValueError, TypeError):
        raise WrongInput(f"there is no encoding {encoding!r}; some are utf-8, utf-16, cp1252, iso-8859-15") from None
