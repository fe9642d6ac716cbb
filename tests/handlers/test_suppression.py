"""Both functions with a suppression list in S3: one signed GET, and a suppressed person's events go nowhere."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from dreamdata_relay.privacy.suppressed_ids import PersonId
from dreamdata_relay.privacy.suppression import encode, entries_with
from dreamdata_relay.settings import RuleSettings, SettingError
from tests.fakes.events import event
from tests.fakes.http_api import http_api_event
from tests.fakes.relay import QUEUE, RELAY_KEY
from tests.fakes.server import HttpServer, Reaction
from tests.fakes.sessions import forget_sessions
from tests.handlers.deliver import record, running_deliver
from tests.handlers.imports import imported, list_of
from tests.handlers.ingest import running_ingest

KEY = b"l" * 32
SECRET = json.dumps(
    {
        "current": "k1",
        "keys": {"k1": base64.b64encode(b"k" * 32).decode()},
        "suppression": base64.b64encode(KEY).decode(),
        # The fake gives one secret for all.
        "default": RELAY_KEY,
        "api_key": "dreamdata-key",
    }
)
OBJECT = "https://stack-list-1.s3.eu-west-1.amazonaws.com/suppression-list"
LIST = Reaction(200, {"ETag": '"1"'}, encode([entries_with(KEY)(PersonId("user", "jo"))], KEY))
AWAY = Reaction(403)


def posted(body: Any) -> dict[str, Any]:
    """A request with ``body`` and a relay key."""
    key = base64.b64encode(f"{RELAY_KEY}:".encode()).decode()
    return http_api_event("POST", "/v1/batch", {"authorization": f"Basic {key}"}, json.dumps(body).encode())


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    with HttpServer() as server:
        settings = {
            "SUPPRESSION_OBJECT": OBJECT,
            "PRIVACY_KEYS_SECRET_ID": "privacy-keys",
            "AWS_ENDPOINT_URL_S3": server.url.removesuffix("/v1/batch"),
            "AWS_ACCESS_KEY_ID": "AKIDTEST",
            "AWS_SECRET_ACCESS_KEY": "secret-of-tests",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        forget_sessions()
        yield server
    forget_sessions()


def test_ingest_queues_everybody_s_events_but_theirs(s3: HttpServer) -> None:
    s3.reactions.append(LIST)
    with running_ingest() as ingest:
        ingest.secrets.text = SECRET
        answer = ingest.answer(posted({"batch": [event("e1"), event("e2", userId="jo")]}))
        assert answer == (200, {"success": True, "accepted": 2, "rejected": [], "dropped": 1})
        assert [one["messageId"] for one in ingest.queued()] == ["e1"]
    assert s3.requests[0].line == "GET /stack-list-1/suppression-list HTTP/1.1"
    assert "AWS4-HMAC-SHA256 Credential=AKIDTEST/" in s3.requests[0].headers["authorization"]


def test_deliver_posts_everybody_s_events_but_theirs_and_asks_once(s3: HttpServer) -> None:
    s3.reactions.append(LIST)
    with running_deliver() as deliver:
        deliver.secrets.text = SECRET
        assert deliver.call(record({"batch": [event("e1"), event("e2", userId="jo")]})) == []
        assert deliver.call(record({"batch": [event("e3", userId="jo"), event("e4")]}, "m2")) == []
        assert deliver.delivered() == ["e1", "e4"]
    assert len(s3.requests) == 1


def test_while_the_list_is_away_ingest_queues_and_deliver_holds(s3: HttpServer) -> None:
    s3.reactions.extend([AWAY, AWAY])
    with running_ingest() as ingest:
        ingest.secrets.text = SECRET
        assert ingest.answer(posted({"batch": [event("e1", userId="jo")]}))[0] == 200
        assert len(ingest.sqs.bodies(QUEUE)) == 1
    with running_deliver() as deliver:
        deliver.secrets.text = SECRET
        assert deliver.call(record({"batch": [event("e1")]})) == ["m1"]
        assert deliver.delivered() == []


def test_deliver_lets_events_pass_where_the_setting_says_so(s3: HttpServer) -> None:
    s3.reactions.append(AWAY)
    with running_deliver(SUPPRESSION_FAIL="pass") as deliver:
        deliver.secrets.text = SECRET
        assert deliver.call(record({"batch": [event("e1")]})) == []
        assert deliver.delivered() == ["e1"]


@pytest.mark.parametrize("function", ["ingest", "deliver"])
def test_with_a_list_a_function_imports_nothing_more_of_others(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing and connections are there anyway: no client of S3 is made."""
    without = {name for name in list_of(function).read_text().splitlines() if not name.startswith("dreamdata_relay")}
    added = set(imported(function, SUPPRESSION_OBJECT=OBJECT, PRIVACY_KEYS_SECRET_ID="keys")) - without
    assert {name for name in added if not name.startswith("dreamdata_relay")} == set()
    assert "dreamdata_relay.adapters.suppression_list" in added


def test_the_list_s_address_is_s3_s_own_or_below_an_endpoint_of_one_s_own() -> None:
    local = {"SUPPRESSION_OBJECT": OBJECT, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"}
    assert RuleSettings.read({}).suppression_url == ""
    assert RuleSettings.read({"SUPPRESSION_OBJECT": OBJECT}).suppression_url == OBJECT
    assert RuleSettings.read(local).suppression_url == "http://127.0.0.1:4566/stack-list-1/suppression-list"


@pytest.mark.parametrize(
    "text", ["s3://bucket/list", "http://b.s3.x.amazonaws.com/k", "https://b.s3.x.com/", "https:///k"]
)
def test_another_address_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="SUPPRESSION_OBJECT"):
        RuleSettings.read({"SUPPRESSION_OBJECT": text})
