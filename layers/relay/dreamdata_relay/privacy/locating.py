"""Finds a member of an object in its text by its name, if that is the only one it can be."""

from dreamdata_relay.events.json_editing import after_space

_COLON, _SPACE = ord(":"), ord(" ")
# A name that occurs more often is left to the exact way.
_MOST_OCCURRENCES = 50

type Place = tuple[int, int]
ABSENT: Place = (-1, -1)


class NotSure(Exception):  # no error: the exact way takes over
    """Raised when it is not certain where a member is."""


def place_of(text: bytes, quoted: bytes, value: bytes, start: int, end: int) -> Place | None:
    """Return where the member's key and its value start in the object from ``start`` to ``end``, None if not sure.

    ``quoted`` is its name in quotes, ``value`` that of the last member called so, empty if there is none.
    """
    key = text.find(quoted, start, end)
    if not value:
        return ABSENT if key < 0 else None
    place = key + len(quoted)
    if text[place] != _COLON:
        return None
    place += 2 if text[place + 1] == _SPACE else 1
    # The same name within the value is another member's.
    if not text.startswith(value, place) or text.find(quoted, place + len(value), end) >= 0:
        return None
    return key, place


def sure_place(
    text: bytes, quoted: bytes, value: bytes, start: int, end: int, others: list[tuple[int, int]]
) -> Place | None:
    """Return the same, but not counting what is no key or within ``others``, the spans of other members' values.

    None: the object has no such member. Raises :class:`NotSure`.
    """
    places = []
    key, occurrences = text.find(quoted, start, end), 0
    while key >= 0:
        occurrences += 1
        if occurrences > _MOST_OCCURRENCES:
            raise NotSure
        place = after_space(text, key + len(quoted))
        if text[place] == _COLON and not any(first <= key < last for first, last in others):
            places.append((key, after_space(text, place + 1)))
        key = text.find(quoted, key + 1, end)
    if not value and not places:
        return None
    if len(places) != 1 or not value or not text.startswith(value, places[0][1]):
        raise NotSure
    return places[0]
