"""Tracks each message's progress: how many of its events have ended, and what still waits."""

import itertools
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from dreamdata_relay.deliver.payloads import Piece
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.events.chunks import CHUNK_END, CHUNK_START, chunk
from dreamdata_relay.events.typed_fields import Text

# Values of the attribute ``refused``: Dreamdata refused the events and took something else after that, or before only,
# or nothing; or it failed on them and took something else after that. ``DOUBTFUL`` is ``BESIDE`` with a status that
# alone might be about the key or the endpoint.
BESIDE, DOUBTFUL, AFTER_ACCEPTANCE, WITH_ALL, FAILED = "beside", "doubtful", "after", "all", "failed"
# Of these the next refusal confirms the first: it came beside something that Dreamdata took.
CONFIRMING = frozenset({BESIDE, DOUBTFUL, AFTER_ACCEPTANCE, FAILED})
# Of these it does so although nothing else is taken any more.
PROVEN = frozenset({BESIDE, DOUBTFUL})


class DeadEvent(Struct, frozen=True):
    """Events to dead-letter for one reason, with the ``body`` they are kept as; ``events`` is how many.

    Should the dead-letter queue be away, ``piece`` waits, or else the body as a message of its own; ``whole``: the
    message itself waits, as it came.
    """

    message: int
    body: str
    code: str
    detail: str
    status: int | None = None
    events: int = 1
    piece: Piece | None = None
    whole: bool = False


class MessageProgress(Struct):
    """One message on its way.

    ``events``: how many events were found in it; a message that cannot be read counts as one. ``ended``: those
    delivered, dead-lettered, or left out as repeats of another message's. ``repeats``: repeats within the message.
    ``shared``: the context and the integrations that were merged into its events, as JSON text.
    ``waiting`` waits as it is; ``refused`` was refused by Dreamdata, in one of the ways above, and waits to be refused
    again before that is believed; ``letters`` are bodies for the dead-letter queue, with the number of their events.
    """

    message: QueuedMessage
    source: str = "queue"
    events: int = 0
    ended: int = 0
    repeats: int = 0
    shared: tuple[bytes | None, ...] = ()
    waiting: list[Piece] = field(default_factory=list)
    refused: dict[str, list[Piece]] = field(default_factory=dict)
    letters: list[tuple[str, int]] = field(default_factory=list)
    hold: Hold | None = None
    # What waits goes back as a message for each piece.
    apart: bool = False
    # Not even looked into, or kept whole for another reason: to be received again as it is.
    kept_whole: bool = False

    def wait(self, piece: Piece, hold: Hold) -> None:
        """``piece`` waits for a later receive."""
        self.waiting.append(piece)
        self.held_for(hold)

    def take_apart(self) -> None:
        """What waits becomes several messages, as it was posted in parts; where it was not, by halves.

        Of several events that Dreamdata cannot take each may be in another part: no part, and no message, is then free
        of them, but smaller ones are.
        """
        if len(self.waiting) == 1 and len(self.waiting[0].message_ids) > 1:
            self.waiting = list(self.waiting[0].halves())
        self.apart = len(self.waiting) > 1

    def wait_to_confirm(self, piece: Piece, how: str) -> None:
        """Dreamdata refused ``piece``, in the way ``how``; refusals on later receives confirm it."""
        self.refused.setdefault(how, []).append(piece)
        self.held_for(Hold("refused"))

    def wait_as(self, body: str, events: int, hold: Hold) -> None:
        """What the dead-letter queue did not take waits as a message with ``body``."""
        self.letters.append((body, events))
        self.held_for(hold)

    def keep_whole(self, hold: Hold) -> None:
        """The message waits as it came."""
        self.kept_whole = True
        self.held_for(hold)

    def held_for(self, hold: Hold) -> None:
        """Note why something waits; the longest Retry-After of all counts."""
        if self.hold is None or (hold.after or 0) > (self.hold.after or 0):
            self.hold = hold

    @property
    def waiting_events(self) -> int:
        """How many events wait, of a message that is not kept whole."""
        pieces = sum(len(piece.message_ids) for piece in self.waiting_pieces)
        return pieces + sum(events for _, events in self.letters)

    @property
    def waiting_pieces(self) -> list[Piece]:
        """All pieces that wait, for whatever."""
        return [*self.waiting, *itertools.chain.from_iterable(self.refused.values())]

    def waiting_size(self) -> int:
        """Bytes of what waits, of a message that is not kept whole."""
        pieces = sum(len(piece.text) for piece in self.waiting_pieces)
        return pieces + sum(len(body) for body, _ in self.letters)

    @property
    def has_waiting(self) -> bool:
        """Whether any event waits, of a message that is not kept whole."""
        return bool(self.waiting or self.refused or self.letters)

    @property
    def done(self) -> bool:
        """Every event has ended: the message may be deleted."""
        return not self.has_waiting and not self.kept_whole

    @property
    def partly(self) -> bool:
        """What waits must go back as messages of its own.

        Received again as it is, the message would send twice what has ended, or forget what Dreamdata refused.
        """
        return not self.kept_whole and self.has_waiting and (self.ended > 0 or bool(self.refused) or self.apart)

    @property
    def miscounted(self) -> int:
        """How many events more went in than came out (fewer: negative); always 0, or the relay has a fault."""
        return 0 if self.kept_whole else self.events - self.ended - self.repeats - self.waiting_events

    def forget_waiting(self) -> None:
        """What waited is on the queue as messages of its own."""
        self.ended += self.waiting_events
        self.waiting.clear()
        self.refused.clear()
        self.letters.clear()


def joined(message: int, pieces: Sequence[Piece]) -> list[Piece]:
    """The events of ``pieces``, all of one message, in as few pieces as fit a message body each."""
    events, ids = events_of(pieces), [message_id for piece in pieces for message_id in piece.message_ids]
    found, start = [], 0
    for body in chunk(events):
        piece = Piece(message, memoryview(body)[len(CHUNK_START) : -len(CHUNK_END)], ())
        end = start + len(piece.events())
        piece.message_ids = ids[start:end]
        found.append(piece)
        start = end
    return found


def events_of(pieces: Iterable[Piece]) -> list[Text]:
    """The events of ``pieces`` one by one."""
    return [event for piece in pieces for event in piece.events()]
