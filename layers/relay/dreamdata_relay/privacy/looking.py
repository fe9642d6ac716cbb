"""Tells quickly that a text has no member that some paths name."""

import re
from collections.abc import Iterable

from dreamdata_relay.events.json_names import escapes_of
from dreamdata_relay.privacy.paths import WILD, Path

# As a number and by find: bytes are looked for by "in" only after they have been tried as a number.
_BACKSLASH = ord("\\")


class Look:
    """The names in ``paths``, any of which has to be there as a whole for something to be found."""

    def __init__(self, paths: Iterable[Path]) -> None:
        quoted = [
            frozenset(f'"{name}"'.encode("utf-8", "surrogatepass") for name in path if name not in WILD)
            for path in paths
        ]
        self._names = tuple(tuple(sorted(names)) for names in quoted)

    def finds(self, text: bytes) -> bool:
        """Whether ``text``, in which no name is spelled by escapes, may hold what is at one of the paths."""
        for names in self._names:
            for name in names:
                if text.find(name) < 0:
                    break
            else:
                return True
        return False


class Escapes:
    """Whether a text may spell one of ``names`` by escapes."""

    def __init__(self, names: Iterable[str]) -> None:
        characters = {character for name in names for character in name}
        self._pattern = re.compile(escapes_of(characters)) if characters else None

    def may_spell(self, text: bytes) -> bool:
        r"""Whether one of the names' characters is written as an escape somewhere, or seems to be (after ``\\``)."""
        return _BACKSLASH in text and self._pattern is not None and self._pattern.search(text) is not None
