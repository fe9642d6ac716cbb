"""Paths to members: ``traits.address.*``, ``properties.**.token``, ``products[].sku``, ``traits."a.b"``.

A compiled path is a list of steps: names, and the three wildcards, which begin with a character that no name here
begins with.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

ANY, ANY_DEPTH, ITEM = "\0*", "\0**", "\0[]"
# The relay's own: without them an event is none, or another.
PROTECTED = ("type", "messageId", "timestamp")
MOST_STEPS = 20
# Each `**` may begin anywhere that the one before ends.
MOST_DEEP_STEPS = 2

# A name without quotes: no sign of the grammar, no control character, no blank at its ends.
NAME = r"[^.*\[\]\"\\\s\x00-\x1f\x7f](?:[^.*\[\]\"\\\x00-\x1f\x7f]*[^.*\[\]\"\\\s\x00-\x1f\x7f])?"
# No name has a quote, a backslash or a control character: JSON spells those in more ways than one.
MEMBER = r"[^\"\\\x00-\x1f\x7f]+"
QUOTED = rf"\"{MEMBER}\""
_STEP = re.compile(rf"(?:(?P<deep>\*\*)|(?P<any>\*)|(?P<quoted>{QUOTED})|(?P<name>{NAME}))(?P<items>(?:\[\])*)(?:\.|$)")
_BARE = re.compile(NAME)


class _Masks(NamedTuple):
    """The places of a path's steps as bits: of each name, of ``*``, of ``**``, and of all but the last."""

    of: Mapping[str, int]
    any: int
    deep: int
    single: int


class Steps(list[str]):
    """A path's steps, with the place in the file that says it."""

    line = column = 0

    @cached_property
    def masks(self) -> _Masks:
        """Made once: each path is compared with all others."""
        of: dict[str, int] = {}
        for place, step in enumerate(self):
            of[step] = of.get(step, 0) | 1 << place
        deep = of.get(ANY_DEPTH, 0)
        return _Masks(of, of.get(ANY, 0), deep, (1 << len(self)) - 1 & ~deep)


class PathWrong(ValueError):
    """Raised when a text is no path, with the reason."""


def steps_of(text: str) -> list[str]:
    """The steps of the path ``text``; raises PathWrong."""
    if not text:
        raise PathWrong("the path is empty")
    steps: list[str] = []
    position = 0
    while position < len(text):
        found = _STEP.match(text, position)
        if found is None:
            raise PathWrong(_reason(text, position))
        steps += _named(found), *([ITEM] * (len(found["items"]) // 2))
        position = found.end()
        if len(steps) > MOST_STEPS:
            raise PathWrong(f"the path has more than {MOST_STEPS} steps")
    if text.endswith("."):
        raise PathWrong("the path ends with a dot")
    _check(steps)
    return steps


def is_plain(steps: list[str]) -> bool:
    """Whether the path names one place: it has no wildcard."""
    return not any(step in (ANY, ANY_DEPTH, ITEM) for step in steps)


def reaches(steps: list[str], name: str) -> bool:
    """Whether the path may name the event's own member ``name`` or something in it."""
    if steps[0] == ANY_DEPTH:
        return steps[1:] in ([name], [ANY])
    return steps[0] == name or steps == [ANY]


def covers(one: Steps, other: Sequence[str]) -> bool:
    """Whether all that ``other`` names is named by ``one``, or stands in what ``one`` names."""
    of, anything, deep, _ = one.masks
    end = 1 << len(one)
    # Bits of the steps that may come next; no two ** follow one another.
    reached = 1 | (1 & deep) << 1
    for step in other:
        if reached & end:
            return True
        found = 0 if step == ANY_DEPTH else reached & (of.get(step, 0) | anything)
        reached = found << 1 | reached & deep
        reached |= (reached & deep) << 1
    return bool(reached & end)


def may_be_one(one: Sequence[str], other: Steps) -> bool:
    """Whether the two may name the same member."""
    of, anything, deep, single = other.masks
    reached = 1 | (1 & deep) << 1
    for step in one:
        if step == ANY_DEPTH:
            # Whatever comes next in the other may be passed.
            reached = (2 << len(other)) - (reached & -reached)
        else:
            fits = single if step == ANY else of.get(step, 0) | anything
            reached = (reached & fits) << 1 | reached & deep
            reached |= (reached & deep) << 1
        if not reached:
            return False
    return bool(reached >> len(other) & 1)


def written_path(names: Iterable[str | int]) -> str:
    """A place in an event as a path is written; an item by its number."""
    text = ""
    for name in names:
        if isinstance(name, int):
            text += f"[{name}]"
        else:
            text += ("." if text else "") + (name if _BARE.fullmatch(name) else f'"{name}"')
    return text


def _named(found: re.Match[str]) -> str:
    if found["deep"]:
        return ANY_DEPTH
    if found["any"]:
        return ANY
    if found["name"]:
        return found["name"]
    return found["quoted"][1:-1]


def _check(steps: list[str]) -> None:
    if steps[-1] == ANY_DEPTH:
        raise PathWrong("** stands for the way to a member: a name, * or [] comes after it")
    for one, other in pairwise(steps):
        if one == ANY_DEPTH and other == ANY_DEPTH:
            raise PathWrong("** twice in a row is the same as once")
        if one == ANY_DEPTH and other == ITEM:
            raise PathWrong("**[] is not read; write **.*[] for the items of all lists")
    if steps.count(ANY_DEPTH) > MOST_DEEP_STEPS:
        raise PathWrong(f"at most {MOST_DEEP_STEPS} times ** in a path")


def _reason(text: str, position: int) -> str:
    rest = text[position:]
    where = f"at character {position + 1}"
    if rest[0] == ".":
        return f"a name is missing {where}"
    if rest[0] == "[" or re.match(r"[^.\[]*\[[^\]]", rest):
        return f"[] comes right after the name of a list, and stands for every item; see {where}"
    if rest[0] == '"':
        return (
            f"the name in quotes {where} is empty, not ended before a dot, or holds a backslash or a control character"
        )
    if rest[0].isspace():
        return f"a blank {where}; a name that begins or ends with one is written in double quotes"
    return f"{where} is no name; a name with a dot, a star or a bracket is written in double quotes"
