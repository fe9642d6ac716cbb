"""What is fuzzed: the handlers over fakes, and the claims that no input may break."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import deliver_handler
import ingest_handler
from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.metrics import EVENTS_DROPPED, UNEXPECTED_ERRORS, Metric
from local.sandbox.rules import RefusedError, judge
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, IngestBench, http_event
from tests.fakes.telemetry import RecordingTelemetry
from tests.fuzz import ruled

_STATUSES = {200, 400, 401}
# Where the vendor's guide is silent the sandbox is stricter than the contract: an id that no rule asks for travels on
# as whatever it is, and is Dreamdata's to refuse.
_STRICTER = re.compile(r"(userId|anonymousId|groupId|previousId) is not a string")


class BrokenClaimError(AssertionError):
    """Raised when an input breaks a claim; the text says which."""


class _Telemetry(RecordingTelemetry):
    def fault(self, error: Exception) -> None:
        raise BrokenClaimError(f"a fault of the relay's own: {error!r}") from error

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None:
        if metric is UNEXPECTED_ERRORS:
            raise BrokenClaimError("a fault of the relay's own was counted")
        super().add(metric, value)

    def flush(self) -> None:
        """Kept."""


class _Endpoint:
    """Dreamdata by the sandbox's rules; ``delivered`` counts its events, ``posted`` has the payloads."""

    longest_s = 18.0

    def __init__(self) -> None:
        self.delivered = 0
        self.posted: list[str] = []
        self.refused = False

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer:
        self.posted.append(body.decode("utf-8", "replace"))
        try:
            self.delivered += len(judge(body).events)
        except RefusedError as error:
            _claim(_STRICTER.search(str(error)) is not None, f"a payload breaks the vendor's rules: {error}")
            self.refused = True
            return Answer(error.status, start=str(error).encode())
        return Answer(200)


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def ingest(body: bytes, rules: Judge | None = None) -> None:
    """A POST of ``body``: told of in a contract's answer, every event on a queue, and those queued deliverable."""
    bench = IngestBench(judge=rules)
    event = http_event(body) if _not_text(body) else http_event(body.decode())
    with _wired(ingest_handler, "_intake", bench.intake):
        answer = ingest_handler.handler(event, _Context())
    told = json.loads(answer["body"])
    _claim(answer["statusCode"] in _STATUSES, f"status {answer['statusCode']}")
    _claim(isinstance(told, dict) and answer["headers"]["Content-Type"] == "application/json", "a JSON object")
    letters = bench.sqs.bodies(DEAD_LETTERS)
    if answer["statusCode"] != 200:
        _claim(isinstance(told["code"], str) and isinstance(told["message"], str), "code and message")
        _claim(not letters and not bench.sqs.bodies(QUEUE), "an unreadable request leaves nothing on a queue")
        return
    queued = [json.loads(text)["batch"] for text in bench.sqs.bodies(QUEUE)]
    accepted = told["accepted"] - told.get("dropped", 0)
    _claim(sum(map(len, queued)) == accepted, "every accepted event is on the queue")
    refused = told.get("rejectedCount", len(told["rejected"]))
    _claim(bool(letters) == bool(refused) and len(letters) <= refused, "every refused event is in a dead letter")
    for attributes in bench.sqs.attributes(DEAD_LETTERS):
        _claim(bool(attributes["error_code"] and attributes["source"]), "a dead letter has its reason")
    _check_rules(rules, bench, bench.sqs.bodies(QUEUE))
    # From anybody but the relay they would meet the rules once more, which must change nothing.
    ended = sum(_deliver(text, rules) for text in bench.sqs.bodies(QUEUE))
    _claim(ended == accepted, "what ingest accepts is delivered, each event once")


def deliver(body: bytes, rules: Judge | None = None) -> None:
    """A message of ``body``: every event in it delivered by the vendor's rules or dead-lettered, nothing comes back."""
    _deliver(body.decode("utf-8", "replace"), rules)


def _deliver(body: str, rules: Judge | None = None) -> int:
    """How many events of the message were delivered, or refused by Dreamdata alone."""
    endpoint = _Endpoint()
    bench = DeliverBench(endpoint=endpoint, judge=rules)  # type: ignore[arg-type]  # what the deliverer asks of one
    record = {
        "messageId": "m-1",
        "receiptHandle": "r-1",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "9", "SentTimestamp": "1795436874000"},
        "messageAttributes": {},
    }
    with _wired(deliver_handler, "_deliverer", bench.deliverer):
        answer = deliver_handler.handler({"Records": [record]}, _Context())
    # What Dreamdata alone refuses waits for a second receive.
    comes_back = bool(answer["batchItemFailures"] or bench.sqs.bodies(QUEUE))
    _claim(endpoint.refused or not comes_back, f"nothing comes back: {answer}")
    letters = bench.sqs.attributes(DEAD_LETTERS)
    _claim(all(one["error_code"] and one["source"] for one in letters), "a dead letter has its reason")
    _check_rules(rules, bench, endpoint.posted)
    if comes_back:
        return len(json.loads(body)["batch"]) if body.startswith('{"batch":[') else 0
    if not endpoint.delivered and not letters and not bench.telemetry.total(EVENTS_DROPPED):
        _claim(_is_empty_list(body), "nothing vanishes")
    return endpoint.delivered + sum(one["error_code"] == "refused_by_dreamdata" for one in letters)


def _check_rules(rules: Judge | None, bench: IngestBench | DeliverBench, bodies: list[str]) -> None:
    if rules is not None:
        codes = [attributes["error_code"] for attributes in bench.sqs.attributes(DEAD_LETTERS)]
        letters = list(zip(bench.sqs.bodies(DEAD_LETTERS), codes, strict=True))
        _claim(not (found := list(ruled.faults(bodies, letters))), f"the rules are obeyed: {found}")


# The targets of the same name share their inputs.
TARGETS: dict[str, Callable[[bytes], None]] = {
    "ingest": ingest,
    "deliver": deliver,
    "ingest with rules": partial(ingest, rules=ruled.judge()),
    "deliver with rules": partial(deliver, rules=ruled.judge()),
}


@contextmanager
def _wired(module: Any, name: str, core: object) -> Iterator[None]:
    telemetry = _Telemetry()
    before = getattr(module, name), module._telemetry
    setattr(module, name, lambda: core)
    module._telemetry = lambda: telemetry
    try:
        yield
    finally:
        setattr(module, name, before[0])
        module._telemetry = before[1]


def _not_text(body: bytes) -> bool:
    """Whether HTTP API hands the body over as base64."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return body.startswith(b"\x1f\x8b") or len(base64.b64encode(body)) % 8 == 0


def _is_empty_list(body: str) -> bool:
    """No event was in it to begin with."""
    value = json.loads(body)
    for _ in range(4):
        if isinstance(value, dict) and isinstance(value.get("batch"), list):
            value = value["batch"]
        if isinstance(value, dict) and isinstance(value.get("Message"), str):
            value = json.loads(value["Message"])
        elif isinstance(value, dict) and isinstance(value.get("detail"), (dict, list)):
            value = value["detail"]
    return bool(value == [])


def _claim(holds: bool, claim: str) -> None:
    if not holds:
        raise BrokenClaimError(claim)
