"""Walks the text of an event once and finds the values that an action is for."""

import msgspec

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.json_editing import after_space, string_of
from dreamdata_relay.events.json_names import members_without
from dreamdata_relay.privacy.paths import State
from dreamdata_relay.privacy.scanning import item_pattern, key_pattern, next_of, plain_items, value_end

# So many arrays and objects within one another are scanned by name only: for that each one's end is looked for first,
# which at every level would cost the square of the length.
_MOST_FLAT = 8
_OBJECT, _ARRAY = ord("{"), ord("[")


class Found(msgspec.Struct, frozen=True):
    """A value, or a run of members: ``start`` is where the member or item starts, with its key if it has one."""

    start: int
    value_start: int
    end: int
    is_item: bool = False


class Lacking(msgspec.Struct, frozen=True):
    """An object that starts at ``start`` and lacks the members ``names``."""

    start: int
    names: list[str]


class _Frame:
    """An array or object that is being looked through. ``flat_end``: where it ends, if only names count."""

    __slots__ = ("flat_end", "seen", "start", "state")

    def __init__(self, state: State, start: int, flat_end: int) -> None:
        self.state = state
        self.start = start
        self.flat_end = flat_end
        self.seen: set[str] = set()


class Finder:
    """One walk through ``text`` by the states that begin with ``start``.

    ``found`` and ``lacking`` hold what is there afterwards. With ``runs``, consecutive members that are wanted whatever
    their names are found as one.
    """

    def __init__(self, text: bytes, start: State, runs: bool = False) -> None:
        self.found: list[Found] = []
        self.lacking: list[Lacking] = []
        self._text = text
        self._runs = runs
        self._frames: list[_Frame] = []
        self._flat = 0
        self._place = self._value(start, -1, after_space(text, 0))
        while self._frames:
            frame = self._frames[-1]
            if frame.flat_end >= 0:
                self._by_name(frame)
            elif text[frame.start] == _OBJECT:
                self._in_object(frame)
            else:
                self._in_array(frame)

    def _by_name(self, frame: _Frame) -> None:
        found = next_of(frame.state.names).match(self._text, self._place, frame.flat_end)
        if found is None:
            self._flat -= 1
            self._close(frame.flat_end - 1)
        else:
            self._place = self._value(frame.state.member(string_of(found[1])), found.start(1), found.end())

    def _in_object(self, frame: _Frame) -> None:
        state = frame.state
        if state.other is None or (self._runs and state.other.wanted):
            run = members_without(state.names).match(self._text, self._place)
            if run and run.end() > self._place:
                if state.other:
                    start = after_space(self._text, self._place + 1)
                    self.found.append(Found(start, start, run.end(1)))
                self._place = run.end()
        found = key_pattern().match(self._text, self._place)
        if found is None:
            self._close_after(frame, b"}")
            return
        name = string_of(found[1])
        if name in state.added:
            frame.seen.add(name)
        self._place = self._value(state.member(name), found.start(1), found.end())

    def _in_array(self, frame: _Frame) -> None:
        state = frame.state.item
        if state is None or not (state.wanted or state.reduced):
            run = plain_items().match(self._text, self._place)
            self._place = run.end() if run else self._place
        found = item_pattern().match(self._text, self._place)
        if found is None:
            self._close_after(frame, b"]")
            return
        self._place = self._value(state, -1, found.end())

    def _value(self, state: State | None, key: int, start: int) -> int:
        """Look at the value at ``start``; return where to go on, which is in it if what it holds counts."""
        text, first = self._text, self._text[start]
        if state and not state.wanted and (first == _OBJECT or (first == _ARRAY and state.item)):
            flat = state.flat and self._flat < _MOST_FLAT
            self._flat += flat
            self._frames.append(_Frame(state, start, value_end(text, start) if flat else -1))
            return start
        end = value_end(text, start)
        plain = first not in (_OBJECT, _ARRAY)
        if state and (state.wanted or (state.reduced and plain and text[start:end] != b"null")):
            self.found.append(Found(start if key < 0 else key, start, end, key < 0))
        return after_space(text, end)

    def _close_after(self, frame: _Frame, bracket: bytes) -> None:
        """Close the array or object at whose last value's end, or at whose start, the walk is."""
        end = after_space(self._text, self._place + 1) if self._place == frame.start else self._place
        if self._text[end : end + 1] != bracket:
            raise NotJson("an array or object does not end")
        if bracket == b"}":
            names = [name for name in frame.state.added if name not in frame.seen]
            self.lacking += [Lacking(frame.start, names)] if names else []
        self._close(end)

    def _close(self, end: int) -> None:
        self._frames.pop()
        self._place = after_space(self._text, end + 1)
