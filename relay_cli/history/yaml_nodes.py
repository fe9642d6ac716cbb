"""YAML as a tree that knows its lines, so that errors in a map name file, line and reason.

Scalars are texts: of YAML's special words only ``true``, ``false`` and ``null`` are not, but ``no`` and dates are.
"""

import difflib
import re
from collections.abc import Collection, Iterator
from typing import NoReturn

import yaml

from relay_cli.errors import WrongInput

MAX_MAP_BYTES = 1_000_000
# Deep enough for every map; what nests deeper names itself by an alias.
_DEEPEST = 20
_TAG = "tag:yaml.org,2002:"
_RESOLVED = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # as its base has it


for _name, _pattern, _first in _RESOLVED:
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"^(?:{_pattern})$"), _first)


class Node:
    """A part of the map. ``what`` names it in an error."""

    def __init__(self, node: yaml.Node, file: str, what: str, depth: int = 0) -> None:
        self._node = node
        self._file = file
        self.what = what
        self._depth = depth

    @property
    def line(self) -> int:
        """Return its line, counted from 1."""
        return int(self._node.start_mark.line) + 1

    def fail(self, reason: str) -> NoReturn:
        """Raise WrongInput with its place."""
        raise WrongInput(f"{self._file}, line {self.line}: {reason}")

    def is_map(self) -> bool:
        """Whether it has members."""
        return isinstance(self._node, yaml.MappingNode)

    def is_list(self) -> bool:
        """Whether it has elements."""
        return isinstance(self._node, yaml.SequenceNode)

    def members(self, known: Collection[str] = ()) -> dict[str, "Node"]:
        """Return its members by name; fails on names that are not in ``known``, if that is given."""
        if not isinstance(self._node, yaml.MappingNode):
            self.fail(f"{self.what} has members, each `name: value` on a line of its own")
        found: dict[str, Node] = {}
        for key, value in self._node.value:
            name = Node(key, self._file, self.what).text()
            inner = self._inner(value, name)
            if name in found:
                Node(key, self._file, name).fail(f"{name} stands twice in {self.what}")
            if known and name not in known:
                near = difflib.get_close_matches(name, known, 1, 0.5)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                Node(key, self._file, name).fail(f"{name!r} is no member of {self.what}; {hint}")
            found[name] = inner
        return found

    def elements(self) -> Iterator["Node"]:
        """Return its elements; a node that is no list is its only element."""
        if not isinstance(self._node, yaml.SequenceNode):
            yield self
            return
        for place, value in enumerate(self._node.value, 1):
            yield self._inner(value, f"{self.what} {place}")

    def text(self) -> str:
        """Return the text of a scalar, whatever it looks like."""
        if not isinstance(self._node, yaml.ScalarNode):
            self.fail(f"{self.what} is one value")
        return str(self._node.value)

    def filled(self) -> str:
        """Return the text of a scalar that is not empty."""
        text = self.text()
        if not text or self.value() is None:
            self.fail(f"{self.what} is empty")
        return text

    def value(self) -> object:
        """Return it as JSON does: a text, a number, true, false, null, a list or an object."""
        if self.is_map():
            return {name: inner.value() for name, inner in self.members().items()}
        if self.is_list():
            return [element.value() for element in self.elements()]
        text, tag = self.text(), str(self._node.tag).removeprefix(_TAG)
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        return int(text) if tag == "int" else float(text) if tag == "float" else text

    def _inner(self, node: yaml.Node, what: str) -> "Node":
        if self._depth >= _DEEPEST:
            self.fail(f"{self.what} nests too deep")
        return Node(node, self._file, what, self._depth + 1)


def read_nodes(text: bytes, file: str) -> Node:
    """Return the map's text as a tree; raises WrongInput with file, line and reason."""
    if len(text) > MAX_MAP_BYTES:
        raise WrongInput(f"{file} is larger than {MAX_MAP_BYTES:,} bytes, and no map")
    try:
        decoded = text.decode("utf-8-sig")
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(decoded, Loader=_Loader)):
            raise WrongInput(f"{file}: write each value out; aliases (*name) are not read")
        node = yaml.compose(decoded, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise WrongInput(f"{file}, line {text[: error.start].count(b'\n') + 1}: not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise WrongInput(f"{file}, line {line}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise WrongInput(f"{file} is not YAML: {getattr(error, 'reason', 'it nests too deep')}") from None
    if node is None:
        raise WrongInput(f"{file} is empty; --sketch drafts a map, into a new file")
    return Node(node, file, "the map")
