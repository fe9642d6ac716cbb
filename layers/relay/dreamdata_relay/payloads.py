"""Payloads: the bodies posted to Dreamdata, built from pieces that can be taken apart again."""

from collections.abc import Sequence
from itertools import chain

from msgspec import Struct

from dreamdata_relay.events import read_array
from dreamdata_relay.identifiers import payload_id
from dreamdata_relay.limits import MAX_PAYLOAD_BYTES, PAYLOAD_ENVELOPE_BYTES
from dreamdata_relay.packing import pack
from dreamdata_relay.probes import Text

_ROOM = MAX_PAYLOAD_BYTES - PAYLOAD_ENVELOPE_BYTES


class Piece(Struct, eq=False):
    """Events of one message that travel together: their text with commas between, and their ids in order."""

    message: int
    text: Text
    message_ids: Sequence[str]

    def halves(self) -> "tuple[Piece, Piece]":
        """The piece as two, each with half of its events; only for a piece of more than one event."""
        events = read_array(b"[" + bytes(self.text) + b"]").raws
        middle = len(events) // 2
        return (
            Piece(self.message, b",".join(events[:middle]), self.message_ids[:middle]),
            Piece(self.message, b",".join(events[middle:]), self.message_ids[middle:]),
        )


class Payload(Struct, eq=False):
    """Pieces posted together; ``payload_id`` is the same whenever the same events are.

    ``events`` is how many events it carries, ``size`` the bytes of its body.
    """

    pieces: list[Piece]
    payload_id: str
    events: int
    size: int

    @classmethod
    def of(cls, pieces: list[Piece]) -> "Payload":
        """The payload of ``pieces``, which fit one (see :func:`payloads_of`)."""
        message_ids = list(chain.from_iterable(piece.message_ids for piece in pieces))
        size = PAYLOAD_ENVELOPE_BYTES + sum(len(piece.text) for piece in pieces) + len(pieces) - 1
        return cls(pieces, payload_id(message_ids), len(message_ids), size)

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

    def halves(self) -> "tuple[Payload, Payload]":
        """The payload as two, split between messages where it can be; only for more than one event."""
        if len(self.pieces) == 1:
            first, second = self.pieces[0].halves()
            return Payload.of([first]), Payload.of([second])
        middle = len(self.pieces) // 2
        return Payload.of(self.pieces[:middle]), Payload.of(self.pieces[middle:])


def payloads_of(pieces: Sequence[Piece]) -> list[Payload]:
    """``pieces`` (each fits a payload alone) in as few payloads of at most 500,000 bytes as they fit."""
    boxes = pack([len(piece.text) + 1 for piece in pieces], _ROOM + 1)
    # Within a payload the pieces stand in the order they came.
    return [Payload.of([pieces[index] for index in sorted(box)]) for box in boxes]


def pieces_of(message: int, events: Sequence[Text], message_ids: Sequence[str]) -> list[Piece]:
    """The events of one message as one piece, or as the fewest where they do not fit one payload."""
    if events and sum(map(len, events)) + len(events) <= _ROOM + 1:
        return [Piece(message, b",".join(events), message_ids)]
    boxes = pack([len(event) + 1 for event in events], _ROOM + 1)
    pieces = []
    for box in boxes:
        box.sort()
        texts, ids = [events[index] for index in box], [message_ids[index] for index in box]
        pieces.append(Piece(message, b",".join(texts), ids))
    return pieces
