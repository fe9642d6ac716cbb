"""One part of a request's events: validates them, makes dead letters of the refused ones, and counts for the answer."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.bulk_refusals import refuse_in_bulk
from dreamdata_relay.events.envelopes import Envelope
from dreamdata_relay.events.event_editing import may_hold_key, with_type, without_key
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import Reading, read_events, readable_id
from dreamdata_relay.events.repeats import Seen
from dreamdata_relay.events.rules import NO_EVENT, Reason
from dreamdata_relay.events.typed_fields import Text, array_of, is_sound, probe_array
from dreamdata_relay.ingest.masks import RequestMasks
from dreamdata_relay.limits import (
    MAX_CHUNK_BYTES,
    MAX_LISTED_ID_CHARACTERS,
    MAX_LISTED_REJECTIONS,
    MAX_LONE_DEAD_LETTERS,
    MAX_WAITING_BYTES,
)
from dreamdata_relay.messages.dead_letter_bodies import bodies_of, digest_of, whole_body_of
from dreamdata_relay.messages.dead_letters import OutgoingMessage, dead_letter

if TYPE_CHECKING:
    from dreamdata_relay.cleaning.readings import Cleaning


class Miscounted(Exception):
    """Raised when events of a request are unaccounted for: a fault of the relay, which is never answered 200."""


class Part(Struct, frozen=True):
    """The events of one part: the accepted ones, and by reason the indexes and texts of the refused ones.

    ``dropped`` counts by rule those that a privacy rule dropped.
    """

    events: Sequence[Text]
    refused: dict[Reason, list[tuple[int, Text]]]
    repeated: int
    # The envelope whose context, integrations and type all of them were sent with.
    completion: Completion
    dropped: Mapping[str, int] = {}

    @property
    def refusals(self) -> int:
        """Return how many events were refused."""
        return sum(map(len, self.refused.values()))

    @property
    def ended(self) -> int:
        """Return how many events are accounted for."""
        return len(self.events) + self.refusals + self.repeated + sum(self.dropped.values())

    @property
    def _shared(self) -> tuple[bytes | None, bytes | None]:
        return self.completion.context, self.completion.integrations

    @property
    def _shared_bytes(self) -> int:
        return sum(len(text or b"") for text in self._shared)

    def dead_letters(
        self, source: str, masks: RequestMasks, before: int = 0, *, digests: bool = False
    ) -> list[OutgoingMessage]:
        """Return the refused events as dead letters: one for each, or in a flood those of one reason together.

        ``before``: how many events of the same request were refused before. ``digests``: whether of what is no event
        only its size and its digest are kept.
        """
        count = before + self.refusals
        together = count > MAX_LONE_DEAD_LETTERS or count * self._shared_bytes > MAX_WAITING_BYTES
        # Mask what events share once, not in each dead letter that has it.
        shared = [masks.shared(text) for text in self._shared]
        letters = []
        for (code, detail), events in self.refused.items():
            texts = masks.each(_as_sent([bytes(text) for _, text in events], self.completion.kind))
            bodies = self._bodies(texts, *shared, together=together and bool(before or len(texts) > 1))
            if digests and code in NO_EVENT:
                bodies = list(map(digest_of, bodies))
            letters += [dead_letter(body.decode("utf-8", "replace"), code, detail, source) for body in bodies]
        return letters

    def _bodies(
        self, texts: Sequence[bytes], context: bytes | None, integrations: bytes | None, *, together: bool
    ) -> list[bytes]:
        if not together:
            return [whole_body_of(text, context, integrations) for text in texts]
        short = [text for text in texts if len(text) <= MAX_CHUNK_BYTES]
        long = [text for text in texts if len(text) > MAX_CHUNK_BYTES]
        return bodies_of(short, context, integrations) + self._bodies(long, context, integrations, together=False)


class Taken(Struct):
    """The contents of an answer: counts, and the first of the refused events."""

    accepted: int = 0
    refused: int = 0
    repeated: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    listed: list[dict[str, object]] = field(default_factory=list)
    # Whether nothing of it was stored, since its key is in mode ``sandbox``.
    sandbox: bool = False

    @property
    def total(self) -> int:
        """Return how many events came."""
        return self.accepted + self.refused + self.repeated + self.dropped.total()

    def add(self, part: Part) -> None:
        """Count ``part``'s events."""
        self.accepted += len(part.events)
        self.refused += part.refusals
        self.repeated += part.repeated
        self.dropped.update(part.dropped)
        if len(self.listed) < MAX_LISTED_REJECTIONS:
            found = [(place, reason, text) for reason, events in part.refused.items() for place, text in events]
            found.sort(key=lambda refused: refused[0])
            self.listed += [_listed(*one) for one in found[: MAX_LISTED_REJECTIONS - len(self.listed)]]

    def body(self) -> dict[str, object]:
        """Return the answer's body; ``accepted`` has the dropped events too, which nobody shall send again."""
        dropped = self.dropped.total()
        body: dict[str, object] = {"success": True, "accepted": self.accepted + dropped, "rejected": self.listed}
        if self.refused > len(self.listed):
            body["rejectedCount"] = self.refused
        if self.repeated:
            body["repeated"] = self.repeated
        if dropped:
            body["dropped"] = dropped
        if self.sandbox:
            body["sandbox"] = True
        return body


def parts_of(
    envelope: Envelope, completion: Completion, most: int, cleaning: "Cleaning | None" = None
) -> Iterator[Part]:
    """Yield the events of ``envelope``, read and completed, at most ``most`` at a time; raises :class:`Miscounted`.

    With ``cleaning`` they are as the privacy rules leave them; may raise
    :class:`~dreamdata_relay.errors.RulesUnavailable`.
    """
    # A single part needs no memory of the events before it.
    seen = Seen() if envelope.long is not None or len(envelope.batch.raws) > most else None
    ended = 0
    for batch in envelope.parts(most):
        part = _part(batch, completion, seen, cleaning)
        if part.ended != len(batch.raws):
            raise Miscounted
        ended += part.ended
        yield part
    # A long body is not listed beforehand, but its parts follow one another without a gap.
    if envelope.long is None and ended != len(envelope.batch.raws):
        raise Miscounted


def _part(batch: Batch, completion: Completion, seen: Seen | None, cleaning: "Cleaning | None") -> Part:
    refused: dict[Reason, list[tuple[int, Text]]] = {}
    if len(batch.raws) > MAX_LONE_DEAD_LETTERS and not (batch.probes and all(map(is_sound, batch.probes))):
        batch = _without_bulk_refusals(batch, refused)
    reading = read_events(batch, completion, seen)
    if cleaning is not None:
        return _cleaned(batch, reading, refused, cleaning)
    for event in reading.refused:
        refused.setdefault(Reason(event.code, event.detail), []).append((event.index, event.text))
    return Part(reading.events, refused, reading.repeated, completion)


def _cleaned(
    batch: Batch, reading: Reading, in_bulk: dict[Reason, list[tuple[int, Text]]], cleaning: "Cleaning"
) -> Part:
    """Return the part after the rules; what its events share is merged into them."""
    found = cleaning.cleaned(reading, _places_of_accepted(batch, reading))
    refused: dict[Reason, list[tuple[int, Text]]] = {}
    for reason, events in in_bulk.items():
        texts = cleaning.each_refused((text for _, text in events), found.dropped)
        kept: list[tuple[int, Text]] = [
            (place, text) for (place, _), text in zip(events, texts, strict=True) if text is not None
        ]
        if kept:
            refused[reason] = kept
    for event in found.reading.refused:
        refused.setdefault(Reason(event.code, event.detail), []).append((event.index, event.text))
    bare = Completion(cleaning.completion.received_at, cleaning.completion.message_id)
    return Part(found.reading.events, refused, found.reading.repeated, bare, found.dropped)


def _places_of_accepted(batch: Batch, reading: Reading) -> list[int]:
    refused = {event.index for event in reading.refused}
    places = range(len(batch.raws)) if batch.places is None else batch.places
    accepted = [place for place in places if place not in refused]
    return accepted if reading.first is None else list(itertools.compress(accepted, reading.first))


def _without_bulk_refusals(batch: Batch, refused: dict[Reason, list[tuple[int, Text]]]) -> Batch:
    """Return ``batch`` without the events that bulk refusals cover, which are added to ``refused``."""
    raws = batch.raws
    places = range(len(raws)) if batch.places is None else batch.places
    bulk = refuse_in_bulk(raws)
    for reason, indexes in bulk.refused.items():
        refused[reason] = [(places[index], raws[index]) for index in indexes]
    rest = [raws[index] for index in bulk.rest]
    probes = probe_array(array_of(rest)) if bulk.refused else batch.probes
    return Batch(rest, probes, batch.size, [places[index] for index in bulk.rest])


def _as_sent(texts: list[bytes], kind: str | None) -> list[bytes]:
    """Return the texts with the type that their path names, and without a relay key."""
    if may_hold_key(b"".join(texts)):
        texts = list(map(without_key, texts))
    return [with_type(text, kind) for text in texts] if kind else texts


def _listed(place: int, reason: Reason, text: Text) -> dict[str, object]:
    message_id = readable_id(text)
    return {
        "index": place,
        "messageId": message_id[:MAX_LISTED_ID_CHARACTERS] if message_id else None,
        "code": str(reason.code),
        "detail": reason.detail,
    }
