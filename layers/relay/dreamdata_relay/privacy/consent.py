"""Whether an event carries a consent."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from dreamdata_relay.events.json_editing import members_decoder
from dreamdata_relay.privacy.finding import Finder
from dreamdata_relay.privacy.locating import NotSure
from dreamdata_relay.privacy.model import Consent
from dreamdata_relay.privacy.paths import WILD, Path, Paths
from dreamdata_relay.privacy.shapes import Key, Shape, written

_NULL, _TRUE = b"null", b"true"


class ConsentCheck:
    """Looks for the consent that a rule requires: the category is ``true`` in the object at its path.

    Where a member is doubled, each one has to say so. ``path``: None if it is more than names.
    """

    def __init__(self, required: Consent) -> None:
        self.company_level = required.otherwise == "company_level"
        self.names = {*required.at, required.category} - WILD
        self.path: Path | None = None if WILD.intersection(required.at) or not required.at else required.at
        self._allowed_if_missing = required.missing == "allow"
        self._objects = Paths([required.at])
        self._category = Paths([(required.category,)])
        self._last = written(required.at[-1]) if self.path else b""
        self._quoted = b'"' + written(required.category) + b'"'
        self._decode = members_decoder((required.category,)).decode
        self._get: Callable[[Any], msgspec.Raw] | None = None

    def read_by(self, shape: Shape) -> None:
        """Let ``shape`` read the object at the path from now on, if it does."""
        if self.path is not None and shape.leaf_of(self.path) == self.path:
            self._get = shape.getter(self.path)

    def quickly_given(self, text: bytes, read: Any, keys: Sequence[Key]) -> bool:
        """Return the same as :meth:`given` for an event in which no name that counts is spelled by escapes.

        ``read`` and ``keys`` are what the shape read and found in it. May raise :class:`NotSure`.
        """
        if self._get is None:
            return self.given(text)
        places = [key for name, key in keys if name == self._last]
        if not places:
            return self._allowed_if_missing
        value = bytes(self._get(read))
        # What the reader found is there, if no other member in the event is called so.
        if len(places) > 1 or not value or not text.startswith(value, places[0].end()):
            return self.given(text)
        return self._allowed_if_missing if value == _NULL else self._quickly_consents(value)

    def given(self, text: bytes) -> bool:
        """Whether the event ``text`` carries it."""
        objects = [text[one.value_start : one.end] for one in Finder(text, self._objects.start).found]
        if all(one == _NULL for one in objects):
            return self._allowed_if_missing
        return all(self._consents(one) for one in objects)

    def _quickly_consents(self, text: bytes) -> bool:
        if text[:1] == b"{" and text.count(self._quoted) == 1:
            try:
                value = bytes(msgspec.structs.astuple(self._decode(text))[0])
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                raise NotSure from None
            if value:
                return value == _TRUE
        return self._consents(text)

    def _consents(self, text: bytes) -> bool:
        if text[:1] != b"{":
            return False
        found = Finder(text, self._category.start).found
        return bool(found) and all(text[one.value_start : one.end] == _TRUE for one in found)
