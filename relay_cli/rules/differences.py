"""What differs between two texts of one event, member by member; also members that stand twice."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from rules_compiler.paths import written_path


class Difference(NamedTuple):
    """A member at ``path``: its value as JSON text before and after, None where it is not there."""

    path: str
    before: str | None
    after: str | None


class _Pairs(list[tuple[str, object]]):
    """An object's members as they stand in the text."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def differences(before: bytes, after: bytes) -> list[Difference]:
    """What differs; the whole text where it nests too deep to be compared."""
    try:
        return list(_of(_read(before), _read(after), ()))
    except RecursionError:
        return [Difference("", before.decode("utf-8", "replace"), after.decode("utf-8", "replace"))]


def _read(text: bytes) -> object:
    # Lone surrogates, escaped or not, are read as they are.
    return json.loads(
        text.decode("utf-8", "surrogatepass"), object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number
    )


def _of(before: object, after: object, path: tuple[str | int, ...]) -> Iterator[Difference]:
    if isinstance(before, _Pairs) and isinstance(after, _Pairs):
        yield from _of_objects(_counted(before), _counted(after), path)
    elif _are_lists(before, after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):  # type: ignore[call-overload]
            yield from _of(one, other, (*path, index))
    elif (one := written(before)) != (other := written(after)):
        yield Difference(written_path(path), one, other)


def _of_objects(
    before: dict[tuple[str, int], object], after: dict[tuple[str, int], object], path: tuple[str | int, ...]
) -> Iterator[Difference]:
    for key in {**before, **after}:
        inner = (*path, key[0])
        if key not in after:
            yield Difference(written_path(inner), written(before[key]), None)
        elif key not in before:
            yield Difference(written_path(inner), None, written(after[key]))
        else:
            yield from _of(before[key], after[key], inner)


def _are_lists(before: object, after: object) -> bool:
    lists = all(isinstance(one, list) and not isinstance(one, _Pairs) for one in (before, after))
    return lists and len(before) == len(after)  # type: ignore[arg-type]


def _counted(pairs: _Pairs) -> dict[tuple[str, int], object]:
    """Members by name and how many of that name stood before."""
    seen: Counter[str] = Counter()
    found = {}
    for name, value in pairs:
        found[name, seen[name]] = value
        seen[name] += 1
    return found


def written(value: object) -> str:
    """A value as JSON text without spaces that mean nothing."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, _Pairs):
        return (
            "{" + ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {written(inner)}" for name, inner in value) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
