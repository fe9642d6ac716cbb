"""One part of a request's events: read by the rules, made durable, and remembered for the answer."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field

from dreamdata_relay.chunks import chunk
from dreamdata_relay.completion import Completion, may_hold_key, without_key
from dreamdata_relay.dead_letters import OutgoingMessage, dead_letter
from dreamdata_relay.envelopes import Envelope
from dreamdata_relay.events import Batch, read_events, readable_id
from dreamdata_relay.floods import Reason, sift
from dreamdata_relay.limits import MAX_LISTED_ID_CHARACTERS, MAX_LISTED_REJECTIONS, MAX_LONE_DEAD_LETTERS
from dreamdata_relay.masking import masked
from dreamdata_relay.probes import Text, array_of, is_sound, probe_array


class Part(Struct, frozen=True):
    """The events of one part: those accepted, and by reason the places and texts of those refused."""

    events: Sequence[Text]
    refused: dict[Reason, list[tuple[int, Text]]]
    repeated: int

    @property
    def refusals(self) -> int:
        """How many events were refused."""
        return sum(map(len, self.refused.values()))

    def dead_letters(self, source: str, before: int = 0, keys: Sequence[str] = ()) -> list[OutgoingMessage]:
        """The refused events as dead letters: each alone, or of a flood those of one reason in chunks.

        ``before``: how many of the same request were refused already. ``keys`` are in none of them.
        """
        together = before + self.refusals > MAX_LONE_DEAD_LETTERS
        letters = []
        for (code, detail), events in self.refused.items():
            texts = _without_keys([bytes(text) for _, text in events])
            bodies: Iterable[bytes] = chunk(texts) if together and (before or len(texts) > 1) else texts
            kept = (masked(body.decode("utf-8", "replace"), keys) for body in bodies)
            letters += [dead_letter(body, code, detail, source) for body in kept]
        return letters


class Taken(Struct):
    """What a request's answer tells: counts, and the first of the events refused."""

    accepted: int = 0
    refused: int = 0
    repeated: int = 0
    listed: list[dict[str, object]] = field(default_factory=list)

    def add(self, part: Part) -> None:
        """Count ``part``'s events."""
        self.accepted += len(part.events)
        self.refused += part.refusals
        self.repeated += part.repeated
        if len(self.listed) < MAX_LISTED_REJECTIONS:
            found = [(place, reason, text) for reason, events in part.refused.items() for place, text in events]
            found.sort(key=lambda refused: refused[0])
            self.listed += [_listed(*one) for one in found[: MAX_LISTED_REJECTIONS - len(self.listed)]]

    def body(self) -> dict[str, object]:
        """The answer's body."""
        body: dict[str, object] = {"success": True, "accepted": self.accepted, "rejected": self.listed}
        if self.refused > len(self.listed):
            body["rejectedCount"] = self.refused
        if self.repeated:
            body["repeated"] = self.repeated
        return body


def parts_of(envelope: Envelope, completion: Completion, most: int) -> Iterator[Part]:
    """The events of ``envelope``, read and completed, at most ``most`` at a time."""
    seen: set[str] = set()
    for part in envelope.parts(most):
        yield _part(part, completion, seen)


def _part(batch: Batch, completion: Completion, seen: set[str]) -> Part:
    refused: dict[Reason, list[tuple[int, Text]]] = {}
    if len(batch.raws) > MAX_LONE_DEAD_LETTERS and not (batch.probes and all(map(is_sound, batch.probes))):
        batch = _sifted(batch, refused)
    reading = read_events(batch, completion, seen)
    for event in reading.refused:
        refused.setdefault(Reason(event.code, event.detail), []).append((event.index, event.text))
    return Part(reading.events, refused, reading.repeated)


def _sifted(batch: Batch, refused: dict[Reason, list[tuple[int, Text]]]) -> Batch:
    """``batch`` without the events that are ``refused`` at a glance."""
    raws = batch.raws
    places = range(len(raws)) if batch.places is None else batch.places
    sieve = sift(raws)
    for reason, indexes in sieve.refused.items():
        refused[reason] = [(places[index], raws[index]) for index in indexes]
    rest = [raws[index] for index in sieve.rest]
    probes = probe_array(array_of(rest)) if sieve.refused else batch.probes
    return Batch(rest, probes, batch.size, [places[index] for index in sieve.rest])


def _without_keys(texts: list[bytes]) -> list[bytes]:
    whole = b"".join(texts)
    return list(map(without_key, texts)) if may_hold_key(whole) else texts


def _listed(place: int, reason: Reason, text: Text) -> dict[str, object]:
    message_id = readable_id(text)
    return {
        "index": place,
        "messageId": message_id[:MAX_LISTED_ID_CHARACTERS] if message_id else None,
        "code": str(reason.code),
        "detail": reason.detail,
    }
