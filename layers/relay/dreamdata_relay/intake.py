"""The ingest function's work: a request in, every event durable, an answer out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dreamdata_relay import metrics
from dreamdata_relay.chunks import chunk, without_non_characters
from dreamdata_relay.clock import Clock
from dreamdata_relay.completion import Completion
from dreamdata_relay.dead_letters import OutgoingMessage, dead_letter
from dreamdata_relay.envelopes import Envelope, WrongShape, read_batch_body, read_single_body
from dreamdata_relay.errors import NotJson, RequestError, SecretUnavailable
from dreamdata_relay.events import Reading, RefusedEvent, read_events
from dreamdata_relay.identifiers import derived_id, random_id
from dreamdata_relay.keys import RelayKeys, basic_user
from dreamdata_relay.limits import MAX_LISTED_ID_CHARACTERS, MAX_LISTED_REJECTIONS
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.queues import Queue
from dreamdata_relay.requests import BATCH, HEALTH, Request, body_of, read_request
from dreamdata_relay.timestamps import from_epoch

# The shortest client time-out is 8 s; what the queue has not taken by then the caller should send again.
SENDING_S = 5.0
# Kept back from the function's own time-out, for the answer.
ANSWERING_S = 0.5
_RETRY_AFTER = "2"


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: status, a JSON object, and headers beside Content-Type."""

    status: int
    body: dict[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Intake:
    """The ingest function's parts."""

    keys: RelayKeys
    queue: Queue
    dead_letters: Queue
    clock: Clock
    telemetry: Telemetry

    def answer(self, event: Mapping[str, Any], remaining_s: float) -> Response:
        """Take the events of an HTTP API ``event`` within ``remaining_s`` seconds."""
        deadline = self.clock.monotonic() + min(SENDING_S, remaining_s - ANSWERING_S)
        try:
            return self._take(read_request(event), deadline)
        except RequestError as error:
            failed = error.status >= 500
            self.telemetry.add(metrics.REQUESTS_FAILED if failed else metrics.REQUESTS_REFUSED)
            self.telemetry.log(
                "error" if failed else "warning", "request refused", status=error.status, code=error.code
            )
            return Response(error.status, {"code": error.code, "message": error.message}, error.headers)

    def _take(self, request: Request, deadline: float) -> Response:
        if request.route == HEALTH:
            return Response(200, {"success": True, "status": "ok"})
        key_name = self._key_name(request.authorization) if request.authorization is not None else None
        envelope = _read(request, authorized=key_name is not None)
        if key_name is None:
            key_name = self._name_of(envelope.write_key)
        self.telemetry.label(key=key_name)
        reading = read_events(envelope.batch, self._completion(request, envelope))
        self._store(reading, f"http:{key_name}", deadline)
        return _taken(reading)

    def _key_name(self, authorization: str) -> str:
        return self._name_of(basic_user(authorization))

    def _name_of(self, key: str | None) -> str:
        if not key:
            raise RequestError(401, "unauthorized", "no relay key: send it as the Basic user name")
        try:
            name = self.keys.name_of(key)
        except SecretUnavailable:
            raise _unavailable("keys_unavailable", "the relay keys cannot be read at the moment") from None
        if name is None:
            raise RequestError(401, "unauthorized", "unknown relay key")
        return name

    def _completion(self, request: Request, envelope: Envelope) -> Completion:
        return Completion(
            received_at=from_epoch(self.clock.now()),
            message_id=_message_id,
            kind=None if request.route == BATCH else request.route,
            context=envelope.context,
            integrations=envelope.integrations,
        )

    def _store(self, reading: Reading, source: str, deadline: float) -> None:
        """Make every event durable or raise the 503 that makes the caller send all of them again."""
        if reading.refused:
            letters = [_letter(refused, source) for refused in reading.refused]
            failed = self.dead_letters.send(letters, deadline)
            if failed:
                self.telemetry.add(metrics.DEAD_LETTERS_FAILED, len(failed))
                raise _unavailable("queue_unavailable", "the dead-letter queue did not take the refused events")
        messages = [OutgoingMessage(body.decode(), {"source": source}) for body in chunk(reading.events)]
        if self.queue.send(messages, deadline):
            raise _unavailable("queue_unavailable", "the queue did not take the events")
        self._count(reading)

    def _count(self, reading: Reading) -> None:
        for metric, count in (
            (metrics.EVENTS_ACCEPTED, len(reading.events)),
            (metrics.EVENTS_REFUSED, len(reading.refused)),
            (metrics.EVENTS_REPEATED, reading.repeated),
        ):
            if count:
                self.telemetry.add(metric, count)


def _read(request: Request, authorized: bool) -> Envelope:
    try:
        body = without_non_characters(body_of(request))
        if request.route == BATCH:
            return read_batch_body(body)
        return read_single_body(body)
    except WrongShape as error:
        problem = RequestError(400, "wrong_shape", str(error))
    except NotJson as error:
        problem = RequestError(400, "not_json", f"the body is {error}")
    except RequestError as error:
        problem = error
    # Somebody without a key in the header is told of the key first.
    raise problem if authorized else RequestError(401, "unauthorized", "no relay key: send it as the Basic user name")


def _message_id(text: bytes, index: int, own_time: bool) -> str:
    """The same for a body that is sent again; without a timestamp of its own an event says nothing of which it is."""
    return derived_id(text, str(index).encode()) if own_time else random_id()


def _letter(refused: RefusedEvent, source: str) -> OutgoingMessage:
    return dead_letter(bytes(refused.text).decode("utf-8", "replace"), refused.code, refused.detail, source)


def _taken(reading: Reading) -> Response:
    body: dict[str, object] = {
        "success": True,
        "accepted": len(reading.events),
        "rejected": _listed(reading.refused),
    }
    if len(reading.refused) > MAX_LISTED_REJECTIONS:
        body["rejectedCount"] = len(reading.refused)
    if reading.repeated:
        body["repeated"] = reading.repeated
    return Response(200, body)


def _listed(refused: Sequence[RefusedEvent]) -> list[dict[str, object]]:
    return [
        {
            "index": event.index,
            "messageId": event.message_id[:MAX_LISTED_ID_CHARACTERS] if event.message_id else None,
            "code": str(event.code),
            "detail": event.detail,
        }
        for event in refused[:MAX_LISTED_REJECTIONS]
    ]


def _unavailable(code: str, message: str) -> RequestError:
    return RequestError(503, code, message, Retry_After=_RETRY_AFTER)
