"""Events to try rules on, read as the relay reads a request."""

import sys
import time
from pathlib import Path

from dreamdata_relay.errors import EventRefused, NotJson
from dreamdata_relay.events.bodies import read_batch_body, read_single_body
from dreamdata_relay.events.envelopes import Envelope
from dreamdata_relay.events.message_ids import derived_id
from dreamdata_relay.events.normalization import Completion, complete
from dreamdata_relay.events.timestamps import from_epoch
from relay_cli.errors import WrongInput

MOST_BYTES = 50_000_000


def bytes_of(file: Path) -> bytes:
    """What is in ``file``, or comes on stdin where it is ``-``; raises WrongInput."""
    try:
        if str(file) == "-":
            text = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with file.open("rb") as opened:
                text = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise WrongInput(f"{file} cannot be read: {error.strerror}") from None
    if len(text) > MOST_BYTES:
        raise WrongInput(f"{file} is larger than {MOST_BYTES:,} bytes: try fewer events")
    return text


def read(body: bytes) -> list[bytes]:
    """The text of each event: of one, a list, ``{"batch": [...]}``, or one a line; raises WrongInput.

    What the events of a batch share is merged into them, as the relay does before the rules.
    """
    return [event for _, event in read_beside(body)]


def read_beside(body: bytes) -> list[tuple[bytes, bytes]]:
    """Return the same, each beside its text as it stands in ``body``."""
    envelope = _envelope(body)
    events = [bytes(raw) for raw in envelope.batch.raws]
    if not events or any(text[:1] != b"{" for text in events):
        raise WrongInput("there is no event: one object, a list of them, {batch: [...]}, or one a line")
    if envelope.context or envelope.integrations:
        return [(text, _merged(text, index, envelope)) for index, text in enumerate(events)]
    return [(text, text) for text in events]


def as_written(body: bytes) -> list[bytes]:
    """The text of each event as it stands in ``body``, in the order of :func:`read`."""
    return [bytes(raw) for raw in _envelope(body).batch.raws]


def _envelope(body: bytes) -> Envelope:
    try:
        return read_batch_body(body)
    except NotJson:
        pass
    try:
        return read_single_body(body)
    except NotJson as error:
        raise WrongInput(f"the events cannot be read: {error}") from None


def refusal(text: bytes) -> str | None:
    """The code by which the relay refuses the event; None where it takes it."""
    try:
        complete(text, 0, _completion())
    except EventRefused as refused:
        return refused.code
    return None


def _merged(text: bytes, index: int, envelope: Envelope) -> bytes:
    """The event as the relay completes it; one that it refuses, as it came."""
    try:
        return complete(text, index, _completion(envelope.context, envelope.integrations)).text
    except EventRefused:
        return text


def _completion(context: bytes | None = None, integrations: bytes | None = None) -> Completion:
    return Completion(
        received_at=from_epoch(time.time()),
        message_id=lambda event, place, _: derived_id(event, str(place).encode()),
        context=context,
        integrations=integrations,
    )
