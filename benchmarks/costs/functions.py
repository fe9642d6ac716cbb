"""Both functions as they are deployed, in one process, with stand-ins that count in the place of AWS."""

import base64
import io
import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from typing import Any, Self
from unittest import mock

from msgspec.structs import replace

from benchmarks.costs.counts import API_STEP, LINE_OVERHEAD, SQS_STEP, Deliver, Ingest, steps
from benchmarks.deliver.processes import Sink
from benchmarks.deployed import Context, settings
from dreamdata_relay.deliver.payload_encoding import Encoding

_KEY = "a-relay-key-to-measure-with"
# What one receive and one delete take at most.
_MOST_AT_ONCE = 10


class _Queue:
    """SQS that keeps what is sent: the entries of each call."""

    def __init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        self.calls.append(list(Entries))
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


class _Secrets:
    def get_secret_value(self, *, SecretId: str, **_: object) -> dict[str, str]:
        return {"SecretString": json.dumps({"web": _KEY}) if SecretId == "keys" else "a-dreamdata-key"}


class Log:
    """What is written to standard output while it is entered; ``metrics`` are those seen in it."""

    def __init__(self) -> None:
        self.metrics: set[str] = set()
        self._text = io.StringIO()
        self._redirected = redirect_stdout(self._text)

    def __enter__(self) -> Self:
        self._redirected.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._redirected.__exit__(None, None, None)

    def charged(self) -> tuple[int, int]:
        """The bytes charged for the lines since the last call, and of them those for lines without metrics."""
        lines = self._text.getvalue().splitlines()
        self._text.seek(0)
        self._text.truncate()
        sizes = [len(line.encode()) + LINE_OVERHEAD for line in lines]
        read = [json.loads(line) for line in lines]
        for content in read:
            self._note(content)
        plain = sum(size for size, content in zip(sizes, read, strict=True) if "_aws" not in content)
        return sum(sizes), plain

    def _note(self, line: Mapping[str, Any]) -> None:
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for dimensions in directive["Dimensions"]:
                where = ",".join(str(line[name]) for name in sorted(dimensions))
                self.metrics.update(f"{metric['Name']} {where}" for metric in directive["Metrics"])


class Functions:
    """The handlers, posting to ``sink``; to be made while a :class:`Log` is entered, for loggers keep their output."""

    def __init__(self, sink: Sink, log: Log) -> None:
        os.environ.update(settings("counted", sink.url))
        import deliver_handler
        import ingest_handler

        self._sink, self._log, self._queue = sink, log, _Queue()
        self._handlers = {"ingest": ingest_handler.handler, "deliver": deliver_handler.handler}
        for module in (ingest_handler, deliver_handler):
            name = module.__name__.removesuffix("_handler")
            with ExitStack() as stack:
                stack.enter_context(mock.patch.dict(os.environ, {"POWERTOOLS_SERVICE_NAME": name}))
                stack.enter_context(mock.patch.object(module, "sqs_client", return_value=self._queue))
                stack.enter_context(mock.patch.object(module, "secrets_client", return_value=_Secrets()))
                # Once here, so that everything is made with these in place.
                module.handler(_request(b"{}") if name == "ingest" else {"Records": [_record("[]", 0)]}, Context())
        log.charged()
        log.metrics.clear()
        self._deliver_handler = deliver_handler
        self._deliverer = deliver_handler._deliverer()

    def ingest(self, bodies: Sequence[bytes], events: int) -> tuple[Ingest, list[str]]:
        """What requests with ``bodies``, of ``events`` in sum, ask for; and the messages that they become."""
        self._queue.calls.clear()
        took, answered = [], 0
        for body in bodies:
            request = _request(body)
            started = time.process_time()
            answer = self._handlers["ingest"](request, Context())
            took.append(time.process_time() - started)
            if answer["statusCode"] != 200 or json.loads(answer["body"])["rejected"]:
                raise RuntimeError(f"the ingest function did not take all: {answer['statusCode']}")
            answered += len(answer["body"])
        sizes = [[len(entry["MessageBody"].encode()) for entry in call] for call in self._queue.calls]
        counted = Ingest(
            requests=len(bodies),
            events=events,
            request_bytes=sum(map(len, bodies)),
            api_units=sum(steps(len(body), API_STEP) for body in bodies),
            send_units=sum(steps(sum(call), SQS_STEP) for call in sizes),
            messages=sum(map(len, sizes)),
            message_bytes=sum(map(sum, sizes)),
            log_bytes=self._log.charged()[0],
            answer_bytes=answered,
            cpu_ms=round(statistics.median(took) * 1000, 3),
        )
        return counted, [entry["MessageBody"] for call in self._queue.calls for entry in call]

    def deliver(self, invocations: Sequence[Sequence[str]], events: int, compress: bool = False) -> Deliver:
        """What invocations with these messages, of ``events`` in sum, ask for; ``compress``: payloads in gzip."""
        self._sink.start()
        deliverer = replace(self._deliverer, encoding=Encoding(compress))
        with mock.patch.object(self._deliver_handler, "_deliverer", return_value=deliverer):
            took = [self._delivered(messages) for messages in invocations]
        posted = self._sink.sizes()
        log_bytes, line_bytes = self._log.charged()
        sizes = [[len(body.encode()) for body in messages] for messages in invocations]
        return Deliver(
            largest=max(map(len, invocations)),
            invocations=len(invocations),
            messages=sum(map(len, invocations)),
            events=events,
            posts=len(posted),
            posted_bytes=sum(posted),
            receive_units=sum(steps(sum(some), SQS_STEP) for all_ in sizes for some in _tens(all_)),
            delete_units=sum(len(_tens(all_)) for all_ in sizes),
            log_bytes=log_bytes,
            line_bytes=line_bytes,
            cpu_ms=round(statistics.median(took) * 1000, 3),
        )

    def _delivered(self, messages: Sequence[str]) -> float:
        """Deliver them in one invocation; the CPU seconds it took."""
        event = {"Records": [_record(body, number) for number, body in enumerate(messages)]}
        started = time.process_time()
        failed = self._handlers["deliver"](event, Context())["batchItemFailures"]
        took = time.process_time() - started
        if failed:
            raise RuntimeError(f"{len(failed)} messages were not delivered")
        return took


def _tens(sizes: Sequence[int]) -> list[Sequence[int]]:
    return [sizes[start : start + _MOST_AT_ONCE] for start in range(0, len(sizes), _MOST_AT_ONCE)]


def _request(body: bytes) -> dict[str, Any]:
    authorization = "Basic " + base64.b64encode(f"{_KEY}:".encode()).decode()
    return {
        "version": "2.0",
        "rawPath": "/v1/batch",
        "headers": {"content-type": "application/json", "authorization": authorization},
        "requestContext": {"http": {"method": "POST", "path": "/v1/batch"}},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def _record(body: str, number: int) -> dict[str, Any]:
    return {
        "messageId": f"059f36b4-87a3-44ab-83d2-66197{number:07}",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(time.time() * 1000))},
        "messageAttributes": {},
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
    }
