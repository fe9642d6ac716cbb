"""Compares events with what a test expects of them: every member that is named, and no other."""

from collections.abc import Iterator, Mapping
from typing import Any

_MISSING = object()


def differences(expected: object, actual: object, path: str = "") -> Iterator[tuple[str, object, object]]:
    """Yield path, expected and actual value of each difference; nothing if ``actual`` is as expected.

    An object may have more members than are expected; an array may not have more items. Anything else is compared by
    ``==``, the expected value first: so ``pytest.approx(9.9)`` and ``unittest.mock.ANY`` work. True is not 1.
    """
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in expected.items():
            yield from differences(value, actual.get(name, _MISSING), f"{path}.{name}" if path else str(name))
    elif isinstance(expected, list | tuple) and isinstance(actual, list) and len(expected) == len(actual):
        for index, value in enumerate(expected):
            yield from differences(value, actual[index], f"{path}[{index}]")
    elif _is_bool_or_number(expected, actual) or not expected == actual:  # noqa: SIM201  # it may define only __eq__
        yield path, expected, actual


def _is_bool_or_number(expected: object, actual: object) -> bool:
    """Whether one is a boolean and the other a number, which Python may call equal."""
    kinds = {type(expected), type(actual)}
    return bool in kinds and bool(kinds & {int, float})


def matches(expected: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether ``event`` has all that is expected."""
    return next(differences(expected, event), None) is None


def is_missing(value: object) -> bool:
    """Whether an actual value of :func:`differences` stands for a member that is not there."""
    return value is _MISSING
