"""Payloads: complete bodies of at most 500,000 bytes, made of pieces that can be taken apart again."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from msgspec import Struct

from dreamdata_relay.bin_packing import pack
from dreamdata_relay.events.batches import read_array
from dreamdata_relay.events.message_ids import payload_id
from dreamdata_relay.events.typed_fields import Text
from dreamdata_relay.limits import MAX_PAYLOAD_BYTES, PAYLOAD_ENVELOPE_BYTES

_ROOM = MAX_PAYLOAD_BYTES - PAYLOAD_ENVELOPE_BYTES
# Messages received so often are isolated: a payload of theirs that fails again and again is taken apart. By then a
# message has waited for some six hours.
ISOLATING_RECEIVES = 20
_RECEIVES_TO_DOUBLE = 3


class Piece(Struct, eq=False):
    """Events of one message that travel together: their text with commas between, and their ids in order.

    ``layer``: which of several different events with one id it holds, so that no payload has an id twice.
    """

    message: int
    text: Text
    message_ids: Sequence[str]
    layer: int = 0

    def as_body(self) -> str:
        """Its text as that of a message."""
        return bytes(self.text).decode("utf-8", "replace")

    def halves(self) -> "tuple[Piece, Piece]":
        """The piece as two, each with half of its events; only for a piece of more than one event."""
        events = self.events()
        middle = len(events) // 2
        return (
            Piece(self.message, b",".join(events[:middle]), self.message_ids[:middle], self.layer),
            Piece(self.message, b",".join(events[middle:]), self.message_ids[middle:], self.layer),
        )

    def events(self) -> Sequence[Text]:
        """Its events one by one."""
        return read_array(b"[" + bytes(self.text) + b"]").raws


class Since(NamedTuple):
    """A moment of an invocation: how many payloads had been accepted by then, and how many posts were begun."""

    accepted: int = 0
    begun: int = 0


class Halved(Struct, eq=False):
    """A payload that was halved, or taken apart into more ``parts``, with the ``parent`` it was a part of itself.

    ``by_size``: for its size or for a failure, so that its parts may well be taken; otherwise it was refused.
    ``since``: when it, or the first of its parents, was refused or failed; None where none was.
    """

    since: Since | None = None
    parent: "Halved | None" = None
    by_size: bool = False
    parts: int = 2
    parts_taken: int = 0

    def taken(self) -> bool:
        """Note that one part was taken whole; whether all are now."""
        self.parts_taken += 1
        return self.parts_taken == self.parts


class Payload(Struct, eq=False):
    """Pieces posted together; ``payload_id`` is the same whenever the same events are.

    ``events`` is how many events it carries, ``size`` the bytes of its body, ``receives`` how often each of its
    messages was received at least, ``halved`` what it is a half of; ``asked_again``: it was refused once and is posted
    a second time; ``since``: as of what was halved, None where nothing was refused; ``number``: it was the so-manieth
    to be posted.
    """

    pieces: list[Piece]
    payload_id: str
    events: int
    size: int
    receives: int = 1
    halved: Halved | None = None
    asked_again: bool = False
    since: Since | None = None
    number: int = 0

    @classmethod
    def of(cls, pieces: list[Piece], receives: int = 1, halved: Halved | None = None) -> "Payload":
        """The payload of ``pieces``, which fit one (see :func:`payloads_of`)."""
        message_ids = list(chain.from_iterable(piece.message_ids for piece in pieces))
        size = PAYLOAD_ENVELOPE_BYTES + sum(len(piece.text) for piece in pieces) + len(pieces) - 1
        return cls(pieces, payload_id(message_ids), len(message_ids), size, receives, halved)

    @property
    def isolates(self) -> bool:
        """Whether all its messages were received so often that a failure may be the fault of one of their events."""
        return self.receives >= ISOLATING_RECEIVES

    @property
    def goes_first(self) -> bool:
        """Whether it is posted before halves of messages that are isolated."""
        return self.receives == 1 or self.isolates

    def body(self, sent_at: str) -> bytes:
        """The body as it is posted; ``sent_at`` is RFC 3339 with milliseconds (24 characters)."""
        start = f'{{"messageId":"{self.payload_id}","sentAt":"{sent_at}","batch":['.encode()
        # One copy of all: each more costs as much as reading a tenth of the events.
        parts: list[Text] = [start]
        for piece in self.pieces:
            parts += (b",", piece.text)
        # No comma before the first.
        del parts[1:2]
        parts.append(b"]}")
        return b"".join(parts)

    def halves(self, halved: Halved | None) -> "tuple[Payload, Payload]":
        """The payload as two, split between messages where it can be; only for more than one event."""
        if len(self.pieces) == 1:
            first, second = ([piece] for piece in self.pieces[0].halves())
        else:
            middle = len(self.pieces) // 2
            first, second = self.pieces[:middle], self.pieces[middle:]
        return Payload.of(first, self.receives, halved), Payload.of(second, self.receives, halved)

    def singled_out(self, halved: Halved, count: int) -> "list[Payload]":
        """``count`` of its events alone, others at every receive, then the rest; for more than ``count`` events."""
        first = self.receives * count
        chosen = {(first + number) % self.events for number in range(count)}
        alone, rest, place = [], [], 0
        for piece in self.pieces:
            left = []
            for text, message_id in zip(piece.events(), piece.message_ids, strict=True):
                if place in chosen:
                    alone.append([Piece(piece.message, text, (message_id,), piece.layer)])
                else:
                    left.append((text, message_id))
                place += 1
            if left:
                texts, message_ids = zip(*left, strict=True)
                rest.append(Piece(piece.message, b",".join(texts), message_ids, piece.layer))
        halved.parts = len(alone) + 1
        return [Payload.of(pieces, self.receives, halved) for pieces in (*alone, rest)]

    def isolated(self, since: Since) -> "list[Payload]":
        """The payload in parts, more of them the more often its messages were received; only for more than one event.

        Time-outs take so long that one invocation does not come far by halving. Another part is the first one every
        time.
        """
        halved = Halved(since, self.halved, by_size=True)
        parts = self._parted(1 + (self.receives - ISOLATING_RECEIVES) // _RECEIVES_TO_DOUBLE, halved)
        halved.parts = len(parts)
        return parts

    def parts(self) -> "list[Payload]":
        """The payload in four, another part first at every receive; in fewer where it has fewer events."""
        return self._parted(2, None)

    def _parted(self, times: int, halved: Halved | None) -> "list[Payload]":
        parts = [self]
        for _ in range(times):
            if all(part.events == 1 for part in parts):
                break
            parts = [half for part in parts for half in (part.halves(halved) if part.events > 1 else (part,))]
        first = self.receives % len(parts)
        return parts[first:] + parts[:first]


def payloads_of(pieces: Sequence[Piece], receives: Sequence[int] = ()) -> list[Payload]:
    """``pieces`` (each fits a payload alone) in as few payloads of at most 500,000 bytes as they fit.

    ``receives``: how often each message was received; 1 where nothing is given. New messages come first and by
    themselves, then those to isolate, then the others: who failed before does not take new ones along. Different events
    with one id are in different payloads.
    """
    groups: defaultdict[tuple[int, int], list[Piece]] = defaultdict(list)
    for piece in pieces:
        groups[piece.layer, _turn(receives[piece.message]) if receives else 0].append(piece)
    return [payload for _, group in sorted(groups.items(), key=itemgetter(0)) for payload in _packed(group, receives)]


def in_order(
    payloads: Sequence[Payload], confirming: Callable[[Payload], bool], divisible: Callable[[Payload], bool]
) -> list[Payload]:
    """``payloads`` as they are posted: those that are isolated in parts, as far as they are ``divisible``.

    What is to be ``confirming`` a refusal comes last but one: what is accepted after it tells most.
    """
    refused = [payload for payload in payloads if confirming(payload)]
    others = [payload for payload in payloads if not confirming(payload)]
    ordered = [*others[:-1], *refused, *others[-1:]]
    return [part for one in ordered for part in (one.parts() if one.isolates and divisible(one) else (one,))]


def _turn(receives: int) -> int:
    """New messages, those to isolate, the others."""
    if receives <= 1:
        return 0
    return 1 if receives >= ISOLATING_RECEIVES else 2


def _packed(pieces: list[Piece], receives: Sequence[int]) -> list[Payload]:
    boxes = pack([len(piece.text) + 1 for piece in pieces], _ROOM + 1)
    # Within a payload the pieces stand in the order they came.
    packed = [[pieces[index] for index in sorted(box)] for box in boxes]
    if not receives:
        return [Payload.of(box) for box in packed]
    return [Payload.of(box, min(receives[piece.message] for piece in box)) for box in packed]


def pieces_of(message: int, events: Sequence[Text], message_ids: Sequence[str], layer: int = 0) -> list[Piece]:
    """The events of one message as one piece, or as the fewest where they do not fit one payload."""
    if events and sum(map(len, events)) + len(events) <= _ROOM + 1:
        return [Piece(message, b",".join(events), message_ids, layer)]
    boxes = pack([len(event) + 1 for event in events], _ROOM + 1)
    pieces = []
    for box in boxes:
        box.sort()
        texts, ids = [events[index] for index in box], [message_ids[index] for index in box]
        pieces.append(Piece(message, b",".join(texts), ids, layer))
    return pieces
