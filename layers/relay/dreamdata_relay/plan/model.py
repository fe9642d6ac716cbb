"""The compiled plan as it is read: ``plan.json``."""

import msgspec

from dreamdata_relay.errors import PlanUnusable
from dreamdata_relay.plan.violations import Kind, Mode

FORMAT = 1


class Schema(msgspec.Struct, frozen=True):
    """A schema of a file: ``needs`` are the members of the event it looks at, None for all; ``uses`` other files.

    ``weight`` bounds how many schemas, and names that they list, one value meets.
    """

    file: str
    schema: msgspec.Raw
    weight: int
    needs: tuple[str, ...] | None = None
    uses: tuple[str, ...] = ()


class Planned(msgspec.Struct, frozen=True):
    """The schema of an event; ``event`` is a track's ``event`` or a page's ``name``, None for all others of a type."""

    type: str
    schema: Schema
    event: str | None = None


class Setting(msgspec.Struct, frozen=True):
    """A mode for events and violations that meet every condition given."""

    mode: Mode
    types: tuple[str, ...] | None = None
    events: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    kinds: tuple[Kind, ...] | None = None


class Compiled(msgspec.Struct, frozen=True):
    """The whole plan; ``resources`` are the files that schemas refer to."""

    format: int
    version: str
    mode: Mode = Mode.WARN
    modes: tuple[Setting, ...] = ()
    common: Schema | None = None
    planned: tuple[Planned, ...] = ()
    resources: dict[str, msgspec.Raw] = {}


_DECODER = msgspec.json.Decoder(Compiled)


def read(text: bytes) -> Compiled:
    """Return the plan in ``text``; raises :class:`PlanUnusable`."""
    try:
        found = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise PlanUnusable("the compiled plan is damaged") from None
    if found.format != FORMAT:
        raise PlanUnusable(f"the compiled plan has format {found.format}, this release reads {FORMAT}")
    return found
