"""Asks Dreamdata about a key: it takes the key, refuses it, or its answer does not tell."""

import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from relay_cli.dreamdata_key import post
from relay_cli.errors import AwsFailed

TAKEN, REFUSED, NOT_KNOWN = "taken", "refused", "not known"
EMPTY, EVENT = "empty", "event"
_REFUSING = (401, 403)
# An empty batch is none: that it is told so says nothing of the key, unless another key is told something else.
_OF_CONTENT = (400, 413, 422)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``state`` is one of the above, ``status`` is the answer's (None without one); ``told`` is it in words."""

    state: str
    status: int | None
    told: str

    @property
    def blames_content(self) -> bool:
        """Whether the answer concerns what was posted."""
        return self.status in _OF_CONTENT


def ask(key: str, endpoint: str, what: str, now: datetime) -> Verdict:
    """Post ``what`` (an empty batch or one event) to Dreamdata with ``key``.

    If the empty batch itself is refused, it is posted once more with a made-up key: if Dreamdata refuses that one for
    the key, it has checked the key before the batch.
    """
    try:
        status = post(key, endpoint, _body(what, now))
    except AwsFailed as error:
        return Verdict(NOT_KNOWN, None, str(error))
    if status in _REFUSING:
        return Verdict(REFUSED, status, f"Dreamdata answered {status}, which refuses the key")
    if 200 <= status < 300:
        return Verdict(TAKEN, status, f"Dreamdata answered {status}")
    if status not in _OF_CONTENT:
        return Verdict(NOT_KNOWN, status, f"Dreamdata answered {status}, which says nothing of the key")
    if what == EVENT:
        return Verdict(NOT_KNOWN, status, f"Dreamdata answered {status} to the event, which says nothing of the key")
    if _answer_to_another(endpoint, now) in _REFUSING:
        told = f"Dreamdata answered {status} to the empty batch, and refuses a key that is made up"
        return Verdict(TAKEN, status, told)
    told = f"Dreamdata answered {status} to the empty batch, whatever the key; --post event asks with an event"
    return Verdict(NOT_KNOWN, status, told)


def _answer_to_another(endpoint: str, now: datetime) -> int | None:
    try:
        return post(f"relay-no-key-{secrets.token_hex(8)}", endpoint, _body(EMPTY, now))
    except AwsFailed:
        return None


def _body(what: str, now: datetime) -> bytes:
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = {
        "type": "track",
        "event": "Relay key checked",
        "userId": "relay-operator",
        "messageId": str(uuid.uuid4()),
        "timestamp": at,
    }
    batch = [event] if what == EVENT else []
    return json.dumps({"messageId": str(uuid.uuid4()), "sentAt": at, "batch": batch}).encode()
