"""JSON with the place of every part: what a file says, and where.

Strict: UTF-8, each name once in an object, no NaN, and at most ``most_depth`` levels.
"""

import json
import re
from typing import Any

type Path = tuple[str | int, ...]

MOST_DEPTH = 64
_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"null|true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
# A number of more digits takes Python long to read.
_MOST_DIGITS = 400


class NotRead(Exception):
    """Raised when a text is not JSON as it has to be, with the place and the reason."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.column = column
        self.reason = reason


class Located:
    """A JSON value and the place of each of its parts."""

    def __init__(self, text: str, value: Any, offsets: dict[Path, int]) -> None:
        self.value = value
        self._text = text
        self._offsets = offsets

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of the part, or of the nearest one around it; of a member the place of its name."""
        while path not in self._offsets:
            path = path[:-1]
        return line_and_column(self._text, self._offsets[path])


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The place of a character, counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def located(text: bytes, most_depth: int = MOST_DEPTH) -> Located:
    """The value in ``text``; raises NotRead."""
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        raise NotRead(before.count(b"\n") + 1, error.start - before.rfind(b"\n"), "not UTF-8") from None
    reader = _Reader(decoded, most_depth)
    value, end = reader.value(0, (), 0)
    end = reader.after_space(end)
    if end < len(decoded):
        raise reader.wrong(end, "there is something behind the value")
    return Located(decoded, value, reader.offsets)


class _Reader:
    def __init__(self, text: str, most_depth: int) -> None:
        self._text = text
        self._most_depth = most_depth
        self.offsets: dict[Path, int] = {}

    def wrong(self, offset: int, reason: str) -> NotRead:
        """The error of a fault."""
        return NotRead(*line_and_column(self._text, offset), reason)

    def after_space(self, offset: int) -> int:
        """Where the next token begins."""
        found = _SPACE.match(self._text, offset)
        return found.end() if found else offset

    def value(self, offset: int, path: Path, depth: int) -> tuple[Any, int]:
        """The value at ``offset`` and where it ends."""
        offset = self.after_space(offset)
        self.offsets.setdefault(path, offset)
        if depth > self._most_depth:
            raise self.wrong(offset, f"nested more than {self._most_depth} deep")
        first = self._text[offset : offset + 1]
        if first == "{":
            return self._members(offset, path, depth)
        if first == "[":
            return self._items(offset, path, depth)
        if first == '"':
            return self._string(offset)
        found = _SCALAR.match(self._text, offset)
        if not found or len(found[0]) > _MOST_DIGITS:
            raise self.wrong(offset, "not JSON: no value" if first else "not JSON: it ends early")
        return json.loads(found[0]), found.end()

    def _string(self, offset: int) -> tuple[str, int]:
        found = _STRING.match(self._text, offset)
        try:
            value: str = json.loads(found[0]) if found else ""
            value.encode()
        except UnicodeEncodeError:
            raise self.wrong(offset, "a text holds half a surrogate pair") from None
        except ValueError:
            found = None
        if not found:
            raise self.wrong(offset, "not JSON: no whole text")
        return value, found.end()

    def _members(self, offset: int, path: Path, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        offset = self.after_space(offset + 1)
        while self._text[offset : offset + 1] != "}":
            if found:
                offset = self._past(offset, ",")
            if self._text[offset : offset + 1] != '"':
                raise self.wrong(offset, "not JSON: a member's name or } is missing")
            name, end = self._string(offset)
            if name in found:
                raise self.wrong(offset, f"{name[:60]!a} stands twice")
            self.offsets[*path, name] = offset
            offset = self._past(self.after_space(end), ":")
            found[name], offset = self.value(offset, (*path, name), depth + 1)
            offset = self.after_space(offset)
        return found, offset + 1

    def _items(self, offset: int, path: Path, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        offset = self.after_space(offset + 1)
        while self._text[offset : offset + 1] != "]":
            if found:
                offset = self._past(offset, ",")
            value, offset = self.value(offset, (*path, len(found)), depth + 1)
            found.append(value)
            offset = self.after_space(offset)
        return found, offset + 1

    def _past(self, offset: int, token: str) -> int:
        if self._text[offset : offset + 1] != token:
            raise self.wrong(offset, f"not JSON: {token} is missing")
        return self.after_space(offset + 1)
