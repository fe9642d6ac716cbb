"""What values of one member have in common, seen one by one; of the values themselves little is kept.

A value becomes part of a plan only as one of a few that repeat: each seen several times and from several people, short,
and neither an address, an id nor in a member that names a person.
"""

import re
from typing import Any

import jsonschema_rs

# Formats that are told from other texts, the strictest first.
_FORMATS = ("date-time", "date", "uuid", "email", "ipv4", "uri")
MOST_CHOICES = 10
_FEWEST_TIMES = 5
_FEWEST_PEOPLE = 3
_LONGEST_CHOICE = 30
_NO_CHOICE = re.compile(r"[0-9]|@|://|[^\w \-.&/()]", re.ASCII)
# What a person, a company, a place or a key is told by.
_PERSONAL = re.compile(
    r"name|mail|phone|mobile|address|street|city|zip|post|birth|age|gender|sex|user|person|customer|company|account"
    r"|employer|token|secret|password|key|hash|session|(?:^|[^a-z])id|id$|ip$",
    re.IGNORECASE,
)


class Texts:
    """The texts of one member, called ``name``."""

    def __init__(self, name: str) -> None:
        self._formats = list(_FORMATS)
        self._choices: dict[str, tuple[int, set[str]]] | None = None if _PERSONAL.search(_split(name)) else {}

    def add(self, text: str, person: str) -> None:
        """One more."""
        self._formats = [name for name in self._formats if _fits(name, text)]
        if self._choices is None:
            return
        if len(text) > _LONGEST_CHOICE or not text or _NO_CHOICE.search(text):
            self._choices = None
            return
        times, people = self._choices.get(text, (0, set[str]()))
        if person and len(people) < _FEWEST_PEOPLE:
            people.add(person)
        self._choices[text] = (times + 1, people)
        if len(self._choices) > MOST_CHOICES:
            self._choices = None

    def schema(self) -> dict[str, Any]:
        """What all of them fit."""
        if self._formats:
            return {"format": self._formats[0]}
        return {"enum": sorted(self._choices)} if self._choices and all(map(_shared, self._choices.values())) else {}


def _shared(seen: tuple[int, set[str]]) -> bool:
    return seen[0] >= _FEWEST_TIMES and len(seen[1]) >= _FEWEST_PEOPLE


def _split(name: str) -> str:
    """The name with its words apart, so that ``orderId`` has an id and ``paid`` has none."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", "-", name)


_VALIDATORS = {name: jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True) for name in _FORMATS}


def _fits(name: str, text: str) -> bool:
    # Half a surrogate pair is a text in JSON, and none for the validator.
    return (
        text.isascii() and len(text) < 1_000 and (name != "uri" or "://" in text) and _VALIDATORS[name].is_valid(text)
    )
