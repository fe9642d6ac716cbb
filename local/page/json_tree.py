"""JSON as nested Python values whose numbers keep their digits, and back to text."""

import json
from typing import Any


class Number(str):
    """A number's own digits (or NaN and Infinity, which many clients send)."""

    __slots__ = ()


class NotJson(ValueError):
    """Raised when a text is not JSON or nests too deep to be compared."""


def parse(text: str) -> Any:
    """The value of `text`; of a key that stands twice the last counts. Raises NotJson."""
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
    except (ValueError, RecursionError) as error:
        raise NotJson(type(error).__name__) from None


def text_of(value: Any) -> str:
    """`value` as one line of JSON, any character as itself."""
    match value:
        case Number():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{text_of(str(key))}: {text_of(item)}" for key, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(text_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
