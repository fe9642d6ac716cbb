"""The sandbox without its HTTP: what to answer a request with, by the rules, the key and the script."""

import base64
import binascii
import hmac
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from local.sandbox.encodings import encoding_of, unpacked
from local.sandbox.record import Record, RequestRecord, events_as_json, now
from local.sandbox.rules import MAX_PAYLOAD_BYTES, Payload, RefusedError, judge
from local.sandbox.script import AS_USUAL, Answer, Orders, described, parse

NO_LIMIT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back, after `delay_s` seconds: status, body, more headers; or nothing (`drop`)."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    drop: bool = False


def json_reply(value: Any, status: int = 200) -> Reply:
    """A reply whose body is `value` as JSON."""
    return Reply(status, json.dumps(value).encode())


class Sandbox:
    """Takes payloads and remembers them; every method may be called from any thread."""

    def __init__(self, key: str) -> None:
        self._lock = threading.Lock()
        self._record = Record()
        self._answers: deque[Answer] = deque()
        self._orders = Orders(key=key)
        self._resets = 0

    def post_batch(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer a `POST /v1/batch`, and record it. `headers` has the names in lower case."""
        received_at = now()
        with self._lock:
            answer = self._answers.popleft() if self._answers else AS_USUAL
            orders = replace(self._orders)
        payload, refusal = _verdict(headers, body, orders)
        taken = payload is not None and answer.takes
        reply = _reply(answer, refusal)
        request = RequestRecord(
            received_at=received_at,
            size=len(body),
            encoding=encoding_of(headers),
            headers={name: value for name, value in headers.items() if name != "authorization"},
            status=None if reply.drop else reply.status,
            scripted=answer is not AS_USUAL,
            payload=payload,
            taken=taken,
            reason=str(refusal) if refusal else None,
        )
        with self._lock:
            self._record.add(request)
        return reply

    def events(self, since: int, limit: int = NO_LIMIT) -> Reply:
        """The events taken, in order, from index `since` on, at most `limit`."""
        with self._lock:
            events = self._record.events[since : since + limit]
        return Reply(200, events_as_json(events, since))

    def payloads(self, since: int, limit: int = NO_LIMIT) -> Reply:
        """The requests received, in order, from index `since` on, at most `limit`."""
        with self._lock:
            requests = self._record.requests[since : since + limit]
        return json_reply([request.as_json(index) for index, request in enumerate(requests, since)])

    def health(self) -> Reply:
        """Whether it runs, and how much it has."""
        with self._lock:
            counts = {"events": len(self._record.events), "payloads": len(self._record.requests)}
            more = {"answers_waiting": len(self._answers), "resets": self._resets}
            return json_reply({"status": "ok", **counts, **more})

    def reset(self) -> Reply:
        """Forget events, requests, script and orders; the key stays."""
        with self._lock:
            self._record.clear()
            self._answers.clear()
            self._orders = Orders(key=self._orders.key)
            self._resets += 1
        return json_reply({"success": True})

    def script(self, body: bytes) -> Reply:
        """Take a script; 400 with the reason when it is not one."""
        try:
            with self._lock:
                self._answers = parse(json.loads(body), self._orders)
                return json_reply({"success": True, "answers_waiting": len(self._answers)})
        except ValueError as error:
            return json_reply({"success": False, "message": str(error)}, 400)

    def script_now(self, authorization: str) -> Reply:
        """How requests are answered at the moment; `takes_key`: whether the key that `authorization` shows is right."""
        with self._lock:
            now = described(self._answers, self._orders)
            return json_reply({**now, "takes_key": _shows(authorization, self._orders.key or "")})


def _verdict(headers: Mapping[str, str], body: bytes, orders: Orders) -> tuple[Payload | None, RefusedError | None]:
    try:
        _check_headers(headers, orders.key or "")
        payload = judge(_unpacked(headers, body, orders), orders.max_bytes or MAX_PAYLOAD_BYTES)
        for event in payload.events:
            if event.message_id in orders.reject_message_ids:
                raise RefusedError(f"the event {event.message_id} is refused by the script")
    except RefusedError as refusal:
        return None, refusal
    return payload, None


def _check_headers(headers: Mapping[str, str], key: str) -> None:
    if not _shows(headers.get("authorization", ""), key):
        raise RefusedError("Basic auth with the key and an empty password is missing or wrong", status=401)
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError("the Content-Type is not application/json", status=415)


def _shows(authorization: str, key: str) -> bool:
    """Whether it is Basic auth with `key` as the user name and an empty password."""
    scheme, _, credentials = authorization.partition(" ")
    try:
        given = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(given, f"{key}:".encode())


def _unpacked(headers: Mapping[str, str], body: bytes, orders: Orders) -> bytes:
    encoding = encoding_of(headers)
    if encoding == "gzip" and orders.refuse_gzip:
        raise RefusedError("gzip is refused by the script", status=orders.refuse_gzip)
    return unpacked(encoding, body)


def _reply(answer: Answer, refusal: RefusedError | None) -> Reply:
    """The script's answer where it has one; a scripted success only for what passes the rules."""
    scripted_failure = answer.status is not None and answer.status >= 300
    if refusal and not scripted_failure:
        message = {"success": False, "code": "refused", "message": str(refusal)}
        return Reply(refusal.status, json.dumps(message).encode(), {}, answer.delay_s, answer.drop)
    status = answer.status or 200
    usual = {"success": True} if status < 300 else {"success": False, "code": "scripted", "message": "by the script"}
    body = json.dumps(usual) if answer.body is None else answer.body
    return Reply(status, body.encode(), answer.headers, answer.delay_s, answer.drop)
