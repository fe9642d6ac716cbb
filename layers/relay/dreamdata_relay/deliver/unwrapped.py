"""What opening one message gives: its events, or why it holds none."""

from msgspec import Struct, field

from dreamdata_relay.errors import EventRefused
from dreamdata_relay.events.reading import Reading
from dreamdata_relay.events.rules import Reason
from dreamdata_relay.events.typed_fields import Text


class Unwrapped(Struct):
    """The events of one message; ``count`` is how many were found in it.

    ``whole``: all events were complete as they stood, and this is their text with the commas between. Otherwise
    ``reading`` has the events one by one, and those refused; ``floods`` has refused events by reason where there are
    very many. ``context`` and ``integrations`` (JSON text) were shared by all: ``merged`` bytes to merge into them.
    ``refusal``: the message as a whole cannot be events, and counts as one.
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


class MergesMuch(Exception):
    """Raised for a message into whose events more (``merged`` bytes) is to be merged than was allowed for now."""

    def __init__(self, merged: int) -> None:
        super().__init__(merged)
        self.merged = merged
