"""The actions of a rule, one function each."""

import json
import re
from collections.abc import Callable
from math import isinf
from typing import Any

from rules_compiler.paths import ANY_DEPTH, MEMBER, PROTECTED, QUOTED, PathWrong, Steps, is_plain, reaches, steps_of
from rules_compiler.problems import hint, shown
from rules_compiler.reading import Reading, kind
from rules_compiler.yaml_tree import Broken, Members, Node, Other, Text

type Action = dict[str, Any]

MOST_PATHS = 100
MOST_KEPT_CHARACTERS = 10
MOST_CHARACTERS = 100_000
MOST_CONSTANT_CHARACTERS = 1_000
MOST_DIGITS = 40
# Objects by the contract of an event: a constant would make the event one that is refused.
_OBJECTS = ("traits", "properties", "context", "integrations")
_KEYED = ("pseudonymise", "pseudonymise_email")
# With a * more, a name of 500 kB that somebody sends could take minutes to be found another one.
_LINEAR = re.compile(r"[^*]*\*?[^*]*|[^*]*\*[^*]*\*", re.DOTALL)
MOST_PATTERN_CHARACTERS = 100
_PATTERN = re.compile(r"[^\s&=#?]+")


def read_action(node: Node, reading: Reading) -> Action | None:
    """The action that ``node`` is, compiled; None where it is none, which is noted."""
    if not isinstance(node, Members):
        reading.wrong(node, f"an action is one member, such as `drop: context.ip`, not {kind(node)}")
        return None
    if len(node.members) != 1:
        reading.wrong(node, f"an action is one member, and this has {len(node.members)}; begin each with a dash")
        return None
    (member,) = node.members
    if member.name not in _ACTIONS:
        reading.wrong(member, f"{shown(member.name)} is no action; {hint(member.name, _ACTIONS)}")
        return None
    return _ACTIONS[member.name](member.name, member.node, reading)


def needs_keys(action: Action) -> bool:
    """Whether the action makes pseudonyms."""
    return action["do"] in _KEYED


def read_path(node: Node, what: str, reading: Reading) -> Steps | None:
    """The steps of a path."""
    text = reading.text(node, what)
    if text is None:
        return None
    try:
        steps = Steps(steps_of(text))
        steps.line, steps.column = node.line, node.column
        return steps
    except PathWrong as wrong:
        reading.wrong(node, f"{shown(text)} is no path: {wrong}")
        return None


def read_pattern(node: Node, what: str, reading: Reading) -> str | None:
    """A text in which ``*`` stands for any characters, and which is matched in a time that grows with the text only."""
    text = reading.text(node, what, MOST_PATTERN_CHARACTERS)
    if text is not None and not _LINEAR.fullmatch(text):
        reading.wrong(node, f"{shown(text)} has too many *: at most two, and then the second at its end")
    return text


def _paths(node: Node, what: str, reading: Reading) -> list[tuple[Node, Steps]]:
    """One path or a list of them, each with its place; none reaches what is the relay's own."""
    found = []
    for item in reading.one_or_more(node, what, MOST_PATHS):
        steps = read_path(item, "a path", reading)
        if steps is not None:
            found.append((item, steps))
            _check_own(item, steps, reading)
    return found


def _check_own(node: Node, steps: list[str], reading: Reading) -> None:
    taken = [name for name in PROTECTED if reaches(steps, name)]
    if taken and steps[0] == taken[0]:
        reading.wrong(node, f"{taken[0]} is the relay's own: no action may name it")
    elif taken:
        reading.wrong(node, f"it reaches the event's own {', '.join(taken)}: begin it with a member's name")


def _plain(name: str, node: Node, reading: Reading) -> Action | None:
    return {"do": name, "at": _steps(node, name, reading)}


def _steps(node: Node, what: str, reading: Reading) -> list[Steps]:
    return [steps for _, steps in _paths(node, what, reading)]


def _with(
    name: str, node: Node, reading: Reading, known: tuple[str, ...], needed: tuple[str, ...]
) -> tuple[Action, dict[str, Node]]:
    """The action with its paths, and its other members; a path alone stands for an object that has no others."""
    if not isinstance(node, Members) and needed == ("at",):
        return {"do": name, "at": _steps(node, name, reading)}, {}
    members = reading.members(node, name, ("at", *known), needed)
    paths = _steps(members["at"].node, "at", reading) if "at" in members else []
    return {"do": name, "at": paths}, {key: member.node for key, member in members.items()}


def _allow_only(name: str, node: Node, reading: Reading) -> Action | None:
    action, given = _with(name, node, reading, ("members",), ("at", "members"))
    items = reading.one_or_more(given["members"], "members") if "members" in given else []
    return action | {"members": [text for item in items if (text := _member_name(item, reading)) is not None]}


def _member_name(node: Node, reading: Reading) -> str | None:
    text = reading.text(node, "a member")
    if text is None:
        return None
    if re.fullmatch(QUOTED, text):
        return text[1:-1]
    if not re.fullmatch(MEMBER, text):
        reading.wrong(node, f"{shown(text)} holds a quote, a backslash or a control character, and cannot be named")
    elif re.search(r"[.*\[\]]", text):
        reading.wrong(
            node, f"{shown(text)} is no name: members are no paths; one with a dot or a star is in double quotes"
        )
    return text


def _strip_query(name: str, node: Node, reading: Reading) -> Action | None:
    action, given = _with(name, node, reading, ("keep",), ("at",))
    keep = []
    for item in reading.one_or_more(given["keep"], "keep") if "keep" in given else []:
        text = read_pattern(item, "a parameter", reading)
        if text is not None and not _PATTERN.fullmatch(text):
            reading.wrong(item, f"{shown(text)} is no name of a parameter: it holds a blank or one of & = # ?")
        keep += [text] if text is not None else []
    return action | {"keep": keep}


def _mask(name: str, node: Node, reading: Reading) -> Action | None:
    action, given = _with(name, node, reading, ("keep_last",), ("at",))
    last = reading.number(given["keep_last"], "keep_last", 0, MOST_KEPT_CHARACTERS) if "keep_last" in given else 0
    return action | {"keep_last": last}


def _truncate(name: str, node: Node, reading: Reading) -> Action | None:
    action, given = _with(name, node, reading, ("characters",), ("at", "characters"))
    most = reading.number(given["characters"], "characters", 1, MOST_CHARACTERS) if "characters" in given else None
    return action | {"characters": most}


def _set(name: str, node: Node, reading: Reading) -> Action | None:
    action, given = _with(name, node, reading, ("to",), ("at", "to"))
    for item, steps in _paths(given["at"], "at", reading) if "at" in given else []:
        if ANY_DEPTH in steps or not is_plain(steps[-1:]):
            reading.wrong(item, "set takes no **, and the last step is a member's name: it adds what is not there")
        if len(steps) == 1 and steps[0] in _OBJECTS:
            reading.wrong(item, f"{steps[0]} is an object; set a member of it")
    return action | {"to": _constant(given["to"], reading) if "to" in given else None}


def _constant(node: Node, reading: Reading) -> str | None:
    """A scalar as JSON text."""
    if isinstance(node, Other):
        if len(node.json) > MOST_DIGITS or (node.json not in ("null", "true", "false") and isinf(float(node.json))):
            reading.wrong(node, f"to has a number that readers of JSON do not take, or more than {MOST_DIGITS} digits")
        return node.json
    if isinstance(node, Text) and not node.value:
        return '""'
    if not isinstance(node, Text | Broken):
        reading.wrong(node, f"to is a text, a number, true, false or null, not {kind(node)}")
        return None
    text = reading.text(node, "to", MOST_CONSTANT_CHARACTERS)
    return None if text is None else json.dumps(text, ensure_ascii=False)


def _drop_event(name: str, node: Node, reading: Reading) -> Action | None:
    if not (isinstance(node, Other) and node.json == "true"):
        reading.wrong(node, f"drop_event is true, or is not there; this is {kind(node)}")
    return {"do": name}


_ACTIONS: dict[str, Callable[[str, Node, Reading], Action | None]] = {
    "drop": _plain,
    "allow_only": _allow_only,
    "pseudonymise": _plain,
    "pseudonymise_email": _plain,
    "hash": _plain,
    "truncate_ip": _plain,
    "strip_query": _strip_query,
    "mask": _mask,
    "truncate": _truncate,
    "set": _set,
    "drop_event": _drop_event,
}
