"""The relay's own deliver path, the limits beside it and the whole invocation, as processes that send.

``python -m benchmarks.deliver.relay_senders WHICH URL MESSAGES``, WHICH being one of SENDERS.
"""

import json
import math
import os
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest import mock

import urllib3

import deliver_handler
from benchmarks import deployed
from benchmarks.deliver.serving import batches, messages_in, serve
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.adapters.dreamdata import DreamdataEndpoint
from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry
from dreamdata_relay.deliver.collection import collect
from dreamdata_relay.deliver.payloads import payloads_of
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.service import Deliverer
from dreamdata_relay.limits import MAX_PAYLOAD_BYTES
from dreamdata_relay.metrics import Metric
from dreamdata_relay.secrets.keys import DreamdataKey
from dreamdata_relay.secrets.remembered import RememberedSecret
from dreamdata_relay.settings import DeliverSettings

_KEY = "a-dreamdata-key"
_SENT_AT = "2026-11-23T12:27:55.099Z"


class _Silent:
    """Telemetry that keeps nothing, for what is made ready before or has no telemetry to it."""

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None: ...

    def label(self, **dimensions: str) -> None: ...

    def log(self, level: str, message: str, **fields: object) -> None: ...


class _Secret:
    def fetch(self) -> str:
        return _KEY

    def get_secret_value(self, **_: object) -> dict[str, str]:
        return {"SecretString": _KEY}


def limit(url: str, bodies: list[str]) -> Callable[[], None]:
    """Bodies of exactly 500,000 bytes over one kept connection; what they hold does not matter."""
    text = "\n".join(bodies).encode()
    whole = [text[start : start + MAX_PAYLOAD_BYTES] for start in range(0, len(text), MAX_PAYLOAD_BYTES)]
    pool = urllib3.connection_from_url(url)
    return lambda: _post_all(pool, whole)


def _post_all(pool: urllib3.HTTPConnectionPool, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        answer = pool.urlopen("POST", "/v1/batch", body=body, headers={"Content-Type": "application/json"})
        if answer.status != 200:
            raise RuntimeError(f"the sink answered {answer.status}")


def path(url: str, bodies: list[str]) -> Callable[[], None]:
    """Messages in hand to posts answered: unwrap, validate, pack, post, settle, and the metrics' line."""
    os.environ.update(deployed.settings("deliver", url))
    settings = DeliverSettings.read(os.environ)
    telemetry = PowertoolsTelemetry()
    clock, nothing = SystemClock(), mock.NonCallableMock(spec=[])
    endpoint = DreamdataEndpoint(
        settings.endpoint, settings.connect_timeout_s, settings.read_timeout_s, settings.parallel_posts
    )
    deliverer = Deliverer(
        queue=nothing,
        held=nothing,
        dead_letters=nothing,
        endpoint=endpoint,
        key=DreamdataKey(RememberedSecret(_Secret(), clock)),
        clock=clock,
        telemetry=telemetry,
        jitter=random.random,
        parallel=settings.parallel_posts,
    )
    batched = list(batches(bodies))

    def run() -> None:
        for number, some in enumerate(batched):
            now = clock.now()
            messages = [QueuedMessage(f"m-{number}-{place}", "r", body, 1, now) for place, body in enumerate(some)]
            if left := deliverer.deliver(messages, 60.0):
                raise RuntimeError(f"{len(left)} messages were not delivered")
            telemetry.flush()

    return run


def reading(url: str, bodies: list[str]) -> Callable[[], None]:
    """The relay's share without the posts: unwrap, validate, pack, make the bodies."""
    batched, silent = list(batches(bodies)), _Silent()

    def run() -> None:
        for some in batched:
            messages = [QueuedMessage(f"m-{place}", "r", body, 1, 0.0) for place, body in enumerate(some)]
            for payload in payloads_of(collect(messages, silent, SystemClock(), math.inf).pieces):
                payload.body(_SENT_AT)

    return run


def invocation(url: str, bodies: list[str]) -> Callable[[], None]:
    """The text of Lambda's events through the runtime's json.loads and the handler; AWS alone is stood in for."""
    os.environ.update(deployed.settings("deliver", url))
    stand_in = mock.patch.multiple(
        deliver_handler, secrets_client=lambda **_: _Secret(), sqs_client=lambda **_: mock.NonCallableMock(spec=[])
    )
    stand_in.start()
    texts, context = [_event(some) for some in batches(bodies)], deployed.Context()

    def run() -> None:
        for text in texts:
            if deliver_handler.handler(json.loads(text), context)["batchItemFailures"]:
                raise RuntimeError("messages were not delivered")

    return run


def floor(url: str, bodies: list[str]) -> Callable[[], None]:
    """What no handler can do without: json.loads of the same events, and the same bodies posted."""
    pool, texts = urllib3.connection_from_url(url), [_event(some) for some in batches(bodies)]
    made = []
    for some in batches(bodies):
        messages = [QueuedMessage(f"m-{place}", "r", body, 1, 0.0) for place, body in enumerate(some)]
        payloads = payloads_of(collect(messages, _Silent(), SystemClock(), math.inf).pieces)
        made.append([payload.body(_SENT_AT) for payload in payloads])

    def run() -> None:
        for text, ready in zip(texts, made, strict=True):
            json.loads(text)
            _post_all(pool, ready)

    return run


def _event(bodies: Sequence[str]) -> bytes:
    records = [_record(place, body) for place, body in enumerate(bodies)]
    return json.dumps({"Records": records}, ensure_ascii=False).encode()


def _record(place: int, body: str) -> Mapping[str, Any]:
    """As Lambda gives it; ``SentTimestamp`` is in milliseconds."""
    return {
        "messageId": f"059f36b4-87a3-44ab-83d2-66197{place:07}",
        "receiptHandle": "A" * 400,
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795436875411", "SenderId": "AIDA"},
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:queue",
        "awsRegion": "eu-west-1",
    }


SENDERS: Mapping[str, Callable[[str, list[str]], Callable[[], None]]] = {
    "limit": limit,
    "path": path,
    "reading": reading,
    "invocation": invocation,
    "floor": floor,
}

if __name__ == "__main__":
    serve(SENDERS[sys.argv[1]](sys.argv[2], messages_in(sys.argv[3])))
