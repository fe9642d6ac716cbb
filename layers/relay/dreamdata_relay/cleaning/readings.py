"""Cleans what was read: accepted events are checked again after the rules, refused ones get what they shared first.

An event that a rule has left without an identity, or too large, is refused like any other, with its cleaned text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field

from dreamdata_relay.cleaning.judging import Dropped, Judge
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.event_editing import edited, object_member
from dreamdata_relay.events.json_editing import split_around, values_of
from dreamdata_relay.events.normalization import Completion, merged
from dreamdata_relay.events.reading import Reading, RefusedEvent, read_events
from dreamdata_relay.events.typed_fields import Text, array_of, probe_array


class Cleaned(Struct):
    """``reading`` after the rules, nothing of which is as it came unless they leave it so; ``dropped`` by rule."""

    reading: Reading
    dropped: Counter[str] = field(default_factory=Counter)


class Cleaning(Struct, frozen=True):
    """Cleans what came from ``sources`` and was read with ``completion``."""

    judge: Judge
    sources: Sequence[str]
    completion: Completion

    def cleaned(self, reading: Reading, places: Sequence[int] | None = None) -> Cleaned:
        """Return ``reading`` after the rules; ``places``: the index of each accepted event in the request or message.

        Raises :class:`~dreamdata_relay.errors.RulesUnavailable`.
        """
        dropped: Counter[str] = Counter()
        found = self._accepted(reading, places, dropped)
        found.repeated += reading.repeated
        for event in reading.refused:
            text = self.refused(event.text, dropped)
            if text is not None:
                found.refused.append(RefusedEvent(event.index, event.code, event.detail, text))
        return Cleaned(found, dropped)

    def refused(self, text: Text, dropped: Counter[str]) -> bytes | None:
        """Return a refused event with all that it was sent with, cleaned; None if a rule drops it, which is counted."""
        event = merged(bytes(text), self.completion)
        # Any other value has no members, and a rule is about members.
        return self._cleaned(event, dropped) if event[:1] == b"{" else event

    def each_refused(self, texts: Iterable[Text], dropped: Counter[str]) -> Iterator[bytes | None]:
        """Yield :meth:`refused` of each of ``texts``, of which there may be very many."""
        # A flood repeats itself.
        known: dict[bytes, bytes] = {}
        for text in map(bytes, texts):
            cleaned = known.get(text)
            if cleaned is None:
                cleaned = self.refused(text, dropped)
                if cleaned is not None:
                    known[text] = cleaned
            yield cleaned

    def _cleaned(self, event: bytes, dropped: Counter[str]) -> bytes | None:
        try:
            return self.judge.cleaned(event, self.sources)
        except Dropped as error:
            dropped[error.rule] += 1
            return None

    def _accepted(self, reading: Reading, places: Sequence[int] | None, dropped: Counter[str]) -> Reading:
        texts: list[Text] = []
        left: list[int] = []
        changes = False
        copied = frozenset(reading.copied)
        for number, event in enumerate(reading.events):
            text = bytes(event)
            cleaned = self._cleaned(text, dropped)
            if copied and cleaned is not None and cleaned != text and text in copied:
                cleaned = self._cleaned(_copied_anew(cleaned), dropped)
            if cleaned is None:
                continue
            changes |= cleaned != text
            texts.append(cleaned)
            left.append(number)
        if not changes:
            return Reading(texts, [reading.message_ids[number] for number in left])
        array = array_of(texts)
        # What a rule takes out of ``traits`` must not come back from ``context.traits``.
        again = Completion(self.completion.received_at, self.completion.message_id, copies_traits=False)
        checked = read_events(Batch(texts, probe_array(array), len(array)), again)
        if places is not None:
            checked.refused = [
                RefusedEvent(places[left[one.index]], one.code, one.detail, one.text) for one in checked.refused
            ]
        return checked


def _copied_anew(event: bytes) -> bytes:
    """Return an identify whose traits the relay copied from its context with a copy of what the rules have left there.

    Otherwise what a rule takes out of ``context.traits`` would stay in the copy.
    """
    members = values_of(event, ("context", "traits"))
    if "traits" not in members:
        return event
    traits = object_member(members.get("context"), "traits") or b"{}"
    return edited(event, split_around(event, ("traits",)), {"traits": traits}, ())
