"""An object whose list `batch` holds the events, as SDKs send it: its other members before and after the list."""

import json
from typing import Any

from relay_cli.errors import WrongInput
from relay_cli.history.json_stretch import Stretch, broken, past_blanks, value_of

# What the events share: the relay puts it into each of them, and here nothing does.
_SHARED = ("context", "integrations")
_ANY = json.JSONDecoder()


def batch_begins(stretch: Stretch) -> int:
    """Where the elements of the object's list ``batch`` begin; 0 where it is another value.

    What has a ``type`` before it is an event, as it is to the relay. Raises WrongInput where the events share members.
    """
    text, at = stretch.text, stretch.at
    if text[at : at + 1] != "{":
        return 0
    try:
        while True:
            name, at = _ANY.raw_decode(text, past_blanks(text, at + 1))
            at = past_blanks(text, at)
            value_at = past_blanks(text, at + 1)
            if text[at] != ":" or name == "type":
                return 0
            if name == "batch":
                return value_at + 1 if text[value_at] == "[" else 0
            value, at = _ANY.raw_decode(text, value_at)
            at = past_blanks(text, at)
            if text[at] != ",":
                return 0
            _check_not_shared(name, value)
    except (ValueError, RecursionError, IndexError):
        return 0


def end_envelope(stretch: Stretch) -> None:
    """What comes after the list ``batch``, with the object's end."""
    while stretch.skip_blanks() == ",":
        stretch.take(stretch.at + 1)
        stretch.skip_blanks()
        name = json.loads(value_of(stretch))
        if stretch.skip_blanks() != ":":
            raise broken(stretch.line)
        stretch.take(stretch.at + 1)
        stretch.skip_blanks()
        _check_not_shared(name, json.loads(value_of(stretch)))
    if stretch.skip_blanks() != "}":
        raise broken(stretch.line)
    stretch.take(stretch.at + 1)


def _check_not_shared(name: Any, value: Any) -> None:
    if name in _SHARED and value:
        raise WrongInput(f"the events of the batch share {name}, which is not read here: put it into each of them")
