"""Reads a member's value in a map: a column with its type, a constant, or members below it."""

from collections.abc import Callable
from datetime import tzinfo
from typing import NamedTuple

import msgspec

from dreamdata_relay.events.rules import OBJECTS
from relay_cli.history import values
from relay_cli.history.maps import Constant, FromColumn, Members, Value
from relay_cli.history.moments import ISO, check_format, reader_of, zone_of
from relay_cli.history.values import DECIMAL_SIGNS, THOUSANDS_SIGNS, Numbers, ReadValue
from relay_cli.history.yaml_nodes import Node

_TIMESTAMP = "timestamp"
# Beside column, type and required: which options are for which type.
_NUMBER = ("decimal", "thousands")
_OPTIONS = {
    values.INTEGER: _NUMBER,
    values.DECIMAL: _NUMBER,
    values.TIMESTAMP: ("format", "zone", *_NUMBER),
    values.BOOLEAN: ("true_values", "false_values"),
}
_OF_COLUMN = ("column", "type", "required", "format", "zone", *_NUMBER, "true_values", "false_values")


class Defaults(NamedTuple):
    """What applies to every column that does not say otherwise."""

    numbers: Numbers
    zone: tzinfo


def read_value(name: str, node: Node, defaults: Defaults, *, below: bool = False) -> Value:
    """Return the value of the member ``name``; raises WrongInput. ``below``: it is a member of an object."""
    if not node.is_map():
        if node.is_list():
            node.fail(f"{name} is a column, or {{constant: [...]}}")
        return _from_column(name, {"column": node}, defaults, below=below)
    members = node.members()
    if "constant" in members:
        return Constant(_constant(name, node.members(("constant",))["constant"]))
    if "column" in members and not members["column"].is_map():
        return _from_column(name, node.members(_OF_COLUMN), defaults, below=below)
    if not below and name not in OBJECTS:
        node.fail(f"{name} is a column, as in {name}: Column or {{column: ..., type: ...}}, or {{constant: ...}}")
    return Members({key: read_value(key, inner, defaults, below=True) for key, inner in members.items()})


def _constant(name: str, node: Node) -> bytes:
    value = node.value()
    try:
        return msgspec.json.encode(value)
    except (OverflowError, UnicodeError):
        node.fail(f"{name} is no value of JSON: put a large number in quotes")


def _from_column(name: str, options: dict[str, Node], defaults: Defaults, *, below: bool) -> FromColumn:
    column = options["column"]
    is_time = name == _TIMESTAMP and not below
    kind = options["type"].text() if "type" in options else values.TIMESTAMP if is_time else values.STRING
    if kind not in values.TYPES:
        options["type"].fail(f"{kind!r} is no type: one of {', '.join(values.TYPES)}")
    if is_time and kind != values.TIMESTAMP:
        options["type"].fail("timestamp is of the type timestamp")
    for option in options.keys() - {"column", "type", "required"}:
        if option not in _OPTIONS.get(kind, ()):
            options[option].fail(f"{option} is not for the type {kind}")
    required = options["required"].value() if "required" in options else is_time
    if not isinstance(required, bool):
        options["required"].fail("required is true or false")
    return FromColumn(column.filled(), _reader(kind, options, defaults), column.line, required, kind == values.JSON)


def _reader(kind: str, options: dict[str, Node], defaults: Defaults) -> ReadValue:
    numbers = _numbers(options, defaults.numbers)
    makers: dict[str, Callable[[], ReadValue]] = {
        values.STRING: lambda: values.string,
        values.INTEGER: lambda: values.integer(numbers),
        values.DECIMAL: lambda: values.decimal(numbers),
        values.BOOLEAN: lambda: _boolean(options),
        values.TIMESTAMP: lambda: _timestamp(options, numbers, defaults.zone),
        values.JSON: lambda: values.json_value,
    }
    return makers[kind]()


def _numbers(options: dict[str, Node], usual: Numbers) -> Numbers:
    for option, known in (("decimal", DECIMAL_SIGNS), ("thousands", ("", *THOUSANDS_SIGNS))):
        if option in options:
            if options[option].text() not in known:
                options[option].fail(f"{option} is one of {' '.join(map(repr, known))}")
            usual = usual._replace(**{option: options[option].text()})
    if usual.decimal == usual.thousands:
        options.get("thousands", options["column"]).fail("decimal and thousands are the same sign")
    return usual


def _boolean(options: dict[str, Node]) -> ReadValue:
    words = {
        option: tuple(element.filled() for element in options[option].elements()) if option in options else usual
        for option, usual in (("true_values", values.TRUE), ("false_values", values.FALSE))
    }
    both = {word.casefold() for word in words["true_values"]} & {word.casefold() for word in words["false_values"]}
    if both:
        options.get("true_values", options["column"]).fail(f"{min(both)!r} is among the words for true and for false")
    return values.boolean(words["true_values"], words["false_values"])


def _timestamp(options: dict[str, Node], numbers: Numbers, zone: tzinfo) -> ReadValue:
    formats = []
    for element in options["format"].elements() if "format" in options else ():
        form = element.filled()
        try:
            check_format(form)
        except ValueError as error:
            element.fail(str(error))
        formats.append(form)
    if "zone" in options:
        try:
            zone = zone_of(options["zone"].filled())
        except ValueError as error:
            options["zone"].fail(str(error))
    return values.timestamp(reader_of(formats or [ISO], zone, numbers.plain))
