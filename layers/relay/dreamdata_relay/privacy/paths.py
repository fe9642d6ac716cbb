"""The places that an action names, as a machine of states: one for each set of places that a value may be at.

A path's steps are names, ``*`` (any member or item), ``**`` (any depth, none included) and ``[]`` (any item).
"""

import functools
from collections.abc import Iterable, Sequence

ANY, DEEP, ITEMS = "\0*", "\0**", "\0[]"
WILD = frozenset({ANY, DEEP, ITEMS})

type Path = Sequence[str]
# Which path, and how many of its steps are done.
type Position = tuple[int, int]


class Paths:
    """Some paths, and what is wanted there.

    Without ``allowed`` the values at the paths are. With it, what is there beside the members called so: these
    members of objects, at arrays those of their items, and what is neither. ``added``: objects that lack a path's last
    member are wanted, too.
    """

    def __init__(self, paths: Iterable[Path], allowed: Iterable[str] | None = None, added: bool = False) -> None:
        self.paths = tuple(tuple(path) for path in paths)
        self.allowed = None if allowed is None else frozenset(allowed)
        self.added = added
        self._states: dict[frozenset[Position], State] = {}
        self.removed = State(self, frozenset(), wanted=True)
        self.start = self.state({(number, 0) for number in range(len(self.paths))}) or State(self, frozenset())

    def state(self, positions: set[Position]) -> "State | None":
        """Return the state of a value that is at ``positions``; None if nothing in it is wanted."""
        waiting = list(positions)
        for path, done in waiting:
            # No level at all is a depth, too.
            if self.paths[path][done : done + 1] == (DEEP,) and (path, done + 1) not in positions:
                positions.add((path, done + 1))
                waiting.append((path, done + 1))
        if not positions:
            return None
        key = frozenset(positions)
        if key not in self._states:
            self._states[key] = State(self, key)
        return self._states[key]


class State:
    """What is wanted in a value: itself (``wanted``), what it holds, or both.

    ``reduced``: what it holds beside the allowed members. ``added``: the members it is to have.
    """

    def __init__(self, paths: Paths, positions: frozenset[Position], wanted: bool = False) -> None:
        self._paths = paths
        self._positions = positions
        self._steps = [
            (path, done, paths.paths[path][done]) for path, done in positions if done < len(paths.paths[path])
        ]
        ended = len(self._steps) < len(positions)
        self.reduced = ended and paths.allowed is not None
        self.wanted = wanted or (ended and paths.allowed is None)
        self.names = frozenset(step for _, _, step in self._steps if step not in WILD)
        self.added: tuple[str, ...] = ()
        if paths.added:
            last = (paths.paths[path][-1] for path, done in positions if done == len(paths.paths[path]) - 1)
            self.added = tuple(sorted({step for step in last if step not in WILD}))
        if self.reduced and paths.allowed:
            self.names |= paths.allowed
        self._members: dict[str, State | None] = {}

    def member(self, name: str) -> "State | None":
        """Return the state of the member ``name`` if this is an object."""
        if name not in self.names:
            return self.other
        if name not in self._members:
            self._members[name] = self._member(name)
        return self._members[name]

    def _member(self, name: str) -> "State | None":
        if self.reduced and self._paths.allowed is not None and name not in self._paths.allowed:
            return self._paths.removed
        return self._paths.state(self._after(name, ANY))

    @functools.cached_property
    def other(self) -> "State | None":
        """The state of any member that is not in ``names``."""
        return self._paths.removed if self.reduced else self._paths.state(self._after(ANY))

    @functools.cached_property
    def item(self) -> "State | None":
        """The state of each item if this is an array."""
        own = {(path, done) for path, done in self._positions if done == len(self._paths.paths[path])}
        return self._paths.state(self._after(ANY, ITEMS) | (own if self.reduced else set()))

    @functools.cached_property
    def flat(self) -> bool:
        """Whether only names count, at whatever depth."""
        return self.other is self and self.item is self and not (self._paths.added or self.reduced)

    def _after(self, *steps: str) -> set[Position]:
        return {(path, done + (step != DEEP)) for path, done, step in self._steps if step == DEEP or step in steps}
