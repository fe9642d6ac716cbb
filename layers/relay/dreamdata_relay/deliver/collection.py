"""Collects an SQS batch: pieces to post, events to dead-letter, and each message's progress.

Time and memory are bounded for every batch: cheap messages are read first, the others as long as there is time and
memory. Messages that are not read are held and come back later, so that no message can block its neighbours.
"""

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from dreamdata_relay import metrics
from dreamdata_relay.clock import Clock
from dreamdata_relay.deliver.message_parsing import unwrap_chunk, unwrap_slowly
from dreamdata_relay.deliver.payloads import Piece, pieces_of
from dreamdata_relay.deliver.progress import DeadEvent, MessageProgress
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.refused_events import dead_events, digest
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.deliver.shared_ids import SharedIds
from dreamdata_relay.deliver.unwrapped import MergesMuch, Unwrapped
from dreamdata_relay.errors import RulesUnavailable, place_of
from dreamdata_relay.events.batches import read_array
from dreamdata_relay.events.chunks import CHUNK_START
from dreamdata_relay.limits import MAX_COLLECTED_BYTES, MAX_LONE_DEAD_LETTERS, MAX_MERGED_BYTES
from dreamdata_relay.metrics import Telemetry

if TYPE_CHECKING:
    from dreamdata_relay.cleaning.judging import Judge

# The most memory that reading an event takes. Events are separated by a comma or a line break, which a string may hold
# as an escape.
_BYTES_PER_EVENT_READ = 250
_BETWEEN_EVENTS = (",", "\n", "\\")
_CHUNK_START = CHUNK_START.decode()
# Memory kept for an event in addition to its text, and for a dead letter in addition to its body.
_BYTES_PER_EVENT, _BYTES_PER_LETTER = 300, 1_500
# Bytes that each character of a text takes if one of them is not ASCII: a single emoji makes all take four.
_WIDEST = 4
# A message with more than this to merge into its events is read after the others. An ordinary batch of 60 kB with a
# context of 600 bytes needs less.
_READILY_MERGED_BYTES = 64_000
# Merged bytes are held twice for a moment.
_MERGED_COPIES = 2


class Collection(Struct):
    """``progress`` in the order of the messages; ``pieces`` to post; ``dead`` to dead-letter."""

    progress: list[MessageProgress] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    dead: list[DeadEvent] = field(default_factory=list)
    ids: SharedIds = field(default_factory=SharedIds)

    @property
    def receives(self) -> list[int]:
        """Return how often the events of each message were received."""
        return [progress.message.all_receives for progress in self.progress]


def collect(
    messages: Sequence[QueuedMessage],
    telemetry: Telemetry,
    clock: Clock,
    deadline: float,
    judge: "Judge | None" = None,
    digests: bool = False,
) -> Collection:
    """Unwrap ``messages`` until ``deadline`` (monotonic seconds); the first is read in any case.

    If the relay itself fails on one of them, that message stays on the queue; so does one that needs the privacy rules
    of ``judge`` if they cannot run. ``digests``: whether of what is no event only a digest is dead-lettered.
    """
    collection = Collection(progress=[MessageProgress(message, raw=judge is not None) for message in messages])
    collector = _Collector(collection, telemetry, clock, deadline, judge, digests)
    others = [
        (weight_of(message.body), number)
        for number, message in enumerate(messages)
        if not (message.body.startswith(_CHUNK_START) and collector.collects_chunk(number))
    ]
    # Cheap messages first.
    others.sort()
    readily = _READILY_MERGED_BYTES if len(others) > 1 else MAX_MERGED_BYTES
    later = [
        (merged, weight, number) for weight, number in others if (merged := collector.collect(number, weight, readily))
    ]
    for merged, weight, number in sorted(later):
        collector.collect(number, weight, merged)
    if collection.ids.repeats:
        telemetry.add(metrics.EVENTS_REPEATED, collection.ids.repeats)
    return collection


def weight_of(body: str) -> int:
    """Return the most bytes of memory that reading ``body`` may take, not counting the merging of a context."""
    return len(body) + _BYTES_PER_EVENT_READ * sum(map(body.count, _BETWEEN_EVENTS))


class _Collector:
    """Adds one message after the other to ``collection``."""

    def __init__(
        self,
        collection: Collection,
        telemetry: Telemetry,
        clock: Clock,
        deadline: float,
        judge: "Judge | None",
        digests: bool,
    ) -> None:
        self._collection = collection
        self._telemetry = telemetry
        self._clock = clock
        self._deadline = deadline
        self._judge = judge
        self._digests = digests
        self._taken = 0
        # The index of each message's first piece.
        self._first: dict[int, int] = {}

    def collects_chunk(self, number: int) -> bool:
        """Collect the message if it is one of the relay's chunks; return whether it is."""
        progress = self._collection.progress[number]
        try:
            unwrapped = unwrap_chunk(progress.message)
            if unwrapped is None:
                return False
            self._add(number, progress, unwrapped)
        except Exception as error:  # noqa: BLE001  # it becomes the message's progress: held; the others go on
            self._keep(progress, error)
        return True

    def collect(self, number: int, weight: int, most_merged: int) -> int:
        """Collect a message of ``weight`` if there is time and memory for it, merging at most ``most_merged`` bytes.

        Returns how many bytes merging takes if these are more, otherwise 0.
        """
        progress = self._collection.progress[number]
        merging = _MERGED_COPIES * most_merged if most_merged > _READILY_MERGED_BYTES else 0
        room = self._taken + weight + merging <= MAX_COLLECTED_BYTES
        if self._taken and not (room and self._clock.monotonic() <= self._deadline):
            progress.keep_whole(Hold("busy"))
            return 0
        try:
            self._add(number, progress, unwrap_slowly(progress.message, most_merged))
        except MergesMuch as error:
            return error.merged
        except Exception as error:  # noqa: BLE001  # it becomes the message's progress: held; the others go on
            self._keep(progress, error)
        return 0

    def _keep(self, progress: MessageProgress, error: Exception) -> None:
        if isinstance(error, RulesUnavailable):
            from dreamdata_relay.cleaning.judging import report

            progress.keep_whole(Hold("rules_unavailable"))
            report(error, self._telemetry)
            return
        progress.keep_whole(Hold("error"))
        self._telemetry.add(metrics.UNEXPECTED_ERRORS)
        self._telemetry.log("error", "a message could not be read", error=type(error).__name__, place=place_of(error))

    def _add(self, number: int, progress: MessageProgress, unwrapped: Unwrapped) -> None:
        collection = self._collection
        progress.source, progress.came, progress.events = unwrapped.source, unwrapped.came, unwrapped.count
        if self._judge is not None:
            from dreamdata_relay.deliver.cleaned_messages import cleaned

            unwrapped = cleaned(unwrapped, progress.message, self._judge)
            progress.raw = False
        if unwrapped.refusal is not None:
            refusal = unwrapped.refusal
            # SQS accepts no empty body.
            body = progress.message.body or " "
            if self._digests:
                body = progress.digest = digest(body)
            # The message's own text, which is in memory anyway.
            collection.dead.append(DeadEvent(number, body, refusal.code, refusal.detail, whole=True))
            self._taken += _BYTES_PER_LETTER
            return
        reading = unwrapped.reading
        progress.shared = (unwrapped.context, unwrapped.integrations)
        progress.repeats = reading.repeated
        collection.ids.repeats += reading.repeated
        lone = MAX_LONE_DEAD_LETTERS - len(collection.dead)
        dead = dead_events(number, progress, unwrapped, lone, digests=self._digests)
        pieces = self._pieces(number, progress, unwrapped)
        progress.dropped = unwrapped.dropped
        progress.ended += sum(unwrapped.dropped.values())
        collection.dead += dead
        self._first[number] = len(collection.pieces)
        collection.pieces += pieces
        self._taken += _kept(pieces, dead) + _MERGED_COPIES * unwrapped.merged

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
        """Return the source of a message collected before, and the text of each of its events by id."""
        pieces = self._collection.pieces
        # A message's pieces are adjacent; searching all of them for each message would take quadratic time.
        own = itertools.takewhile(
            lambda piece: piece.message == number, itertools.islice(pieces, self._first[number], None)
        )
        texts = {
            message_id: bytes(event)
            for piece in own
            if piece.layer == 0
            for message_id, event in zip(piece.message_ids, piece.events(), strict=True)
        }
        return self._collection.progress[number].source, texts


def _kept(pieces: Sequence[Piece], dead: Sequence[DeadEvent]) -> int:
    """Return the bytes of memory that these take until the end of the invocation."""
    events = sum(len(piece.text) + _BYTES_PER_EVENT * len(piece.message_ids) for piece in pieces)
    letters = sum(len(one.body) * (1 if one.body.isascii() else _WIDEST) for one in dead)
    return events + letters + _BYTES_PER_LETTER * len(dead)
