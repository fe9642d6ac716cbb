"""Converts a cell into the JSON of a member: each type has a reader, which raises Unfit."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from relay_cli.history.records import JsonText

STRING, INTEGER, DECIMAL, BOOLEAN, TIMESTAMP, JSON = "string", "integer", "decimal", "boolean", "timestamp", "json"
TYPES = (STRING, INTEGER, DECIMAL, BOOLEAN, TIMESTAMP, JSON)
DECIMAL_SIGNS, THOUSANDS_SIGNS = (".", ","), (".", ",", " ", "'", "\u2019")
TRUE = ("true", "yes", "y", "t", "1", "x")
FALSE = ("false", "no", "n", "f", "0")
type ReadValue = Callable[[str], bytes]

_ENCODE = msgspec.json.Encoder().encode
_INTEGER = re.compile(r"([+-]?)0*([0-9]+)")
_DECIMAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,4}))?")
# No-break and thin blanks between thousands.
_BLANKS = str.maketrans("\u00a0\u202f\u2009", "   ")
# Digits that every reader of JSON keeps: more belong in a string.
_MOST_DIGITS = 40


class Unfit(Exception):
    """Raised when a cell does not fit the map; ``code`` names the expected type."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Numbers(NamedTuple):
    """How numbers are written: the decimal sign, and the thousands separator, if any."""

    decimal: str = "."
    thousands: str = ""

    def plain(self, text: str) -> str:
        """Return ``text`` in the usual notation; what is not a number stays as it is."""
        if self.thousands:
            if self.thousands == " ":
                text = text.translate(_BLANKS)
            whole, point, fraction = text.partition(self.decimal)
            text = _without(whole, self.thousands) + point + fraction
        # Where the comma is decimal a point is no number's, or every 1.234 would be read as something.
        return text if self.decimal == "." else text.replace(".", "?").replace(self.decimal, ".")


def _without(whole: str, sign: str) -> str:
    first, *groups = whole.split(sign)
    # 1.5 is not fifteen, whatever is said of thousands.
    return first + "".join(groups) if all(len(group) == 3 for group in groups) else "?"


def string(text: str) -> bytes:
    """Return a text; numbers and booleans in JSON keep their spelling."""
    if isinstance(text, JsonText) and text[:1] in "[{":
        raise Unfit("not_a_string", "is a list or an object: type: json")
    return _ENCODE(str(text))


def integer(numbers: Numbers) -> ReadValue:
    """Return a whole number, digit by digit."""

    def read(text: str) -> bytes:
        found = _INTEGER.fullmatch(numbers.plain(text))
        if not found or len(found[2]) > _MOST_DIGITS:
            raise Unfit("not_an_integer", "is no whole number")
        return _signed(found[1], found[2], is_zero=found[2] == "0")

    return read


def decimal(numbers: Numbers) -> ReadValue:
    """Return a number digit by digit, without going through a float."""

    def read(text: str) -> bytes:
        found = _DECIMAL.fullmatch(numbers.plain(text))
        whole, fraction = (found[2], found[3] or "") if found else ("", "")
        if not found or not whole + fraction or len(whole + fraction) > _MOST_DIGITS:
            raise Unfit("not_a_decimal", f"is no number with {numbers.decimal!r} before its fraction")
        power = f"e{int(found[4])}" if found[4] and int(found[4]) else ""
        digits = (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")
        return _signed(found[1], digits + power, is_zero=not digits.strip("0."))

    return read


def _signed(sign: str, digits: str, *, is_zero: bool) -> bytes:
    return (("-" if sign == "-" and not is_zero else "") + digits).encode()


def boolean(true: Sequence[str], false: Sequence[str]) -> ReadValue:
    """Return true or false, by the words for them in any case."""
    words = {word.casefold(): b"true" for word in true} | {word.casefold(): b"false" for word in false}

    def read(text: str) -> bytes:
        found = words.get(text.casefold())
        if found is None:
            raise Unfit("not_a_boolean", "is none of the words for true and false")
        return found

    return read


def timestamp(moment: Callable[[str], str]) -> ReadValue:
    """Return a time in UTC."""

    def read(text: str) -> bytes:
        try:
            return b'"' + moment(text).encode() + b'"'
        except ValueError:
            raise Unfit("not_a_timestamp", "is no timestamp of that format") from None

    return read


def json_value(text: str) -> bytes:
    """Return the JSON in the cell; a text of a JSON file stays a text."""
    if isinstance(text, JsonText):
        return text.encode()
    try:
        return bytes(msgspec.json.decode(text, type=msgspec.Raw)).strip()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Unfit("not_json", "is not JSON") from None


def json_or_string(text: str) -> bytes:
    """Return any value of a JSON file unchanged."""
    return text.encode() if isinstance(text, JsonText) else _ENCODE(text)
