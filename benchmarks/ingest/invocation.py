"""The whole ingest invocation: a Lambda event in, the queue's answer, the HTTP answer out; with and without validation.

Left out is what looks at events: both typed passes but the one that splits the batch, and every rule. What stays is
the same handler: key, body, splitting, packing, sending, metrics, answer.
"""

import base64
import contextlib
import functools
import io
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import msgspec
from msgspec import Raw, Struct

import ingest_handler
from benchmarks.children import environment, python
from benchmarks.deployed import Context, settings
from dreamdata_relay.adapters import aws
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.envelopes import Envelope
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import Reading
from dreamdata_relay.ingest.service import Intake

KEY = "a-relay-key-to-measure-with"


class _TakesAll:
    """SQS in memory that takes everything and keeps nothing."""

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


class _Keys:
    def get_secret_value(self, **_: object) -> dict[str, str]:
        return {"SecretString": json.dumps({"default": KEY})}


class _RawBody(Struct):
    batch: list[Raw]


_SPLIT = msgspec.json.Decoder(_RawBody)


def _split_only(body: bytes) -> Envelope:
    return Envelope(Batch(_SPLIT.decode(body).batch, None, len(body)))


def _take_all(batch: Batch, completion: Completion, seen: set[str]) -> Reading:
    return Reading(list(batch.raws))


def requests_of(bodies: Sequence[bytes]) -> list[dict[str, Any]]:
    """Each body as the Lambda event of an HTTP API (payload format 2.0)."""
    authorization = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
    http = {"method": "POST", "path": "/v1/batch", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"}
    return [
        {
            "version": "2.0",
            "rawPath": "/v1/batch",
            "headers": {"content-type": "application/json", "authorization": authorization},
            "requestContext": {"http": http},
            "body": body.decode(),
            "isBase64Encoded": False,
        }
        for body in bodies
    ]


class Invocations:
    """The handler over a queue that takes all: in memory, or through boto3 where ``endpoint`` is a URL."""

    def __init__(self, endpoint: str | None = None) -> None:
        with self._quiet(), mock.patch.dict(os.environ, settings("ingest")):
            if endpoint:
                make_client = functools.partial(aws._session().client, "sqs", endpoint_url=endpoint)
                sqs = make_client(config=aws._config(1))
            else:
                sqs = _TakesAll()
            with (
                mock.patch.object(ingest_handler, "sqs_client", return_value=sqs),
                mock.patch.object(ingest_handler, "secrets_client", return_value=_Keys()),
            ):
                ingest_handler._intake.cache_clear()
                self._intake = ingest_handler._intake()

    def run(self, requests: Sequence[dict[str, Any]]) -> int:
        """Answer every request; how many events were accepted. Raises RuntimeError for an answer other than 200."""
        with self._ready():
            # Copies: the function takes the body out of what it is given.
            return sum(_accepted({**request}) for request in requests)

    def answer(self, request: dict[str, Any]) -> int:
        """The same of one request, which is the function's to empty."""
        with self._ready():
            return _accepted(request)

    @contextlib.contextmanager
    def _ready(self) -> Iterator[None]:
        with self._quiet(), mock.patch.object(ingest_handler, "_intake", _given(self._intake)):
            yield

    def run_without_validation(self, requests: Sequence[dict[str, Any]]) -> int:
        """The same without looking at the events."""
        with (
            mock.patch("dreamdata_relay.ingest.service.read_batch_body", _split_only),
            mock.patch("dreamdata_relay.ingest.parts.read_events", _take_all),
        ):
            return self.run(requests)

    @staticmethod
    @contextlib.contextmanager
    def _quiet() -> Iterator[None]:
        # Metrics are a line each on standard output, whose cost belongs to the invocation and whose text does not.
        with contextlib.redirect_stdout(io.StringIO()):
            yield


def _accepted(request: dict[str, Any]) -> int:
    answer = ingest_handler.handler(request, Context())
    if answer["statusCode"] != 200:
        raise RuntimeError(f"the ingest function answered {answer['statusCode']}")
    return int(json.loads(answer["body"])["accepted"])


def _given(intake: Intake) -> Callable[[], Intake]:
    # Not a Mock: a call of that costs as much as an event.
    return lambda: intake


@contextlib.contextmanager
def sqs_sink() -> Iterator[str]:
    """The URL of an SQS on the loopback, in a process of its own."""
    command = python("benchmarks.ingest.sink")
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment()) as sink:
        assert sink.stdin
        assert sink.stdout
        try:
            yield f"http://127.0.0.1:{int(sink.stdout.readline())}"
        finally:
            sink.stdin.close()
            sink.wait(10)
