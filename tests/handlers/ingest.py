"""The ingest handler as Lambda calls it, over fakes of SQS and Secrets Manager."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import ingest_handler
from tests.fakes.aws import FakeSecrets, FakeSqs
from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY

ENVIRONMENT = {
    "QUEUE_URL": QUEUE,
    "DEAD_LETTER_QUEUE_URL": DEAD_LETTERS,
    "INGEST_KEYS_SECRET_ID": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys",
    "POWERTOOLS_SERVICE_NAME": "ingest",
    "POWERTOOLS_METRICS_NAMESPACE": "DreamdataRelay",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


class Context:
    """What the handler asks of Lambda's context."""

    function_name = "ingest"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        """The whole time-out, as at the start of an invocation."""
        return 15_000


class Ingest:
    """The handler with all that it touches at hand."""

    def __init__(self) -> None:
        self.sqs = FakeSqs()
        self.secrets = FakeSecrets(json.dumps({"default": RELAY_KEY, "other": "other-key-for-tests"}))

    def call(self, event: Any) -> dict[str, Any]:
        """The answer as API Gateway gets it."""
        for handler in logging.getLogger(ENVIRONMENT["POWERTOOLS_SERVICE_NAME"]).handlers:
            if isinstance(handler, logging.StreamHandler):
                # Bound to the standard output of the test that made it, which is closed by now.
                handler.stream = sys.stdout
        return ingest_handler.handler(event, Context())

    def answer(self, event: Any) -> tuple[int, dict[str, Any]]:
        """Status and body, once it is certain that every client can read them."""
        result = self.call(event)
        body = json.loads(result["body"])
        assert result["headers"]["Content-Type"] == "application/json"
        assert result["isBase64Encoded"] is False
        assert isinstance(body, dict)
        if result["statusCode"] == 200:
            assert body["success"] is True
            assert "error" not in body
        else:
            assert result["statusCode"] in (400, 401, 404, 405, 503)
            assert body["code"]
            assert body["message"]
            assert {type(body["code"]), type(body["message"])} == {str}
        if result["statusCode"] == 503:
            assert 1 <= int(result["headers"]["Retry-After"]) <= 5
        return result["statusCode"], body

    def queued(self) -> list[Any]:
        """Every event in the queue, parsed."""
        return [event for body in self.sqs.bodies(QUEUE) for event in json.loads(body)["batch"]]


@contextmanager
def running_ingest() -> Iterator[Ingest]:
    """The handler freshly started, as after a cold start; forgotten again afterwards."""
    ingest = Ingest()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setattr(ingest_handler, "sqs_client", lambda tries: ingest.sqs)
        patch.setattr(ingest_handler, "secrets_client", lambda tries, region=None: ingest.secrets)
        forget()
        yield ingest
    forget()


def forget() -> None:
    """Make the next call a cold start."""
    # Powertools keeps metrics per process, whoever asks for them.
    ingest_handler._telemetry()._metrics.clear_metrics()
    ingest_handler._intake.cache_clear()
    ingest_handler._telemetry.cache_clear()
