"""A request that passed, with its answer, and the events in it as they stand there: read as ingest reads them."""

import base64
import json
import re
import uuid
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from dreamdata_relay.errors import NotJson, RequestError
from dreamdata_relay.events.bodies import read_batch_body, read_single_body
from dreamdata_relay.events.chunks import without_non_characters
from dreamdata_relay.events.envelopes import Envelope
from dreamdata_relay.ingest.requests import BATCH, HEALTH, body_of, read_request
from local.front.http_api import decoded_path
from local.page.rows import RefusedRequest
from local.sent_events import event_texts
from relay_cli.samples import Request

_LONGEST_WORDS = 200
# A string, or what is no JSON and yet sent by many.
_CONSTANT = re.compile(rb'"(?:[^"\\]|\\.)*+"|NaN|-?Infinity', re.DOTALL)


class PassedRequest(Struct, frozen=True):
    """One line of a record of requests (:mod:`local.front.record`); its bodies are base64 there.

    body_base64: None where it was too large to be kept.
    """

    at: str
    method: str
    path: str
    headers: dict[str, str]
    body_base64: bytes | None
    status: int
    answer_base64: bytes

    def header(self, name: str) -> str:
        """A header's value, empty where there is none."""
        return next((value for given, value in self.headers.items() if given.lower() == name), "")


class CameEvent(Struct, frozen=True):
    """An event as it came: its text, as ingest reads that, its place, and what it is completed with.

    ``kind``: the type that the path names; None for a batch.
    """

    text: bytes
    read: bytes
    index: int
    count: int
    kind: str | None
    context: bytes | None
    integrations: bytes | None


_REQUEST = msgspec.json.Decoder(PassedRequest)


def request_of(line: bytes) -> PassedRequest | None:
    """The request of a line; None where it is not one, or cut."""
    try:
        return _REQUEST.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def refusal_of(request: PassedRequest) -> RefusedRequest | None:
    """What the relay answered to a request whose events it did not take; None where it took them or none were sent."""
    if request.status == 200 or request.method != "POST":
        return None
    try:
        answer = dict(json.loads(request.answer_base64))
    except (ValueError, TypeError):
        answer = {}
    return RefusedRequest(
        at=request.at,
        status=request.status,
        code=str(answer.get("code", ""))[:_LONGEST_WORDS],
        message=str(answer.get("message", ""))[:_LONGEST_WORDS],
        path=request.path[:_LONGEST_WORDS],
        agent=request.header("user-agent")[:_LONGEST_WORDS],
    )


def refused_places(request: PassedRequest) -> frozenset[int]:
    """The places of the events that the answer lists as refused."""
    try:
        rejected = json.loads(request.answer_base64)["rejected"]
        return frozenset(one["index"] for one in rejected)
    except (ValueError, KeyError, TypeError):
        return frozenset()


def is_sandboxed(request: PassedRequest) -> bool:
    """Whether its key was in mode ``sandbox``: its events go nowhere, and none of them is to be seen again."""
    try:
        return bool(json.loads(request.answer_base64).get("sandbox"))
    except (ValueError, AttributeError):
        return False


def events_of(request: PassedRequest) -> Iterator[CameEvent]:
    """The events of a request; none where the relay refuses the whole."""
    event = {
        "rawPath": decoded_path(request.path.partition("?")[0]),
        "requestContext": {"http": {"method": request.method}},
        "headers": request.headers,
        "body": base64.b64encode(request.body_base64 or b"").decode(),
        "isBase64Encoded": True,
    }
    try:
        read = read_request(event)
        if read.route == HEALTH:
            return
        body = without_non_characters(body_of(read))
        envelope: Envelope = read_batch_body(body) if read.route == BATCH else read_single_body(body)
    except (RequestError, NotJson):
        return
    raws = [bytes(raw) for raw in envelope.batch.raws]
    texts = _unrepaired(body, request.path, len(raws)) or raws
    kind = None if read.route == BATCH else read.route
    for index, (text, raw) in enumerate(zip(texts, raws, strict=True)):
        yield CameEvent(text, raw, index, len(raws), kind, envelope.context, envelope.integrations)


def _unrepaired(body: bytes, path: str, count: int) -> list[bytes] | None:
    """The events' texts with the NaN and Infinity that they came with, which the core reads as null.

    None where there are none, or where the events cannot be told apart.
    """
    if b"NaN" not in body and b"Infinity" not in body:
        return None
    # As strings that stand nowhere else they are JSON, and are found again.
    mark = f'"{uuid.uuid4()}'.encode()
    marked = _CONSTANT.sub(lambda found: found[0] if found[0][:1] == b'"' else mark + found[0] + b'"', body)
    try:
        texts = event_texts(Request(path, marked, "application/json", None))
    except ValueError:
        return None
    found = [re.sub(re.escape(mark) + rb'([-A-Za-z]+)"', rb"\1", text.encode()) for text in texts]
    return found if len(found) == count else None
