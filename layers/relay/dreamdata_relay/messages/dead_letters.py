"""Makes dead letters: the original body, with the reason in message attributes."""

import json

from msgspec import Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.chunks import allowed_text, utf8_of
from dreamdata_relay.limits import (
    DEAD_LETTER_HEAD_BYTES,
    MAX_DEAD_LETTER_BYTES,
    MAX_ERROR_DETAIL_BYTES,
    MAX_SQS_BYTES,
)

_KEPT_IDS = {"type": "eventType"} | {
    name: name for name in ("messageId", "userId", "anonymousId", "groupId", "previousId", "timestamp")
}
_LONGEST_KEPT_VALUE_BYTES = 1_000


class OutgoingMessage(Struct, frozen=True):
    """A message for a queue: its body, and attributes, which are all strings."""

    body: str
    attributes: dict[str, str]
    delay_s: int = 0

    @property
    def size(self) -> int:
        """Return the bytes as SQS counts them: the body, and each attribute's name, type and value."""
        attributes = sum(len(name) + len("String") + len(value.encode()) for name, value in self.attributes.items())
        return len(self.body.encode()) + attributes


def dead_letter(
    body: str, code: str, detail: str, source: str, status: int | None = None, most: int = MAX_DEAD_LETTER_BYTES
) -> OutgoingMessage:
    """Make the dead letter of ``body``, the text of an event or a message as it came.

    A body over ``most`` bytes, or one that leaves no room for the attributes, is replaced by a stub with its ids, its
    size and its first 200 kB.
    """
    text = allowed_text(body)
    if len(text) > most or (size := len(text.encode())) > most:
        text, size = _stub(body), 0
    attributes = {"error_code": code, "error_detail": _shortened(detail), "source": source}
    if status is not None:
        attributes["status"] = str(status)
    letter = OutgoingMessage(text, {name: value for name, value in attributes.items() if value})
    if size > MAX_DEAD_LETTER_BYTES and letter.size > MAX_SQS_BYTES:
        return dead_letter(body, code, detail, source, status)
    return letter


def _shortened(detail: str) -> str:
    text = "".join(character if character.isprintable() else " " for character in detail)
    return text.encode("utf-8", "replace")[:MAX_ERROR_DETAIL_BYTES].decode("utf-8", "ignore").strip()


def _stub(body: str) -> str:
    """Make a stub without ``type``, so that a redriven stub is refused again and never delivered as an event."""
    text = utf8_of(body)
    head = json.dumps(text[:DEAD_LETTER_HEAD_BYTES].decode("utf-8", "ignore"))
    members = {"relay_stub": "true", "bytes": str(len(text)), **_kept_ids(text), "head": head}
    return "{" + ",".join(f'"{name}":{value}' for name, value in members.items()) + "}"


def _kept_ids(text: bytes) -> dict[str, str]:
    """Return the ids in ``text`` with their values as written."""
    try:
        json_editing.check(text)
    except NotJson:
        return {}
    if text.lstrip(b" \t\r\n")[:1] != b"{":
        return {}
    return {
        _KEPT_IDS[name]: allowed_text(value.decode())
        for name, value in json_editing.values_of(text, tuple(_KEPT_IDS)).items()
        if len(value) <= _LONGEST_KEPT_VALUE_BYTES
    }
