"""The two functions' cores over fakes, ready to use."""

import base64
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.deliver.payload_encoding import Encoding
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer, NoAnswer
from dreamdata_relay.deliver.service import Deliverer
from dreamdata_relay.ingest.service import Intake, Response
from dreamdata_relay.secrets.key_events import key_refused, secret_failed
from dreamdata_relay.secrets.keys import DreamdataKey, RelayKeys
from dreamdata_relay.secrets.remembered import RememberedSecret
from tests.fakes.aws import FakeSecrets, FakeSqs
from tests.fakes.clock import FakeClock
from tests.fakes.telemetry import RecordingTelemetry

QUEUE = "https://sqs.test/queue"
DEAD_LETTERS = "https://sqs.test/dead-letters"
RELAY_KEY = "relay-key-for-tests"
DREAMDATA_KEY = "dreamdata-key-for-tests"


@dataclass
class IngestBench:
    """The ingest function's core; everything it touches is at hand."""

    clock: FakeClock = field(default_factory=FakeClock)
    sqs: FakeSqs = field(default_factory=FakeSqs)
    secrets: FakeSecrets = field(default_factory=lambda: FakeSecrets(json.dumps({"default": RELAY_KEY})))
    telemetry: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    judge: Judge | None = None
    digests: bool = False

    def __post_init__(self) -> None:
        self.intake = Intake(
            keys=RelayKeys(
                self._remembered(ManagedSecret(lambda: self.secrets, "keys")), partial(key_refused, self.telemetry)
            ),
            queue=SqsQueue(self.sqs, QUEUE, self.clock),
            dead_letters=SqsQueue(self.sqs, DEAD_LETTERS, self.clock),
            clock=self.clock,
            telemetry=self.telemetry,
            judge=self.judge,
            digests=self.digests,
        )

    def _remembered(self, secret: ManagedSecret) -> RememberedSecret:
        return RememberedSecret(secret, self.clock, failed=partial(secret_failed, self.telemetry))

    def post(self, body: object, path: str = "/v1/batch", **changes: Any) -> Response:
        """Answer a POST of ``body`` (bytes, text, or anything that json.dumps takes)."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.intake.answer(http_event(text, path, **changes), 15.0)

    def queued_events(self) -> list[Any]:
        """Every event in the queue, parsed."""
        return [event for body in self.sqs.bodies(QUEUE) for event in json.loads(body)["batch"]]


def http_event(
    body: str | bytes | None,
    path: str = "/v1/batch",
    key: str | None = RELAY_KEY,
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """An HTTP API event (payload format 2.0); bytes travel as base64."""
    basic = {} if key is None else {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
    encoded = isinstance(body, bytes)
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {**basic, **(headers or {})},
        "requestContext": {"http": {"method": method, "path": path}},
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": encoded,
    }


type Script = Callable[[dict[str, Any]], Answer | NoAnswer]


@dataclass
class ScriptedEndpoint:
    """Dreamdata as a function of the payload; ``accepted`` holds the payloads answered 2xx.

    ``gzip``: the answer to whatever comes in gzip, None to judge it like all else; ``encodings``: of ``requests``.
    """

    script: Script = lambda payload: Answer(200)
    longest_s: float = 18.0
    clock: FakeClock | None = None
    takes_s: float = 0.0
    requests: list[tuple[bytes, str]] = field(default_factory=list)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    gzip: Answer | NoAnswer | None = None
    encodings: list[str | None] = field(default_factory=list)

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
        """Answer as scripted."""
        self.requests.append((body, key))
        self.encodings.append(encoding)
        payload = json.loads(gzip.decompress(body) if encoding == "gzip" else body)
        if self.clock:
            self.clock.advance(self.takes_s)
        answer = self.gzip if encoding == "gzip" and self.gzip is not None else self.script(payload)
        if isinstance(answer, Answer) and 200 <= answer.status < 300:
            self.accepted.append(payload)
        return answer

    def delivered_ids(self) -> list[str]:
        """The ids of all events accepted, in order."""
        return [event["messageId"] for payload in self.accepted for event in payload["batch"]]


@dataclass
class DeliverBench:
    """The deliver function's core; everything it touches is at hand."""

    clock: FakeClock = field(default_factory=FakeClock)
    sqs: FakeSqs = field(default_factory=FakeSqs)
    secrets: FakeSecrets = field(default_factory=lambda: FakeSecrets(json.dumps({"api_key": DREAMDATA_KEY})))
    telemetry: RecordingTelemetry = field(default_factory=RecordingTelemetry)
    endpoint: ScriptedEndpoint = field(default_factory=ScriptedEndpoint)
    parallel: int = 1
    encoding: Encoding = field(default_factory=Encoding)
    judge: Judge | None = None
    digests: bool = False

    def __post_init__(self) -> None:
        queue = SqsQueue(self.sqs, QUEUE, self.clock)
        self.deliverer = Deliverer(
            queue=queue,
            held=queue,
            dead_letters=SqsQueue(self.sqs, DEAD_LETTERS, self.clock),
            endpoint=self.endpoint,
            key=DreamdataKey(
                RememberedSecret(
                    ManagedSecret(lambda: self.secrets, "key"),
                    self.clock,
                    failed=partial(secret_failed, self.telemetry),
                )
            ),
            clock=self.clock,
            telemetry=self.telemetry,
            jitter=lambda: 0.5,
            parallel=self.parallel,
            encoding=self.encoding,
            judge=self.judge,
            digests=self.digests,
        )

    def deliver(self, messages: Sequence[QueuedMessage], remaining_s: float = 60.0) -> list[str]:
        """The ids of the messages to come back."""
        return self.deliverer.deliver(messages, remaining_s)


def message(body: object, message_id: str = "m1", receives: int = 1, **attributes: str) -> QueuedMessage:
    """A message with ``body`` (text, or anything that json.dumps takes), sent a second before the fake clock starts."""
    text = body if isinstance(body, str) else json.dumps(body)
    return QueuedMessage(message_id, f"receipt-{message_id}", text, receives, 1_795_436_874.0, attributes)
