"""Turns a map's YAML into a :class:`HistoryMap`; errors name file, line and reason."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from dreamdata_relay.events.rules import EVENT_TYPES, OBJECTS, refused_at_a_glance
from relay_cli.errors import WrongInput
from relay_cli.history.checking import decoder_of
from relay_cli.history.csv_records import Dialect
from relay_cli.history.map_values import Defaults, read_value
from relay_cli.history.maps import Columns, Constant, EventMap, FromColumn, HistoryMap, Members, Value, When
from relay_cli.history.moments import zone_of
from relay_cli.history.values import DECIMAL_SIGNS, THOUSANDS_SIGNS, Numbers
from relay_cli.history.yaml_nodes import MAX_MAP_BYTES, Node, read_nodes

_OF_MAP = ("source", "encoding", "csv", "decimal", "thousands", "time_zone", "id", "events")
_OF_CSV = ("delimiter", "quote", "escape", "columns")
_OF_EVENT = (
    "type", "id", "when", "userId", "anonymousId", "event", "groupId", "previousId", "name", "category", "timestamp",
    "messageId", *OBJECTS,
)  # fmt: skip
_OF_WHEN = ("column", "is")
_DELIMITERS = {"tab": "\t", "\\t": "\t"}
# So many events of one record are plenty, and together stay well below what a request takes.
_MOST_EVENTS = 10


def read_map(file: Path) -> tuple[HistoryMap, bytes]:
    """Return the map in ``file``, and its bytes; raises WrongInput."""
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_MAP_BYTES + 1)
    except OSError as error:
        raise WrongInput(f"{file} cannot be read: {error.strerror}") from None
    return map_of(text, str(file)), text


def map_of(text: bytes, file: str) -> HistoryMap:
    """Return the map in ``text``; raises WrongInput."""
    root = read_nodes(text, file)
    members = root.members(_OF_MAP)
    if "events" not in members:
        root.fail("the map has no `events`: the list of what each record becomes")
    defaults = _defaults(members)
    columns = _columns(members.get("id"))
    counted: Counter[str] = Counter()
    events = [_event(node, defaults, columns, counted) for node in members["events"].elements()]
    if not 1 <= len(events) <= _MOST_EVENTS:
        members["events"].fail(f"a record becomes 1 to {_MOST_EVENTS} events")
    encoding = members["encoding"].filled() if "encoding" in members else None
    if encoding:
        _told(members["encoding"], lambda: decoder_of(encoding))
    source = members["source"].filled() if "source" in members else ""
    return HistoryMap(file, tuple(events), source, encoding, _dialect(members.get("csv")))


def _told[T](node: Node, made: Callable[[], T]) -> T:
    """Return what ``made`` returns, or fail at the node with the reason."""
    try:
        return made()
    except (ValueError, WrongInput) as error:
        node.fail(str(error))


def _defaults(members: dict[str, Node]) -> Defaults:
    decimal = _sign(members.get("decimal"), DECIMAL_SIGNS, ".")
    thousands = _sign(members.get("thousands"), THOUSANDS_SIGNS, "")
    if decimal == thousands:
        members["thousands"].fail("decimal and thousands are the same sign")
    node = members.get("time_zone")
    zone = _told(node, lambda: zone_of(node.filled())) if node else zone_of("UTC")
    return Defaults(Numbers(decimal, thousands), zone)


def _sign(node: Node | None, known: tuple[str, ...], without: str) -> str:
    if node is None:
        return without
    if node.text() not in known:
        node.fail(f"{node.what} is one of {' '.join(map(repr, known))}")
    return node.text()


def _dialect(node: Node | None) -> Dialect:
    if node is None:
        return Dialect()
    members = node.members(_OF_CSV)
    signs: dict[str, str | None] = {}
    for name in ("delimiter", "quote", "escape"):
        if name in members:
            sign = members[name].text()
            sign = _DELIMITERS.get(sign.lower(), sign) if name == "delimiter" else sign
            if len(sign) > 1 or sign in ("\r", "\n", "\0") or (name == "delimiter" and not sign):
                members[name].fail(f"{name} is one character" + ", or tab" * (name == "delimiter"))
            signs[name] = sign or None
    if len({*signs.values()}) < len(signs) and None not in signs.values():
        node.fail("delimiter, quote and escape are different characters")
    names = tuple(element.text() for element in members["columns"].elements()) if "columns" in members else ()
    return Dialect()._replace(**signs, columns=names)  # type: ignore[arg-type]  # the delimiter is never None


def _columns(node: Node | None) -> Columns | None:
    if node is None:
        return None
    names = tuple(element.filled() for element in node.elements())
    if not names:
        node.fail("id names no column; leave it out for an id of the whole record")
    return Columns(names, node.line)


def _event(node: Node, defaults: Defaults, columns: Columns | None, counted: Counter[str]) -> EventMap:
    members = node.members(_OF_EVENT)
    if "type" not in members:
        node.fail(f"the event has no type: one of {', '.join(EVENT_TYPES)}")
    kind = members["type"].text()
    if kind not in EVENT_TYPES:
        members["type"].fail(f"{kind!r} is no type of event: one of {', '.join(EVENT_TYPES)}")
    values: dict[str, Value] = {"type": Constant(msgspec.json.encode(kind))}
    for name in _OF_EVENT[3:]:
        if name in members:
            values[name] = read_value(name, members[name], defaults)
    _check(node, kind, values)
    _check_own_id(members, values, counted)
    counted[kind] += 1
    when = _when(members["when"]) if "when" in members else None
    ids = _columns(members["id"]) if "id" in members else columns
    return EventMap(kind, f"{kind} {counted[kind]}", Members(values), node.line, ids, when)


def _check(node: Node, kind: str, values: dict[str, Value]) -> None:
    """Reject what no event of this map could ever be."""
    reason = refused_at_a_glance(kind, lambda name: values.get(name) not in (None, Constant(b'""'), Constant(b"null")))
    if reason:
        node.fail(f"{reason.code}: {reason.detail}")
    for name in OBJECTS:
        value = values.get(name)
        if isinstance(value, Constant) and value.text[:1] != b"{":
            node.fail(f"{name} is an object: put members below it")
        if isinstance(value, FromColumn) and not value.is_json:
            node.fail(f"{name} is an object: put members below it, or give its column type: json")


def _check_own_id(members: dict[str, Node], values: dict[str, Value], counted: Counter[str]) -> None:
    own = values.get("messageId")
    if own is None:
        return
    if "id" in members:
        members["id"].fail("messageId and id are two ways to say the same: leave one out")
    if not isinstance(own, FromColumn):
        members["messageId"].fail("a messageId that is always the same would be every event's: name a column")
    counted["messageId of " + own.column] += 1
    if counted["messageId of " + own.column] > 1:
        members["messageId"].fail("another event has its messageId of this column, too: name columns with id")


def _when(node: Node) -> When:
    members = node.members(_OF_WHEN)
    if "column" not in members:
        node.fail("when names a column: {column: Paid at}, or {column: Stage, is: [Won, Closed]}")
    words = frozenset(element.text() for element in members["is"].elements()) if "is" in members else frozenset()
    if "is" in members and not words:
        members["is"].fail("is names no word")
    return When(members["column"].filled(), words, node.line)
