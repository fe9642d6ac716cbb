"""The ingest handler while AWS takes connections and never answers: four times three seconds and more."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import ingest_handler
from dreamdata_relay.adapters.aws import secrets_client, sqs_client
from tests.fakes.relay import http_event
from tests.handlers.ingest import Context, running_ingest
from tests.patience import within

PAGE = {"type": "page", "userId": "private-user", "messageId": "m", "timestamp": "2026-11-23T12:00:00Z"}


@pytest.fixture
def hanging() -> Iterator[str]:
    """The URL of a server that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        held: list[socket.socket] = []
        stop = threading.Event()

        def take() -> None:
            server.settimeout(0.1)
            while not stop.is_set():
                try:
                    held.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        stop.set()
        thread.join()
        for connection in held:
            connection.close()


@pytest.mark.parametrize("service", ["SQS", "SECRETS_MANAGER"])
@pytest.mark.parametrize("body", [{"batch": [PAGE]}, {"batch": [PAGE, {}] + [PAGE | {"x": "y" * 60_000}] * 60}])
def test_while_aws_hangs_the_answer_is_503_well_within_8_seconds(
    hanging: str, service: str, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_ingest():
        for name, value in {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", hanging)
        if service == "SQS":
            monkeypatch.setattr(ingest_handler, "sqs_client", sqs_client)
        else:
            monkeypatch.setattr(ingest_handler, "secrets_client", secrets_client)
        with within(7):
            result = ingest_handler.handler(http_event(json.dumps(body)), Context())

    assert result["statusCode"] == 503
