"""The quick ways for ordinary events: only the members that rules name are looked at, each where it surely is.

Names spelled by escapes, doubled members, lone surrogates, and nesting that the C reader refuses are left to the exact
way, :mod:`dreamdata_relay.privacy.finding`.
"""

from collections.abc import Sequence
from typing import Any

from dreamdata_relay.privacy.edits import edited
from dreamdata_relay.privacy.glancing import Glance
from dreamdata_relay.privacy.locating import NotSure
from dreamdata_relay.privacy.looking import Look
from dreamdata_relay.privacy.narrowing import Narrowing
from dreamdata_relay.privacy.shapes import Match, Shape
from dreamdata_relay.privacy.units import Unit
from dreamdata_relay.privacy.values import Ring


class Plan:
    """What is to be done with the events that the rules of ``units`` match."""

    def __init__(self, units: Sequence[Unit], shape: Shape) -> None:
        self._anywhere = Look(unit.looked for unit in units if not unit.named)
        added = {unit.path[-1] for unit in units if unit.action.do == "set"}
        # What is added might be what is looked for elsewhere.
        self._never = any(not unit.named and not added.isdisjoint(unit.path) for unit in units)
        self._glance = Glance(units, shape)
        self._narrowing = Narrowing([unit for unit in units if unit.named])

    def done(self, text: bytes, read: Any, keys: Sequence[Match], ring: Ring) -> tuple[bytes, list[str]]:
        """Return the text and the rules that changed it; ``read`` and ``keys`` are what the shape found in it.

        No name that counts is spelled by escapes. Raises :class:`NotSure` if only the exact way can tell.
        """
        if self._never:
            raise NotSure
        try:
            edits, changed = self._glance.edits(text, read, keys, ring)
        except NotSure:
            return self._narrowed(text, ring)
        return edited(text, edits) if edits else text, changed

    def _narrowed(self, text: bytes, ring: Ring) -> tuple[bytes, list[str]]:
        if self._anywhere.finds(text):
            raise NotSure
        return self._narrowing.done(text, ring)
