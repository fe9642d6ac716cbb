"""Reads JSON text without recursion and gives back the text of the parts, exactly as it was sent.

`json.loads` gives neither: it loses the bytes of an event and stops at some depth of nesting. Only the outer levels are
taken apart here; what lies deeper is checked against the grammar (RFC 8259) and skipped.
"""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

_SPACE = r"[ \t\n\r]*+"
_STRING = r'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"

_scalar = re.compile(f"{_STRING}|{_NUMBER}|true|false|null").match
_name = re.compile(f"({_STRING}){_SPACE}:{_SPACE}").match
_object_start = re.compile(rf"\{{{_SPACE}({_STRING}){_SPACE}:{_SPACE}").match
_array_start = re.compile(rf"\[{_SPACE}(?!\])").match
_empty = re.compile(rf"\{{{_SPACE}\}}|\[{_SPACE}\]").match
_after = re.compile(rf"{_SPACE}([,\]}}]){_SPACE}").match
_space = re.compile(_SPACE).match


class NotJsonError(ValueError):
    """Raised when the text breaks the grammar, or is not the kind of value that was asked for."""

    def __init__(self, expected: str, position: int) -> None:
        super().__init__(f"{expected} expected at character {position}")


class ObjectText(NamedTuple):
    """One object: its own text, and each member's text by name (the last one, where a name is repeated)."""

    text: str
    members: dict[str, str]


def read_document[T](text: str, read: Callable[[str, int], tuple[T, int]]) -> T:
    """Read the one value that `text` consists of, space around it allowed."""
    value, end = read(text, _skip_space(text, 0))
    if _skip_space(text, end) != len(text):
        raise NotJsonError("the end", end)
    return value


def read_object(text: str, position: int) -> tuple[ObjectText, int]:
    """Read the object that starts at `position`; returns it and the position behind it."""
    if text[position : position + 1] != "{":
        raise NotJsonError("an object", position)
    if empty := _empty(text, position):
        return ObjectText(empty[0], {}), empty.end()
    members: dict[str, str] = {}
    name = _object_start(text, position)
    while name:
        end = end_of_value(text, name.end())
        members[json.loads(name[1])] = text[name.end() : end]
        after = _after(text, end)
        if after and after[1] == "}":
            return ObjectText(text[position : after.end(1)], members), after.end(1)
        if not after or after[1] != ",":
            raise NotJsonError("a comma or }", end)
        position_of_name = after.end()
        name = _name(text, position_of_name)
        if not name:
            raise NotJsonError("a member's name", position_of_name)
    raise NotJsonError("a member's name", position + 1)


def read_array[T](text: str, position: int, read_item: Callable[[str, int], tuple[T, int]]) -> tuple[list[T], int]:
    """Read the array that starts at `position`, each item by `read_item`; returns the items and the position behind."""
    if text[position : position + 1] != "[":
        raise NotJsonError("an array", position)
    if empty := _empty(text, position):
        return [], empty.end()
    items: list[T] = []
    position = _skip_space(text, position + 1)
    while True:
        item, end = read_item(text, position)
        items.append(item)
        after = _after(text, end)
        if after and after[1] == "]":
            return items, after.end(1)
        if not after or after[1] != ",":
            raise NotJsonError("a comma or ]", end)
        position = after.end()


def end_of_value(text: str, position: int) -> int:
    """Check the value that starts at `position`, however deep it nests, and return the position behind it."""
    closing: list[str] = []
    while True:
        if match := _scalar(text, position):
            position = match.end()
        elif match := _object_start(text, position):
            closing.append("}")
            position = match.end()
            continue
        elif match := _empty(text, position):
            position = match.end()
        elif match := _array_start(text, position):
            closing.append("]")
            position = match.end()
            continue
        else:
            raise NotJsonError("a value", position)
        while closing:
            position, done = _step_behind_value(text, position, closing)
            if not done:
                break
        else:
            return position


def _step_behind_value(text: str, position: int, closing: list[str]) -> tuple[int, bool]:
    """Go on behind a value: to the next value of the innermost container (False), or behind its end (True)."""
    after = _after(text, position)
    if not after:
        raise NotJsonError("a comma or an end", position)
    if after[1] != ",":
        if after[1] != closing.pop():
            raise NotJsonError("the other bracket", position)
        return after.end(1), True
    if closing[-1] == "]":
        return after.end(), False
    name = _name(text, after.end())
    if not name:
        raise NotJsonError("a member's name", after.end())
    return name.end(), False


def _skip_space(text: str, position: int) -> int:
    match = _space(text, position)
    return match.end() if match else position
