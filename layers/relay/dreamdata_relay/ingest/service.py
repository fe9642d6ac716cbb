"""Answers a request of the ingest function once every event is stored durably."""

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct, field

from dreamdata_relay import metrics
from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import NotJson, RequestError, RulesUnavailable, SecretUnavailable
from dreamdata_relay.events.bodies import read_batch_body, read_long_batch_body, read_single_body
from dreamdata_relay.events.body_keys import keys_in
from dreamdata_relay.events.chunks import without_non_characters
from dreamdata_relay.events.envelopes import Envelope, WrongShape
from dreamdata_relay.events.message_ids import derived_id, random_id
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.timestamps import from_epoch
from dreamdata_relay.ingest.enqueueing import NOWHERE, EventOutbox, NotTaken, Outbox
from dreamdata_relay.ingest.masks import RequestMasks
from dreamdata_relay.ingest.parts import Miscounted, Taken, parts_of
from dreamdata_relay.ingest.requests import BATCH, HEALTH, KEYLESS, Request, body_of, checked, read_request, unpacked
from dreamdata_relay.limits import MAX_BODY_BYTES_AT_ONCE, MAX_EVENTS_AT_ONCE, MAX_INFLATED_BYTES
from dreamdata_relay.messages.queues import Queue
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.secrets.keys import RelayKeys, basic_user

if TYPE_CHECKING:
    from dreamdata_relay.cleaning.judging import Judge
    from dreamdata_relay.cleaning.readings import Cleaning

# The shortest client time-out is 8 s; the caller should resend what the queue has not accepted by then.
SENDING_S = 6.5
# Reserved out of the function's time-out for the answer.
ANSWERING_S = 0.5
_RETRY_AFTER = "2"
_UNAUTHORIZED = 401


class Response(Struct, frozen=True):
    """An answer: status, a JSON object, and headers in addition to Content-Type."""

    status: int
    body: dict[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)


class Shown(NamedTuple):
    """The relay key of a request, its name, and whether it is in mode ``sandbox``."""

    name: str
    key: str
    sandbox: bool


class Intake(Struct, frozen=True):
    """The ingest function's parts.

    ``judge``: the privacy rules, if there are any. ``digests``: whether of what is no event only a digest is kept.
    """

    keys: RelayKeys
    queue: Queue
    dead_letters: Queue
    clock: Clock
    telemetry: Telemetry
    mapping_path: str = ""
    judge: "Judge | None" = None
    digests: bool = False

    def answer(self, event: MutableMapping[str, Any], remaining_s: float) -> Response:
        """Answer an HTTP API ``event`` within ``remaining_s`` seconds."""
        deadline = self.clock.monotonic() + min(SENDING_S, remaining_s - ANSWERING_S)
        try:
            return self._take(read_request(event, self.mapping_path), deadline)
        except RequestError as error:
            failed = error.status >= 500
            self.telemetry.add(metrics.REQUESTS_FAILED if failed else metrics.REQUESTS_REFUSED)
            if error.status == _UNAUTHORIZED:
                self.telemetry.add(metrics.REQUESTS_UNAUTHORIZED)
            self.telemetry.log(
                "error" if failed else "warning", "request refused", status=error.status, code=error.code
            )
            return Response(error.status, {"code": error.code, "message": error.message}, error.headers)

    def _take(self, request: Request, deadline: float) -> Response:
        if request.route == HEALTH:
            return Response(200, {"success": True, "status": "ok"})
        key, body = self._authorized(request)
        self.telemetry.label(key=key.name)
        envelope = _envelope(request, body)
        del body
        completion = self._completion(request, envelope)
        return Response(200, self._store(envelope, completion, key, deadline).body())

    def _authorized(self, request: Request) -> tuple[Shown, bytes]:
        """Return the relay key of the request, and its body.

        Until the key is known, the request costs no more than a strict, bounded read.
        """
        if request.authorization is not None:
            user = basic_user(request.authorization)
            key = self._known([user] if user else [])
            return key, without_non_characters(body_of(request))
        try:
            body = unpacked(request, KEYLESS)
        except RequestError:
            # A sender without a key gets 401 before anything is said about the body.
            body = b""
        key = self._known(keys_in(body))
        return key, without_non_characters(checked(body, request))

    def _known(self, keys: Sequence[str]) -> Shown:
        try:
            known = [Shown(found.name, key, found.sandbox) for key in keys if (found := self.keys.find(key))]
        except SecretUnavailable:
            raise _unavailable("keys_unavailable", "the relay keys cannot be read at the moment") from None
        if not known:
            message = "unknown relay key" if keys else "no relay key: send it as the Basic user name"
            raise RequestError(_UNAUTHORIZED, "unauthorized", message)
        return known[0]

    def _completion(self, request: Request, envelope: Envelope) -> Completion:
        return Completion(
            received_at=from_epoch(self.clock.now()),
            message_id=_message_id,
            kind=None if request.route == BATCH else request.route,
            context=envelope.context,
            integrations=envelope.integrations,
        )

    def _store(self, envelope: Envelope, completion: Completion, key: Shown, deadline: float) -> Taken:
        """Store every event durably, or raise the 503 that makes the caller resend all of them.

        With a key in mode ``sandbox`` all is done but for the sending.
        """
        source = f"http:{key.name}"
        taken, masks = Taken(), None
        queue, dead_letters = (NOWHERE, NOWHERE) if key.sandbox else (self.queue, self.dead_letters)
        letters = Outbox(dead_letters, deadline)
        events = EventOutbox(queue, source, deadline, self.judge.version if self.judge else None)
        # Dead letters first: if the queue fails, a second copy of a refused event does less harm than one of another.
        try:
            for part in parts_of(envelope, completion, _events_at_once(envelope), self._cleaning(source, completion)):
                if part.refused:
                    masks = masks or RequestMasks((key.key, *self.keys.others_than(key.key)))
                    letters.put(part.dead_letters(source, masks, taken.refused, digests=self.digests))
                events.put(part.events)
                taken.add(part)
            letters.finish()
            events.finish()
        except Miscounted:
            self.telemetry.add(metrics.UNEXPECTED_ERRORS)
            self.telemetry.log("error", "events of a request without an end")
            raise _unavailable("internal", "the relay failed; send again") from None
        except RulesUnavailable as error:
            from dreamdata_relay.cleaning.judging import report

            report([error], self.telemetry)
            raise _unavailable("rules_unavailable", "the privacy rules cannot run at the moment") from None
        except NotTaken as error:
            if error.queue is not self.dead_letters:
                raise _unavailable("queue_unavailable", "the queue did not take the events") from None
            self.telemetry.add(metrics.DEAD_LETTERS_FAILED, error.count)
            message = "the dead-letter queue did not take the refused events"
            raise _unavailable("queue_unavailable", message) from None
        if key.sandbox:
            self._tell(taken)
        else:
            self._count(taken)
        return taken

    def _cleaning(self, source: str, completion: Completion) -> "Cleaning | None":
        if self.judge is None:
            return None
        from dreamdata_relay.cleaning.readings import Cleaning

        return Cleaning(self.judge, (source,), completion)

    def _tell(self, taken: Taken) -> None:
        """Count and show what came with a key in mode ``sandbox``, apart from all that has to be delivered."""
        taken.sandbox = True
        self.telemetry.add(metrics.EVENTS_SANDBOXED, taken.total)
        codes = dict(Counter(str(one["code"]) for one in taken.listed))
        self.telemetry.log(
            "info",
            "sandbox request",
            accepted=taken.accepted,
            refused=taken.refused,
            repeated=taken.repeated,
            codes=codes,
        )

    def _count(self, taken: Taken) -> None:
        for metric, count in (
            (metrics.EVENTS_ACCEPTED, taken.accepted),
            (metrics.EVENTS_REFUSED, taken.refused),
            (metrics.EVENTS_REPEATED, taken.repeated),
        ):
            if count:
                self.telemetry.add(metric, count)
        if taken.dropped:
            from dreamdata_relay.cleaning.counting import add_dropped

            add_dropped(self.telemetry, taken.dropped)


def _events_at_once(envelope: Envelope) -> int:
    """Return how many events to read at once, so that what is merged into them stays within a part's memory."""
    return max(1, min(MAX_EVENTS_AT_ONCE, MAX_INFLATED_BYTES // max(1, envelope.shared_bytes)))


def _envelope(request: Request, body: bytes) -> Envelope:
    try:
        if request.route != BATCH:
            return read_single_body(body)
        return read_batch_body(body) if len(body) <= MAX_BODY_BYTES_AT_ONCE else read_long_batch_body(body)
    except WrongShape as error:
        raise RequestError(400, "wrong_shape", str(error)) from None
    except NotJson as error:
        raise _not_json(error, request, body) from None


def _not_json(error: NotJson, request: Request, body: bytes) -> RequestError:
    from dreamdata_relay.ingest.unreadable_bodies import told

    what = told(body, request.encoding)
    return RequestError(400, "body_unreadable", what) if what else RequestError(400, "not_json", f"the body is {error}")


def _message_id(text: bytes, index: int, exact: bool) -> str:
    """Return an id that is the same if the body is sent again, provided that the event's own time is ``exact``.

    For any other event a second, equal request cannot be told from a resend. It gets a random id, so that it counts
    twice rather than not at all.
    """
    return derived_id(text, str(index).encode()) if exact else random_id()


def _unavailable(code: str, message: str) -> RequestError:
    return RequestError(503, code, message, Retry_After=_RETRY_AFTER)
