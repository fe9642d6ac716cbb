"""Reads parts of the tree as what they have to be; what is something else is noted as a problem and read as None."""

import re
from collections.abc import Callable, Collection, Mapping

from rules_compiler.problems import Problems, hint, shown
from rules_compiler.yaml_tree import Broken, Items, Member, Members, Node, Other, Text

_KINDS = {Items: "a list", Members: "an object", Text: "a text"}


class Reading:
    """Reads with one list of problems."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems

    def wrong(self, node: Node | Member, reason: str) -> None:
        """Note a problem, unless the node is one already."""
        if not isinstance(node, Broken):
            self._problems.add(node.line, node.column, reason)

    def members(self, node: Node, what: str, known: Collection[str], needed: Collection[str] = ()) -> dict[str, Member]:
        """The members of the object by name, those only that are ``known``; each that is ``needed`` has to be there."""
        if not isinstance(node, Members):
            self.wrong(node, f"{what} is an object with {_listed(known)}, not {kind(node)}")
            return {}
        found: dict[str, Member] = {}
        for member in node.members:
            if member.name in known:
                found[member.name] = member
            else:
                self.wrong(member, f"{what} has no member {shown(member.name)}; {hint(member.name, known)}")
        for name in needed:
            if name not in found:
                self.wrong(node, f"{what} has no {name}")
        return found

    def items(self, node: Node, what: str, most: int, least: int = 1) -> list[Node]:
        """The items of a list."""
        if not isinstance(node, Items):
            self.wrong(node, f"{what} is a list, not {kind(node)}")
            return []
        if not least <= len(node.items) <= most:
            self.wrong(node, f"{what} has {len(node.items)} items; {least} to {most} can be given")
        return node.items[:most]

    def one_or_more(self, node: Node, what: str, most: int = 100) -> list[Node]:
        """The items of a list; what is none is its only item."""
        return self.items(node, what, most) if isinstance(node, Items) else [node]

    def text(self, node: Node, what: str, most: int = 1_000) -> str | None:
        """A text that is not empty and is one for every reader of YAML."""
        if not isinstance(node, Text):
            quote = "; write it in quotes if it is meant as one" if isinstance(node, Other) else ""
            self.wrong(node, f"{what} is a text, not {kind(node)}{quote}")
            return None
        if node.doubtful:
            self.wrong(
                node, f"{what}: not every reader of YAML takes {shown(node.value)} for a text; write it in quotes"
            )
            return None
        if not node.value or len(node.value) > most:
            self.wrong(node, f"{what} is {f'longer than {most} characters' if node.value else 'empty'}")
            return None
        return _encodable(node, what, self)

    def one_of(self, node: Node, what: str, known: Collection[str]) -> str | None:
        """One of the ``known`` words."""
        text = self.text(node, what)
        if text is None or text in known:
            return text
        self.wrong(node, f"{shown(text)} is no value of {what}; {hint(text, known)}")
        return None

    def number(self, node: Node, what: str, least: int, most: int) -> int | None:
        """A whole number."""
        if isinstance(node, Other) and re.fullmatch(r"[0-9]{1,9}", node.json) and least <= int(node.json) <= most:
            return int(node.json)
        self.wrong(node, f"{what} is a whole number from {least} to {most}, not {kind(node)}")
        return None

    def choice[T](self, members: Mapping[str, Member], name: str, read: Callable[[Node], T], without: T) -> T:
        """What ``read`` makes of the member called ``name``, ``without`` where there is none."""
        return read(members[name].node) if name in members else without


def kind(node: Node) -> str:
    """What the node is, for an error."""
    if isinstance(node, Other):
        return shown(node.json)[1:-1]
    if isinstance(node, Text):
        return shown(node.value)
    return _KINDS.get(type(node), "that")


def _encodable(node: Text, what: str, reading: Reading) -> str | None:
    try:
        node.value.encode()
    except UnicodeEncodeError:
        reading.wrong(node, f"{what} holds half a surrogate pair")
        return None
    return node.value


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)
