"""docs/openapi.yaml is what the code does: requests generated from it are driven through the ingest handler."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis import checks

from dreamdata_relay.events.rules import CODES, EVENT_TYPES
from tests.examples import examples
from tests.fakes.http_api import http_api_event
from tests.fakes.relay import RELAY_KEY
from tests.handlers.ingest import Ingest, running_ingest

DESCRIPTION: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml").read_text(encoding="utf-8")
)
SCHEMAS = DESCRIPTION["components"]["schemas"]
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed"}


def application(ingest: Ingest) -> Callable[..., Iterable[bytes]]:
    """The ingest handler as a WSGI application."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        result = ingest.call(http_api_event(environ["REQUEST_METHOD"], environ["PATH_INFO"], headers, data))
        status = result["statusCode"]
        start_response(f"{status} {REASONS.get(status, 'Unavailable')}", list(result["headers"].items()))
        return [result["body"].encode()]

    return app


@pytest.fixture(scope="module")
def ingest() -> Iterator[Ingest]:
    with running_ingest() as running:
        yield running


schema = schemathesis.openapi.from_dict(DESCRIPTION)


@schema.parametrize()
@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_generated_requests_are_answered_as_described(case: Any, ingest: Ingest) -> None:
    ingest.sqs.queues.clear()
    headers = {"Authorization": "Basic " + base64.b64encode(f"{RELAY_KEY}:".encode()).decode()}

    # An event that breaks a rule is not refused by a status: the others in its request are taken.
    response = case.call_and_validate(
        app=application(ingest), headers=headers, excluded_checks=[checks.negative_data_rejection]
    )

    assert response.status_code != 503


def media_types(node: Any) -> Iterator[dict[str, Any]]:
    """Every media type with examples anywhere in the description."""
    if isinstance(node, dict):
        if "examples" in node and "schema" in node:
            yield node
        for inner in node.values():
            yield from media_types(inner)


def test_every_example_fits_its_schema() -> None:
    from jsonschema_rs import validator_for

    found = list(media_types(DESCRIPTION))
    for media in found:
        rules = validator_for({**media["schema"], "components": DESCRIPTION["components"]})
        for example in media["examples"].values():
            rules.validate(example["value"])
    assert len(found) >= 8


def test_the_example_of_a_batch_is_answered_with_the_example_of_an_answer(ingest: Ingest) -> None:
    request = DESCRIPTION["components"]["requestBodies"]["Batch"]["content"]["application/json"]["examples"]
    answer = DESCRIPTION["components"]["responses"]["Taken"]["content"]["application/json"]["examples"]
    headers = {"content-type": "application/json", "authorization": "Basic cmVsYXkta2V5LWZvci10ZXN0czo="}

    status, body = ingest.answer(
        http_api_event("POST", "/v1/batch", headers, json.dumps(request["batch"]["value"]).encode())
    )

    assert (status, body) == (200, answer["taken"]["value"])


def test_types_and_codes_are_those_of_the_code() -> None:
    assert SCHEMAS["EventType"]["enum"] == list(EVENT_TYPES)
    assert SCHEMAS["Rejection"]["properties"]["code"]["enum"] == list(CODES)


def test_every_route_of_the_code_is_described_and_no_other() -> None:
    from dreamdata_relay.ingest.requests import _ROUTES

    described = {path.replace("{type}", kind) for path in DESCRIPTION["paths"] for kind in EVENT_TYPES}

    assert described == set(_ROUTES)
