"""What became of each message: how many of its events have their end, and which still wait."""

from collections.abc import Iterable

from msgspec import Struct, field

from dreamdata_relay.events import read_array
from dreamdata_relay.outcomes import Hold
from dreamdata_relay.payloads import Piece
from dreamdata_relay.probes import Text
from dreamdata_relay.unwrapping import QueuedMessage


class DeadEvent(Struct, frozen=True):
    """An event or a whole message to dead-letter: why, with the text it is kept as."""

    message: int
    body: str
    code: str
    detail: str
    status: int | None = None
    # What would wait if the dead-letter queue did not take it; None: the message as a whole.
    piece: Piece | None = None

    @property
    def events(self) -> int:
        """How many events it stands for; a message that cannot be read counts as one."""
        return len(self.piece.message_ids) if self.piece else 1


class MessageFate(Struct):
    """One message on its way: ``ended`` counts events delivered, dead-lettered, or left out as another's repeats."""

    message: QueuedMessage
    source: str = "queue"
    ended: int = 0
    waiting: list[Piece] = field(default_factory=list)
    hold: Hold | None = None
    # Not even looked into, or kept whole for another reason: to be received again as it is.
    kept_whole: bool = False

    def wait(self, piece: Piece, hold: Hold) -> None:
        """``piece`` waits for a later receive; the longest Retry-After of all counts."""
        self.waiting.append(piece)
        if self.hold is None or (hold.after or 0) > (self.hold.after or 0):
            self.hold = hold

    @property
    def done(self) -> bool:
        """Every event has its end: the message may be deleted."""
        return not self.waiting and not self.kept_whole

    @property
    def partly(self) -> bool:
        """Some events have their end while others wait: received again as it is, the former would be sent twice."""
        return bool(self.waiting) and self.ended > 0 and not self.kept_whole


def events_of(pieces: Iterable[Piece]) -> list[Text]:
    """The events of ``pieces`` one by one."""
    return [event for piece in pieces for event in read_array(b"[" + bytes(piece.text) + b"]").raws]
