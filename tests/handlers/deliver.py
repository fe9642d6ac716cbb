"""The deliver handler as Lambda calls it, over fakes of SQS and Secrets Manager and a real server for Dreamdata."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import deliver_handler
from tests.fakes.aws import FakeSecrets, FakeSqs
from tests.fakes.relay import DEAD_LETTERS, DREAMDATA_KEY, QUEUE
from tests.fakes.server import HttpServer, Reaction

ENVIRONMENT = {
    "QUEUE_URL": QUEUE,
    "DEAD_LETTER_QUEUE_URL": DEAD_LETTERS,
    "DREAMDATA_SECRET_ID": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:dreamdata",
    "POWERTOOLS_SERVICE_NAME": "deliver",
    "POWERTOOLS_METRICS_NAMESPACE": "DreamdataRelay",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


class Context:
    """What the handler asks of Lambda's context."""

    function_name = "deliver"
    aws_request_id = "request"

    def __init__(self, remaining_s: float) -> None:
        self._remaining_s = remaining_s

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the time-out."""
        return int(self._remaining_s * 1000)


class Deliver:
    """The handler with all that it touches at hand."""

    def __init__(self, server: HttpServer) -> None:
        self.server = server
        self.sqs = FakeSqs()
        self.secrets = FakeSecrets(json.dumps({"api_key": DREAMDATA_KEY}))

    def call(self, *records: Any, remaining_s: float = 60) -> list[str]:
        """The ids that the handler reports as failed."""
        for handler in logging.getLogger(ENVIRONMENT["POWERTOOLS_SERVICE_NAME"]).handlers:
            if isinstance(handler, logging.StreamHandler):
                # Bound to the standard output of the test that made it, which is closed by now.
                handler.stream = sys.stdout
        answer = deliver_handler.handler({"Records": list(records)}, Context(remaining_s))
        assert list(answer) == ["batchItemFailures"]
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    def delivered(self) -> list[str]:
        """The ids of all events in requests that the server read."""
        return [id_ for request in self.server.requests for id_ in request.ids]


def record(body: Any, message_id: str = "m1", receives: int = 1) -> dict[str, Any]:
    """A record as Lambda hands it over."""
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt-{message_id}",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1795436874000"},
        "messageAttributes": {"source": {"stringValue": "http:shop", "dataType": "String"}},
        "eventSource": "aws:sqs",
    }


@contextmanager
def running_deliver(*reactions: Reaction, **environment: str) -> Iterator[Deliver]:
    """The handler freshly started, as after a cold start; forgotten again afterwards."""
    with HttpServer(*reactions) as server, pytest.MonkeyPatch.context() as patch:
        deliver = Deliver(server)
        for name, value in {**ENVIRONMENT, "DREAMDATA_ENDPOINT": server.url, **environment}.items():
            patch.setenv(name, value)
        patch.setattr(deliver_handler, "sqs_client", lambda tries: deliver.sqs)
        patch.setattr(deliver_handler, "secrets_client", lambda tries, region: deliver.secrets)
        forget()
        yield deliver
        forget()


def forget() -> None:
    """Make the next call a cold start."""
    # Powertools keeps metrics per process, whoever asks for them.
    deliver_handler._telemetry()._metrics.clear_metrics()
    deliver_handler._deliverer.cache_clear()
    deliver_handler._telemetry.cache_clear()
