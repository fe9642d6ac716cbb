"""An SQS batch as pieces to post and events to dead-letter, each event id once."""

from collections.abc import Sequence

from msgspec import Struct, field

from dreamdata_relay import metrics
from dreamdata_relay.chunks import CHUNK_END, CHUNK_START, chunk
from dreamdata_relay.errors import place_of
from dreamdata_relay.events import RefusedEvent, read_array
from dreamdata_relay.fates import DeadEvent, MessageFate
from dreamdata_relay.floods import Reason
from dreamdata_relay.limits import MAX_LONE_DEAD_LETTERS
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.outcomes import Hold
from dreamdata_relay.payloads import Piece, pieces_of
from dreamdata_relay.probes import Text
from dreamdata_relay.unwrapping import QueuedMessage, Unwrapped, unwrap

# A wrapper that carries one event only is kept as it came: moved back, it can be read again as it is.
_WRAPPED = frozenset({"sns", "eventbridge"})


class Collection(Struct):
    """``fates`` in the order of the messages; ``pieces`` to post; ``dead`` to dead-letter."""

    fates: list[MessageFate] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    dead: list[DeadEvent] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    repeated: int = 0


def collect(messages: Sequence[QueuedMessage], telemetry: Telemetry) -> Collection:
    """Unwrap ``messages``; a fault of ours with one of them keeps that one on the queue."""
    collection = Collection()
    for number, message in enumerate(messages):
        fate = MessageFate(message)
        collection.fates.append(fate)
        try:
            _add(collection, number, fate, unwrap(message))
        except Exception as error:  # noqa: BLE001  # its place is the message's fate: held, the others go on
            fate.kept_whole, fate.hold = True, Hold("error")
            telemetry.add(metrics.UNEXPECTED_ERRORS)
            telemetry.log("error", "a message could not be read", error=type(error).__name__, place=place_of(error))
    if collection.repeated:
        telemetry.add(metrics.EVENTS_REPEATED, collection.repeated)
    return collection


def _add(collection: Collection, number: int, fate: MessageFate, unwrapped: Unwrapped) -> None:
    fate.source = unwrapped.source
    if unwrapped.refusal is not None:
        refusal = unwrapped.refusal
        # SQS takes no empty body.
        collection.dead.append(DeadEvent(number, fate.message.body or " ", refusal.code, refusal.detail))
        return
    reading = unwrapped.reading
    collection.repeated += reading.repeated
    collection.dead.extend(_all_dead(number, fate, unwrapped))
    ids = unwrapped.message_ids
    if collection.seen.isdisjoint(ids):
        pieces = _pieces(number, unwrapped)
    else:
        pieces = _first_seen(collection, number, fate, unwrapped)
    collection.seen.update(ids)
    collection.pieces.extend(pieces)


def _pieces(number: int, unwrapped: Unwrapped) -> list[Piece]:
    if unwrapped.whole is not None:
        return [Piece(number, unwrapped.whole, unwrapped.message_ids)]
    return pieces_of(number, unwrapped.reading.events, unwrapped.message_ids)


def _first_seen(collection: Collection, number: int, fate: MessageFate, unwrapped: Unwrapped) -> list[Piece]:
    """The events of a message whose ids no message before it had.

    An event left out needs no fate of its own: the first one with its id is still to be delivered, held or refused.
    Here it has its end: were it received again it would be sent a second time.
    """
    events: Sequence[Text] = unwrapped.reading.events
    if unwrapped.whole is not None:
        events = read_array(b"[" + unwrapped.whole + b"]").raws
    fresh = [
        (event, id_) for event, id_ in zip(events, unwrapped.message_ids, strict=True) if id_ not in collection.seen
    ]
    left_out = len(events) - len(fresh)
    collection.repeated += left_out
    fate.ended += left_out
    return pieces_of(number, [event for event, _ in fresh], [id_ for _, id_ in fresh])


def _all_dead(number: int, fate: MessageFate, unwrapped: Unwrapped) -> list[DeadEvent]:
    """The refused events of a message: each alone, or of a flood those of one reason in chunks."""
    reading = unwrapped.reading
    total = len(reading.refused) + sum(map(len, unwrapped.floods.values()))
    if total <= MAX_LONE_DEAD_LETTERS:
        sifted = [
            RefusedEvent(0, code, detail, text) for (code, detail), texts in unwrapped.floods.items() for text in texts
        ]
        alone = total == 1 and not reading.events
        return [_dead(number, fate, refused, alone) for refused in [*reading.refused, *sifted]]
    by_reason = dict(unwrapped.floods)
    for refused in reading.refused:
        by_reason.setdefault(Reason(refused.code, refused.detail), []).append(refused.text)
    return [_dead_together(number, reason, body) for reason, texts in by_reason.items() for body in chunk(texts)]


def _dead_together(number: int, reason: Reason, body: bytes) -> DeadEvent:
    events = body[len(CHUNK_START) : -len(CHUNK_END)]
    count = len(read_array(b"[" + events + b"]").raws)
    text = body.decode("utf-8", "replace")
    return DeadEvent(number, text, reason.code, reason.detail, piece=Piece(number, events, [""] * count))


def _dead(number: int, fate: MessageFate, refused: RefusedEvent, alone: bool) -> DeadEvent:
    text = bytes(refused.text)
    body = fate.message.body if alone and fate.source in _WRAPPED else text.decode("utf-8", "replace")
    # Should the dead-letter queue be away, the event waits like any other.
    piece = Piece(number, text, [""])
    return DeadEvent(number, body, refused.code, refused.detail, piece=piece)
