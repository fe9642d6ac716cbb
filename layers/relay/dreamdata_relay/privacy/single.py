"""An action on one member's value, seen by itself."""

from collections.abc import Callable, Sequence

from dreamdata_relay.events.json_editing import string_of
from dreamdata_relay.privacy.actions import Perform, change_of, performed, quoted
from dreamdata_relay.privacy.addresses import v4_pattern
from dreamdata_relay.privacy.edits import Edit
from dreamdata_relay.privacy.looking import Look
from dreamdata_relay.privacy.model import Action
from dreamdata_relay.privacy.paths import DEEP, Path
from dreamdata_relay.privacy.units import Unit
from dreamdata_relay.privacy.values import Change, Ring

# What becomes of the value; None: the member goes.
type Local = Callable[[bytes, Ring], bytes | None]
# With the rule behind it.
type Task = tuple[str, Local]

_QUOTE, _BACKSLASH, _OPENING, _NULL = ord('"'), ord("\\"), b"{[", b"null"


def task_of(unit: Unit) -> Task:
    """Return what the action makes of a value that is at the first steps of its path; ``unit`` has those left."""
    return unit.rule, _local_of(unit.action, unit.path)


def tasks_done(tasks: Sequence[Task], key: int, start: int, value: bytes, changed: list[str], ring: Ring) -> list[Edit]:
    """Return what ``tasks`` make of ``value`` at ``start``, whose key is at ``key``; add to ``changed`` who did."""
    now, end = value, start + len(value)
    for rule, local in tasks:
        new = local(now, ring)
        if new != now:
            changed.append(rule)
        if new is None:
            return [(key, end, None)]
        now = new
    return [] if now == value else [(start, end, now)]


def _local_of(action: Action, rest: Path) -> Local:
    # No level at all is a depth, too: then the value itself is meant.
    itself = all(step == DEEP for step in rest)
    if action.do == "drop" and itself:
        return lambda _, __: None
    perform = performed(action, (tuple(rest),))
    if not itself:
        return _within(perform, Look([rest[:-1] if action.do == "set" else rest]))
    if action.do == "allow_only":
        return lambda value, ring: perform(value, ring) if value[0] in _OPENING else value if value == _NULL else None
    local = _changed(change_of(action), perform)
    return _truncated_ip(local) if action.do == "truncate_ip" else local


def _truncated_ip(local: Local) -> Local:
    quick = v4_pattern().fullmatch

    def of_most(value: bytes, ring: Ring) -> bytes | None:
        found = quick(value)
        return b'"' + found[1] + b'.0"' if found else local(value, ring)

    return of_most


def _within(perform: Perform, look: Look) -> Local:
    def local(value: bytes, ring: Ring) -> bytes:
        return perform(value, ring) if value[0] in _OPENING and look.finds(value) else value

    return local


def _changed(change: Change, perform: Perform) -> Local:
    def local(value: bytes, ring: Ring) -> bytes | None:
        if value[0] != _QUOTE:
            return _no_string(value, ring)
        old = value[1:-1].decode() if _BACKSLASH not in value else string_of(value)
        new = change(old, ring)
        return value if new == old else None if new is None else quoted(new)

    def _no_string(value: bytes, ring: Ring) -> bytes | None:
        if value[0] in _OPENING:
            return perform(value, ring)
        if value == _NULL:
            return value
        old = value.decode()
        new = change(old, ring)
        return value if new == old else None if new is None else quoted(new)

    return local
