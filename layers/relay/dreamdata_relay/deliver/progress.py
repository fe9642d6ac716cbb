"""Tracks each message's progress: how many of its events are done, and which are still waiting."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from dreamdata_relay.deliver.payloads import Piece
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.events.chunks import CHUNK_END, CHUNK_START, chunk
from dreamdata_relay.events.typed_fields import Text

# Values of the attribute ``refused``: Dreamdata refused the events and accepted something else afterwards, or only
# before, or nothing; or it failed on them and accepted something else afterwards. ``DOUBTFUL`` is ``BESIDE`` with a
# status that by itself might be about the key or the endpoint.
BESIDE, DOUBTFUL, AFTER_ACCEPTANCE, WITH_ALL, FAILED = "beside", "doubtful", "after", "all", "failed"
# After these the next refusal confirms the first, which came while Dreamdata accepted something else.
CONFIRMING = frozenset({BESIDE, DOUBTFUL, AFTER_ACCEPTANCE, FAILED})
# After these it does so even if nothing else is accepted any more.
PROVEN = frozenset({BESIDE, DOUBTFUL})


class DeadEvent(Struct, frozen=True):
    """Events to dead-letter for one reason, with the ``body`` of the dead letter; ``events`` is how many.

    If the dead-letter queue fails, ``piece`` waits, or without one the body as a message of its own. ``whole``: the
    message itself waits, unchanged.
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
    delivered, dead-lettered, dropped by a privacy rule, or left out as repeats of another message's. ``dropped``: the
    dropped ones by rule. ``repeats``: repeats within the message. ``came``: where it came from by what it is.
    ``raw``: its events have not been through the privacy rules, which there are. ``digest``: what is dead-lettered in
    place of a message that cannot be events.
    ``shared``: the context and the integrations that were merged into its events, as JSON text.
    ``waiting``: pieces that wait unchanged. ``refused``: pieces that Dreamdata refused in one of the ways above, and
    that wait for a second refusal to confirm it. ``letters``: bodies that the dead-letter queue did not accept, with
    the number of their events.
    """

    message: QueuedMessage
    source: str = "queue"
    came: str = "queue"
    raw: bool = False
    digest: str | None = None
    events: int = 0
    ended: int = 0
    dropped: Mapping[str, int] = {}
    repeats: int = 0
    shared: tuple[bytes | None, ...] = ()
    waiting: list[Piece] = field(default_factory=list)
    refused: dict[str, list[Piece]] = field(default_factory=dict)
    letters: list[tuple[str, int]] = field(default_factory=list)
    hold: Hold | None = None
    # Each waiting piece is requeued as a message of its own.
    apart: bool = False
    # To be received again unchanged, because it was not read or for another reason.
    kept_whole: bool = False

    def wait(self, piece: Piece, hold: Hold) -> None:
        """Let ``piece`` wait for a later receive."""
        self.waiting.append(piece)
        self.held_for(hold)

    def take_apart(self) -> None:
        """Requeue what waits as several messages: the parts as posted, or else halves.

        If Dreamdata cannot take several events, each part and each message may hold one of them; smaller ones are free
        of them.
        """
        if len(self.waiting) == 1 and len(self.waiting[0].message_ids) > 1:
            self.waiting = list(self.waiting[0].halves())
        self.apart = len(self.waiting) > 1

    def wait_to_confirm(self, piece: Piece, how: str) -> None:
        """Note that Dreamdata refused ``piece`` in the way ``how``; refusals on later receives confirm it."""
        self.refused.setdefault(how, []).append(piece)
        self.held_for(Hold("refused"))

    def wait_as(self, body: str, events: int, hold: Hold) -> None:
        """Let events that the dead-letter queue did not accept wait as a message with ``body``."""
        self.letters.append((body, events))
        self.held_for(hold)

    def keep_whole(self, hold: Hold) -> None:
        """Let the message wait unchanged."""
        self.kept_whole = True
        self.held_for(hold)

    def held_for(self, hold: Hold) -> None:
        """Note why something waits; the longest Retry-After counts."""
        if self.hold is None or (hold.after or 0) > (self.hold.after or 0):
            self.hold = hold

    @property
    def waiting_events(self) -> int:
        """Return how many events wait in a message that is not kept whole."""
        pieces = sum(len(piece.message_ids) for piece in self.waiting_pieces)
        return pieces + sum(events for _, events in self.letters)

    @property
    def waiting_pieces(self) -> list[Piece]:
        """Return all pieces that wait for any reason."""
        return [*self.waiting, *itertools.chain.from_iterable(self.refused.values())]

    def waiting_size(self) -> int:
        """Return the bytes that wait in a message that is not kept whole."""
        pieces = sum(len(piece.text) for piece in self.waiting_pieces)
        return pieces + sum(len(body) for body, _ in self.letters)

    @property
    def has_waiting(self) -> bool:
        """Whether any event waits in a message that is not kept whole."""
        return bool(self.waiting or self.refused or self.letters)

    @property
    def done(self) -> bool:
        """Whether every event is done, so that the message may be deleted."""
        return not self.has_waiting and not self.kept_whole

    @property
    def partly(self) -> bool:
        """Whether what waits must be requeued as messages of its own.

        Received again unchanged, the message would repeat the events that are done, or forget that Dreamdata refused.
        """
        return not self.kept_whole and self.has_waiting and (self.ended > 0 or bool(self.refused) or self.apart)

    @property
    def miscounted(self) -> int:
        """Return how many more events went in than came out (negative if fewer); anything but 0 is a fault."""
        return 0 if self.kept_whole else self.events - self.ended - self.repeats - self.waiting_events

    def forget_waiting(self) -> None:
        """Note that what waited is on the queue as messages of its own."""
        self.ended += self.waiting_events
        self.waiting.clear()
        self.refused.clear()
        self.letters.clear()


def joined(message: int, pieces: Sequence[Piece]) -> list[Piece]:
    """Join ``pieces``, all of one message, into as few pieces as fit into a message body each."""
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
    """Return the events of ``pieces`` one by one."""
    return [event for piece in pieces for event in piece.events()]
