"""Handles bodies that do not have the shape of their route: reads clear ones, and says of others what to send.

Hardly any request needs this module, so it is imported only when needed.
"""

import json
import operator
import re

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.batches import read_array
from dreamdata_relay.events.rules import EVENT_TYPES
from dreamdata_relay.events.typed_fields import array_of

NO_LIST = "the body has no event list: expected an object with a list named batch"
NO_OBJECT = "the body is not a JSON object"
_BATCH_ROUTE = 'a batch {"batch":[...]} goes to /v1/batch; this route takes one event'
_LIST_ROUTE = "a list of events goes to /v1/batch; this route takes one event"
_LINE_NOT_JSON = "not JSON: where every line is an event, each has to be a JSON value by itself, and one is not"
_LINE_IS_BATCH = "not JSON: every line is an event, or the whole is one batch, not several"
# Includes a byte order mark at the start of a line, which concatenated files have.
_NEXT_LINE = re.compile(rb"\n(?:[ \t\r\n]++|\xef\xbb\xbf)*+")
_SPACE = b" \t\r\n"
_IDENTITIES = ("userId", "anonymousId", "groupId", "previousId")


def array_of_lines(text: bytes) -> bytes:
    """Return the events of ``text``, one a line (NDJSON), as the text of an array; raises :class:`NotJson`.

    A line that is not an object is an event to be refused, but the first line must be an object, because nothing else
    shows that the text is NDJSON. ``text`` has no leading byte order mark.
    """
    first, *more = _NEXT_LINE.split(text.strip(_SPACE), 1)
    if not (more and more[0]) or first[:1] != b"{" or not _is_json(first):
        raise NotJson("not JSON")
    lines = [line.rstrip(_SPACE) for line in _NEXT_LINE.split(text.strip(_SPACE)) if line]
    array = array_of(lines)
    if not _is_json(array) or not _are(lines, array):
        raise NotJson(_LINE_NOT_JSON)
    if _is_batch(first):
        raise NotJson(_LINE_IS_BATCH)
    return array


def _are(lines: list[bytes], array: bytes) -> bool:
    """Whether each line is one element of the array made of all, so that no value spans two lines."""
    elements = read_array(array).raws
    return len(elements) == len(lines) and all(map(operator.eq, map(bytes, elements), lines))


def of_no_list(text: bytes) -> str:
    """Return the message for an object ``text`` sent to ``/v1/batch`` without a list ``batch``, or with a ``type``."""
    kind = _type_of(text)
    if not kind and not json_editing.values_of(text, _IDENTITIES):
        return NO_LIST
    route = f"/v1/{kind}" if kind else "the route of its type, such as /v1/track"
    return f"the body is one event: it goes to {route}, or to /v1/batch in a list named batch"


def of_no_event(text: bytes) -> str | None:
    """Return the message for the JSON value ``text`` sent to the route of a single event; None if it may be an event.

    An object with a list ``batch`` is a batch, unless it has a type or an identity.
    """
    if text[:1] == b"[":
        return _LIST_ROUTE
    if text[:1] != b"{":
        return NO_OBJECT
    return _BATCH_ROUTE if _is_batch(text) else None


def _is_batch(text: bytes) -> bool:
    if b"batch" not in text and b"\\u" not in text:
        return False
    values = json_editing.values_of(text, ("batch", *_IDENTITIES))
    return list(values) == ["batch"] and values["batch"][:1] == b"[" and not _type_of(text)


def event_type(value: bytes) -> str | None:
    """Return the event type in ``value``, the text of a member ``type``; None if it is none."""
    kind = json.loads(value) if value[:1] == b'"' else None
    return kind if kind in EVENT_TYPES else None


def _type_of(text: bytes) -> str | None:
    return event_type(json_editing.values_of(text, ("type",)).get("type", b""))


def _is_json(text: bytes) -> bool:
    try:
        json_editing.check(text)
    except NotJson:
        return False
    return True
