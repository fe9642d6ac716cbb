"""YAML as a tree whose parts know their places.

A plain scalar is what JSON would take it for: null, true, false, a number; anything else is text. What other readers
of YAML take for something else (``yes``, ``0x1f``, ``.5``) has to be quoted where it matters. Time is bounded: the
file's size and depth are, and an alias, which can stand for a million parts, is an error.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from rules_compiler.problems import Problems, shown

MAX_FILE_BYTES = 200_000
# A path in a list in an action in a rule is six deep.
MOST_DEPTH = 16
_JSON_SCALAR = re.compile(r"null|true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
# Plain scalars that YAML 1.1 or 1.2 readers, an editor's schema check among them, do not take for text.
_NOT_TEXT_ELSEWHERE = re.compile(
    r"~|null|true|false|yes|no|on|off|y|n|=|<<"
    r"|[-+]?(?:\.[0-9_]+|[0-9][0-9_]*\.?[0-9_]*)(?:e[-+]?[0-9]+)?|[-+]?0[xob][0-9a-f_]+|[-+]?\.inf|\.nan"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*",
    re.IGNORECASE,
)


class Text(NamedTuple):
    """A text; ``doubtful``: other readers of YAML take it for something else."""

    line: int
    column: int
    value: str
    doubtful: bool


class Other(NamedTuple):
    """A scalar that is no text: null, true, false or a number, as JSON writes it."""

    line: int
    column: int
    json: str


class Items(NamedTuple):
    """A list."""

    line: int
    column: int
    items: "list[Node]"


class Member(NamedTuple):
    """A member of an object, with the place of its name."""

    line: int
    column: int
    name: str
    node: "Node"


class Members(NamedTuple):
    """An object."""

    line: int
    column: int
    members: list[Member]


class Broken(NamedTuple):
    """What is told of already."""

    line: int
    column: int


type Node = Text | Other | Items | Members | Broken


def read_tree(text: bytes, problems: Problems) -> Node:
    """The tree of the only document in ``text``; what can be read past is noted in ``problems``.

    Raises RulesInvalid where nothing more can be read.
    """
    if len(text) > MAX_FILE_BYTES:
        raise problems.end(1, 1, f"the file has more than the {MAX_FILE_BYTES:,} bytes that are read")
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        raise problems.end(before.count(b"\n") + 1, error.start - before.rfind(b"\n"), "not UTF-8") from None
    try:
        return _Reader(yaml.parse(decoded, Loader=yaml.SafeLoader), problems).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise problems.end(line, column, f"not YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        passed = decoded[: error.position]
        line, column = passed.count("\n") + 1, len(passed) - passed.rfind("\n")
        raise problems.end(line, column, "not YAML: a control character") from None
    except (ValueError, OverflowError):
        # An escape of a character that there is none of, a version of a thousand digits: PyYAML's own slips.
        raise problems.end(1, 1, "not YAML: it holds an escape or a number that no reader takes") from None


class _Reader:
    """Builds the tree out of the parser's events."""

    def __init__(self, events: Iterator[yaml.Event], problems: Problems) -> None:
        self._events = events
        self._problems = problems

    def document(self) -> Node:
        """The only document's tree."""
        node: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    raise self._problems.end(*_place(event), "a second document; the file holds one")
                node = self._node(next(self._events), 0)
        return node if node is not None else Other(1, 1, "null")

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = _place(event)
        if depth > MOST_DEPTH:
            raise self._problems.end(*place, f"nested more than {MOST_DEPTH} deep")
        if isinstance(event, yaml.AliasEvent):
            return self._broken(place, "write the value out; aliases (*name) are not read")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._problems.add(*place, f"tags ({shown(tag)[1:-1]}) are not read")
        if isinstance(event, yaml.ScalarEvent):
            if tag is None and event.implicit[0]:
                return _plain(place, event.value)
            return Text(*place, event.value, doubtful=False)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(*place, self._items(depth))
        return Members(*place, self._members(depth))

    def _items(self, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return items

    def _members(self, depth: int) -> list[Member]:
        members: list[Member] = []
        names: set[str] = set()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            node = self._node(next(self._events), depth + 1)
            if isinstance(key, Other):
                key = Text(key.line, key.column, key.json, doubtful=True)
            if not isinstance(key, Text):
                self._broken((key.line, key.column), "the name of a member is a text")
                continue
            if key.value in names:
                self._broken((key.line, key.column), f"{shown(key.value)} stands twice")
                continue
            names.add(key.value)
            members.append(Member(key.line, key.column, key.value, node))
        return members

    def _broken(self, place: tuple[int, int], reason: str) -> Broken:
        self._problems.add(*place, reason)
        return Broken(*place)


def _plain(place: tuple[int, int], value: str) -> Node:
    if not value:
        return Other(*place, "null")
    if _JSON_SCALAR.fullmatch(value):
        return Other(*place, value)
    return Text(*place, value, doubtful=_NOT_TEXT_ELSEWHERE.fullmatch(value) is not None)


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
