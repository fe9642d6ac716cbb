"""Cleans the events of a message on the queue, unless one of the relay's functions did so by the same privacy rules.

Imported only where there are rules. What says so are attributes, which are believed of the relay's own roles only.
"""

from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.cleaning.readings import Cleaning
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.unwrapped import Unwrapped
from dreamdata_relay.events.batches import read_array
from dreamdata_relay.events.message_ids import derived_id
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import Reading
from dreamdata_relay.events.rules import Reason
from dreamdata_relay.events.timestamps import from_epoch
from dreamdata_relay.events.typed_fields import Text


def is_cleaned(message: QueuedMessage, judge: Judge) -> bool:
    """Whether the rules of ``judge`` made the events of ``message`` what they are."""
    return judge.version is not None and message.rules == judge.version


def cleaned(unwrapped: Unwrapped, message: QueuedMessage, judge: Judge) -> Unwrapped:
    """Return the events of ``message`` as the rules leave them; a message that cannot be events stays as it is.

    Those that the rules made what they are may have been suppressed since.

    Raises :class:`~dreamdata_relay.errors.RulesUnavailable`.
    """
    if unwrapped.refusal is not None:
        return unwrapped
    left = judge.after_rules() if is_cleaned(message, judge) else judge
    if left is None:
        return unwrapped
    cleaning = Cleaning(left, message.sources(unwrapped.came), _completion(unwrapped, message))
    found = cleaning.cleaned(_reading(unwrapped))
    floods: dict[Reason, list[Text]] = {}
    for reason, texts in unwrapped.floods.items():
        kept = [text for text in cleaning.each_refused(texts, found.dropped) if text is not None]
        if kept:
            floods[reason] = list(kept)
    if left.changes_nothing and not found.dropped:
        return unwrapped
    return Unwrapped(
        unwrapped.source,
        found.reading.message_ids,
        reading=found.reading,
        floods=floods,
        count=unwrapped.count,
        merged=unwrapped.merged,
        came=unwrapped.came,
        dropped=found.dropped,
        cleaned=True,
    )


def _reading(unwrapped: Unwrapped) -> Reading:
    if unwrapped.whole is None:
        return unwrapped.reading
    return Reading(list(read_array(b"[" + unwrapped.whole + b"]").raws), unwrapped.message_ids)


def _completion(unwrapped: Unwrapped, message: QueuedMessage) -> Completion:
    """Return what completes the events once more; they have their ids and times."""
    return Completion(
        from_epoch(message.sent_at),
        lambda _text, index, _own_time: derived_id(message.message_id.encode(), str(index).encode()),
        context=unwrapped.context,
        integrations=unwrapped.integrations,
    )
