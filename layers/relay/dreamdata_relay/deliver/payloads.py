"""Payloads: complete bodies of at most 500,000 bytes, made of pieces that can be taken apart again."""

from collections import defaultdict
from collections.abc import Sequence
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
# Messages received this often are isolated: a payload of theirs that fails repeatedly is split. By then a message has
# waited for some six hours.
ISOLATING_RECEIVES = 20
_RECEIVES_TO_DOUBLE = 3


class Piece(Struct, eq=False):
    """Events of one message that travel together: their text, separated by commas, and their ids in order.

    ``layer`` separates different events with one id: no payload mixes layers, so no payload has an id twice.
    """

    message: int
    text: Text
    message_ids: Sequence[str]
    layer: int = 0

    def as_body(self) -> str:
        """Return its text as the body of a message."""
        return bytes(self.text).decode("utf-8", "replace")

    def halves(self) -> "tuple[Piece, Piece]":
        """Split the piece, which must have more than one event, into two halves."""
        events = self.events()
        middle = len(events) // 2
        return (
            Piece(self.message, b",".join(events[:middle]), self.message_ids[:middle], self.layer),
            Piece(self.message, b",".join(events[middle:]), self.message_ids[middle:], self.layer),
        )

    def events(self) -> Sequence[Text]:
        """Return its events one by one."""
        return read_array(b"[" + bytes(self.text) + b"]").raws


class Since(NamedTuple):
    """A moment of an invocation: how many payloads had been accepted and how many posts begun by then."""

    accepted: int = 0
    begun: int = 0


class Halved(Struct, eq=False):
    """A payload that was halved or split into more ``parts``, with the ``parent`` that it was a part of itself.

    ``by_size``: it was split for its size or for a failure, so its parts may well be accepted; otherwise it was
    refused. ``since``: when it or the first of its parents was refused or failed; None if none was.
    """

    since: Since | None = None
    parent: "Halved | None" = None
    by_size: bool = False
    parts: int = 2
    parts_taken: int = 0

    def taken(self) -> bool:
        """Note that one part was accepted whole; return whether all parts are now."""
        self.parts_taken += 1
        return self.parts_taken == self.parts


class Payload(Struct, eq=False):
    """Pieces posted together; ``payload_id`` is the same whenever the same events are.

    ``events`` is the number of events, ``size`` the bytes of its body, ``receives`` the fewest receives of any of its
    messages, ``halved`` the payload that it is a part of. ``asked_again``: it was refused once and is posted a second
    time. ``since``: see :class:`Halved`; None if nothing was refused. ``number``: its position among all posts.
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
        """Make a payload of ``pieces`` that fit into one (see :func:`payloads_of`)."""
        message_ids = list(chain.from_iterable(piece.message_ids for piece in pieces))
        size = PAYLOAD_ENVELOPE_BYTES + sum(len(piece.text) for piece in pieces) + len(pieces) - 1
        return cls(pieces, payload_id(message_ids), len(message_ids), size, receives, halved)

    @property
    def isolates(self) -> bool:
        """Whether all its messages were received so often that one of their events may cause the failures."""
        return self.receives >= ISOLATING_RECEIVES

    @property
    def goes_deep(self) -> bool:
        """Whether its parts come next if it fails: on four of eight receives, so that each of four parts is first once.

        Otherwise, if each of the four parts has a culprit, time-outs leave no time to find an event that is accepted.
        """
        return self.isolates and self.receives // 4 % 2 == 0

    @property
    def goes_first(self) -> bool:
        """Whether it is posted before halves of isolated messages."""
        return self.receives == 1 or self.isolates

    def body(self, sent_at: str) -> bytes:
        """Return the body to post; ``sent_at`` is RFC 3339 with milliseconds (24 characters)."""
        start = f'{{"messageId":"{self.payload_id}","sentAt":"{sent_at}","batch":['.encode()
        # Copy the events once: each further copy costs as much as reading a tenth of them.
        parts: list[Text] = [start]
        for piece in self.pieces:
            parts += (b",", piece.text)
        # The first event has no comma before it.
        del parts[1:2]
        parts.append(b"]}")
        return b"".join(parts)

    def halves(self, halved: Halved | None) -> "tuple[Payload, Payload]":
        """Split the payload, which must have more than one event, into two, between messages if possible."""
        if len(self.pieces) == 1:
            first, second = ([piece] for piece in self.pieces[0].halves())
        else:
            middle = len(self.pieces) // 2
            first, second = self.pieces[:middle], self.pieces[middle:]
        return Payload.of(first, self.receives, halved), Payload.of(second, self.receives, halved)

    def singled_out(self, halved: Halved, count: int) -> "list[Payload]":
        """Split it into ``count`` single events, different ones at each receive, and the rest.

        The payload must have more than ``count`` events.
        """
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
        """Split the payload, which must have more than one event, into more parts the more often it was received.

        Time-outs take so long that one invocation does not get far by halving. A different part comes first each time.
        """
        halved = Halved(since, self.halved, by_size=True)
        parts = self._parted(1 + (self.receives - ISOLATING_RECEIVES) // _RECEIVES_TO_DOUBLE, halved)
        halved.parts = len(parts)
        return parts

    def parts(self, halvings: int = 2) -> "list[Payload]":
        """Halve the payload so often, at most into single events; a different part comes first at each receive."""
        return self._parted(halvings, None)

    def _parted(self, times: int, halved: Halved | None) -> "list[Payload]":
        parts = [self]
        for _ in range(times):
            if all(part.events == 1 for part in parts):
                break
            parts = [half for part in parts for half in (part.halves(halved) if part.events > 1 else (part,))]
        first = self.receives % len(parts)
        return parts[first:] + parts[:first]


def payloads_of(pieces: Sequence[Piece], receives: Sequence[int] = ()) -> list[Payload]:
    """Pack ``pieces``, each of which fits into a payload, into as few payloads of at most 500,000 bytes as possible.

    ``receives``: how often each message was received, 1 by default. New messages get payloads of their own and come
    first, then those to isolate, then the others, so that messages that failed before do not delay new ones. Different
    events with one id are in different payloads.
    """
    groups: defaultdict[tuple[int, int], list[Piece]] = defaultdict(list)
    for piece in pieces:
        groups[piece.layer, _turn(receives[piece.message]) if receives else 0].append(piece)
    return [payload for _, group in sorted(groups.items(), key=itemgetter(0)) for payload in _packed(group, receives)]


def _turn(receives: int) -> int:
    """Rank messages for posting: new ones, those to isolate, the others."""
    if receives <= 1:
        return 0
    return 1 if receives >= ISOLATING_RECEIVES else 2


def _packed(pieces: list[Piece], receives: Sequence[int]) -> list[Payload]:
    boxes = pack([len(piece.text) + 1 for piece in pieces], _ROOM + 1)
    # Keep the pieces of a payload in the order they came.
    packed = [[pieces[index] for index in sorted(box)] for box in boxes]
    if not receives:
        return [Payload.of(box) for box in packed]
    return [Payload.of(box, min(receives[piece.message] for piece in box)) for box in packed]


def pieces_of(message: int, events: Sequence[Text], message_ids: Sequence[str], layer: int = 0) -> list[Piece]:
    """Return the events of one message as one piece, or as few pieces as possible if they exceed a payload."""
    if events and sum(map(len, events)) + len(events) <= _ROOM + 1:
        return [Piece(message, b",".join(events), message_ids, layer)]
    boxes = pack([len(event) + 1 for event in events], _ROOM + 1)
    pieces = []
    for box in boxes:
        box.sort()
        texts, ids = [events[index] for index in box], [message_ids[index] for index in box]
        pieces.append(Piece(message, b",".join(texts), ids, layer))
    return pieces
