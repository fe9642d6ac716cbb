"""Collects an SQS batch: pieces to post, events to dead-letter, and each message's progress.

Bounded for every batch: what costs little is read first, the rest as long as there is time and room. What is not read
is held and comes back later, so that no message can take its neighbours along.
"""

from collections.abc import Sequence

from msgspec import Struct, field

from dreamdata_relay import metrics
from dreamdata_relay.chunks import CHUNK_START
from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import place_of
from dreamdata_relay.events import RefusedEvent, read_array
from dreamdata_relay.floods import Reason
from dreamdata_relay.letter_bodies import body_of, counted_bodies_of
from dreamdata_relay.limits import MAX_COLLECTED_BYTES, MAX_LONE_DEAD_LETTERS
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.outcomes import Hold
from dreamdata_relay.payloads import Piece, pieces_of
from dreamdata_relay.progress import DeadEvent, MessageProgress
from dreamdata_relay.shared_ids import SharedIds
from dreamdata_relay.unwrapping import QueuedMessage, Unwrapped, unwrap_chunk, unwrap_slowly

# A wrapper that carries one event only is kept as it came: moved back, it can be read again as it is.
_WRAPPED = frozenset({"sns", "eventbridge"})
# What an element of an array takes while it is read, at most; there are no more of them than commas.
_BYTES_PER_COMMA = 250
_CHUNK_START = CHUNK_START.decode()


class Collection(Struct):
    """``progress`` in the order of the messages; ``pieces`` to post; ``dead`` to dead-letter."""

    progress: list[MessageProgress] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    dead: list[DeadEvent] = field(default_factory=list)
    ids: SharedIds = field(default_factory=SharedIds)

    @property
    def receives(self) -> list[int]:
        """How often the events of each message were received."""
        return [progress.message.all_receives for progress in self.progress]


def collect(messages: Sequence[QueuedMessage], telemetry: Telemetry, clock: Clock, deadline: float) -> Collection:
    """Unwrap ``messages`` until ``deadline`` (monotonic seconds); the first is read in any case.

    A fault of the relay's own with one of them keeps that one on the queue.
    """
    collection = Collection(progress=[MessageProgress(message) for message in messages])
    collector = _Collector(collection, telemetry, clock, deadline)
    others = [
        (_weight(message.body), number)
        for number, message in enumerate(messages)
        if not (message.body.startswith(_CHUNK_START) and collector.collects_chunk(number))
    ]
    # What costs little comes first.
    others.sort()
    for weight, number in others:
        collector.collect(number, weight)
    if collection.ids.repeats:
        telemetry.add(metrics.EVENTS_REPEATED, collection.ids.repeats)
    return collection


def _weight(body: str) -> int:
    """Bytes of memory that reading ``body`` may take, at most; only merging a context takes more."""
    return len(body) + _BYTES_PER_COMMA * body.count(",")


class _Collector:
    """Adds one message after the other to ``collection``."""

    def __init__(self, collection: Collection, telemetry: Telemetry, clock: Clock, deadline: float) -> None:
        self._collection = collection
        self._telemetry = telemetry
        self._clock = clock
        self._deadline = deadline
        self._taken = 0

    def collects_chunk(self, number: int) -> bool:
        """Collect the message if it is a chunk of the relay's own; whether it is."""
        progress = self._collection.progress[number]
        try:
            unwrapped = unwrap_chunk(progress.message)
            if unwrapped is None:
                return False
            self._add(number, progress, unwrapped)
        except Exception as error:  # noqa: BLE001  # its place is the message's progress: held, the others go on
            self._keep(progress, error)
        return True

    def collect(self, number: int, weight: int) -> None:
        """Collect any message of ``weight``, if there is time and room for it."""
        progress = self._collection.progress[number]
        if self._taken and (self._taken + weight > MAX_COLLECTED_BYTES or self._clock.monotonic() > self._deadline):
            progress.keep_whole(Hold("busy"))
            return
        try:
            unwrapped = unwrap_slowly(progress.message)
            # Merging counts once it is done: how much it comes to shows then.
            merged = sum(map(len, unwrapped.reading.events)) if unwrapped.context or unwrapped.integrations else 0
            self._taken += weight + _MERGED_COPIES * merged
            self._add(number, progress, unwrapped)
        except Exception as error:  # noqa: BLE001  # its place is the message's progress: held, the others go on
            self._keep(progress, error)

    def _keep(self, progress: MessageProgress, error: Exception) -> None:
        progress.keep_whole(Hold("error"))
        self._telemetry.add(metrics.UNEXPECTED_ERRORS)
        self._telemetry.log("error", "a message could not be read", error=type(error).__name__, place=place_of(error))

    def _add(self, number: int, progress: MessageProgress, unwrapped: Unwrapped) -> None:
        collection = self._collection
        progress.source, progress.events = unwrapped.source, unwrapped.count
        if unwrapped.refusal is not None:
            refusal = unwrapped.refusal
            # SQS takes no empty body.
            body = progress.message.body or " "
            collection.dead.append(DeadEvent(number, body, refusal.code, refusal.detail, whole=True))
            return
        reading = unwrapped.reading
        progress.repeats = reading.repeated
        collection.ids.repeats += reading.repeated
        dead = _all_dead(number, progress, unwrapped)
        pieces = self._pieces(number, progress, unwrapped)
        collection.dead += dead
        collection.pieces += pieces

    def _pieces(self, number: int, progress: MessageProgress, unwrapped: Unwrapped) -> list[Piece]:
        ids, known = unwrapped.message_ids, self._collection.ids
        if known.are_new(number, ids):
            if unwrapped.whole is not None:
                return [Piece(number, unwrapped.whole, ids)]
            return pieces_of(number, unwrapped.reading.events, ids)
        events = unwrapped.reading.events
        if unwrapped.whole is not None:
            events = list(read_array(b"[" + unwrapped.whole + b"]").raws)
        layers, left_out = known.sort_out(number, progress.source, events, ids, self._text_of)
        progress.ended += left_out
        return [
            piece
            for layer, chosen in layers.items()
            for piece in pieces_of(number, [events[place] for place in chosen], [ids[place] for place in chosen], layer)
        ]

    def _text_of(self, number: int) -> tuple[str, dict[str, bytes]]:
        """The source of a message collected already, and the text of each of its events by id."""
        texts = {
            message_id: bytes(event)
            for piece in self._collection.pieces
            if piece.message == number and piece.layer == 0
            for message_id, event in zip(piece.message_ids, piece.events(), strict=True)
        }
        return self._collection.progress[number].source, texts


# An event with something merged into it is there as such, and in the text of its piece.
_MERGED_COPIES = 2


def _all_dead(number: int, progress: MessageProgress, unwrapped: Unwrapped) -> list[DeadEvent]:
    """The refused events of a message: each alone, or of a flood those of one reason in chunks."""
    reading = unwrapped.reading
    total = len(reading.refused) + sum(map(len, unwrapped.floods.values()))
    if total <= MAX_LONE_DEAD_LETTERS:
        sifted = [
            RefusedEvent(0, code, detail, text) for (code, detail), texts in unwrapped.floods.items() for text in texts
        ]
        alone = unwrapped.count == 1
        return [_dead(number, progress, refused, unwrapped, alone) for refused in [*reading.refused, *sifted]]
    by_reason = dict(unwrapped.floods)
    for refused in reading.refused:
        by_reason.setdefault(Reason(refused.code, refused.detail), []).append(refused.text)
    return [
        DeadEvent(number, body.decode("utf-8", "replace"), reason.code, reason.detail, events=count)
        for reason, texts in by_reason.items()
        for body, count in counted_bodies_of(texts, unwrapped.context, unwrapped.integrations)
    ]


def _dead(
    number: int, progress: MessageProgress, refused: RefusedEvent, unwrapped: Unwrapped, alone: bool
) -> DeadEvent:
    if alone and progress.source in _WRAPPED:
        return DeadEvent(number, progress.message.body, refused.code, refused.detail, whole=True)
    text = body_of([refused.text], unwrapped.context, unwrapped.integrations)
    return DeadEvent(number, text.decode("utf-8", "replace"), refused.code, refused.detail)
