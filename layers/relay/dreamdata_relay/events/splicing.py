"""Splices a missing id or timestamp into the text of a valid event, or rewrites its timestamp."""

import re

from msgspec import UNSET

from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.timestamps import is_exact, to_utc
from dreamdata_relay.events.typed_fields import Probe, Text, probe_one
from dreamdata_relay.limits import MAX_EVENT_BYTES

_TIMESTAMP = b'"timestamp"'
_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")


def spliced(raw: Text, probe: Probe, index: int, completion: Completion, moment: str | None) -> tuple[Text, str] | None:
    """Return a valid event with its missing id or timestamp in front, or a new timestamp; None if not so simple."""
    timestamp, message_id = probe.timestamp, probe.messageId
    added = b""
    text: Text = raw
    if timestamp is UNSET:
        own_time = probe.originalTimestamp
        try:
            moment = completion.received_at if own_time is None else to_utc(own_time)
        except ValueError:
            return None
        added = b'"timestamp":"' + moment.encode() + b'",'
    elif moment != timestamp:
        rewritten = with_timestamp(bytes(raw), timestamp, moment) if moment else None
        if rewritten is None:
            return None
        text = rewritten
    if message_id is UNSET:
        own_time = probe.originalTimestamp if timestamp is UNSET else timestamp
        message_id = completion.message_id(bytes(raw), index, is_exact(own_time))
        added = b'"messageId":"' + message_id.encode() + b'",' + added
    elif not message_id:
        return None
    if added:
        text = b"{" + added + bytes(text)[1:]
    return (text, message_id) if len(text) <= MAX_EVENT_BYTES else None


def with_timestamp(text: bytes, timestamp: str, moment: str) -> bytes | None:
    """Return the event with ``moment`` as its ``timestamp``; None if the place of that is not certain."""
    quoted, rewritten = b'"' + timestamp.encode() + b'"', b'"' + moment.encode() + b'"'
    name = text.find(_TIMESTAMP)
    if name > 0 and text.find(_TIMESTAMP, name + 1) < 0 and not _ESCAPED_ASCII.search(text):
        # No letter is written as an escape, so the member's name is in the text literally, and only once. This is the
        # member, and the next string is its value.
        value = text.index(quoted, name)
        return b"".join((text[:value], rewritten, text[value + len(quoted) :]))
    if text.count(quoted) != 1:
        return None
    text = text.replace(quoted, rewritten)
    # Only reading it again proves that this was the event's own timestamp and not an equal one nested deeper.
    return text if probe_one(text).timestamp == moment else None
