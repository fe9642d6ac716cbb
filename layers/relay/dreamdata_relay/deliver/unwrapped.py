"""The result of opening one message: its events, or why it holds none."""

from collections.abc import Mapping

from msgspec import Struct, field

from dreamdata_relay.errors import EventRefused
from dreamdata_relay.events.reading import Reading
from dreamdata_relay.events.rules import Reason
from dreamdata_relay.events.typed_fields import Text


class Unwrapped(Struct):
    """The events of one message; ``count`` is the number found in it.

    ``whole``: the text of all events, separated by commas, if none needed a change. Otherwise ``reading`` has the
    accepted and the refused events one by one, and ``floods`` has refused events by reason if there are very many.
    ``context`` and ``integrations`` (JSON text) were shared by all; merging them took ``merged`` bytes. ``refusal``:
    the message as a whole cannot be events, and counts as one. ``dropped`` counts by rule the events that a privacy
    rule dropped; ``cleaned``: the others are as the rules leave them, and the message itself is not.
    """

    source: str
    message_ids: list[str]
    whole: memoryview | None = None
    reading: Reading = field(default_factory=Reading)
    floods: dict[Reason, list[Text]] = field(default_factory=dict)
    context: bytes | None = None
    integrations: bytes | None = None
    refusal: EventRefused | None = None
    count: int = 1
    merged: int = 0
    # Where the message came from by what it is, whatever it says itself.
    came: str = "queue"
    dropped: Mapping[str, int] = {}
    cleaned: bool = False


class MergesMuch(Exception):
    """Raised if merging takes more bytes (``merged``) than the caller allowed."""

    def __init__(self, merged: int) -> None:
        super().__init__(merged)
        self.merged = merged
