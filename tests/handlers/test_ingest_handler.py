"""The ingest handler as Lambda calls it: real clients' requests, logs, metrics, and AWS that hangs."""

import json
from collections.abc import Iterator

import pytest

from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry
from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY, http_event
from tests.handlers.captured_requests import REQUESTS, Captured
from tests.handlers.ingest import Ingest, running_ingest

PAGE = {"type": "page", "userId": "private-user", "messageId": "m", "timestamp": "2026-11-23T12:00:00Z"}
BODY = json.dumps({"batch": [PAGE]})


@pytest.fixture
def ingest() -> Iterator[Ingest]:
    with running_ingest() as running:
        yield running


@pytest.mark.parametrize("request_", REQUESTS, ids=[request.client for request in REQUESTS])
def test_each_client_s_request_is_taken_and_its_event_changed_by_rule_only(ingest: Ingest, request_: Captured) -> None:
    status, body = ingest.answer(request_.lambda_event())

    (event,) = request_.body["batch"]
    assert (status, body) == (200, {"success": True, "accepted": 1, "rejected": []})
    assert ingest.queued() == [event | request_.sent]
    assert RELAY_KEY not in str(ingest.sqs.queues)


def test_an_answer_is_json_that_says_so(ingest: Ingest) -> None:
    result = ingest.call(http_event(BODY))

    assert result == {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": '{"success": true, "accepted": 1, "rejected": []}',
        "isBase64Encoded": False,
    }


def test_a_gzip_body_that_was_taken_for_text_on_its_way_is_told_so(ingest: Ingest) -> None:
    event = http_event("\x1f\ufffd\x08\x00")

    status, body = ingest.answer(event)

    assert (status, body["code"]) == (400, "body_unreadable")
    assert "application/octet-stream" in body["message"]


def test_no_secret_and_no_content_reaches_any_log_line(
    ingest: Ingest, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    secret = "private-user"
    bodies: list[str | bytes] = [
        BODY,
        BODY[:-1],
        BODY.replace("page", "none"),
        BODY.encode() + b"\xff",
        BODY.replace('"m"', '"\ud800"'),
    ]
    keys = [RELAY_KEY, "unknown-key", None]
    for body in bodies:
        for key in keys:
            for path in ("/v1/batch", "/v1/page", f"/v1/{secret}"):
                ingest.answer(http_event(body, path, key=key))
    ingest.answer({"requestContext": secret, "headers": RELAY_KEY})
    ingest.secrets.text = '{"default": ' + RELAY_KEY
    ingest.answer(http_event(BODY, key="another-unknown-key"))
    ingest.sqs.down = lambda url: True
    ingest.answer(http_event(BODY))

    written = "".join(capsys.readouterr()) + "".join(str(vars(record)) for record in caplog.records)
    assert '"status":401' in written.replace(" ", "")
    for private in (secret, RELAY_KEY, "unknown-key", "other-key-for-tests", "another"):
        assert private not in written


def test_metrics_go_by_the_name_of_the_key(ingest: Ingest, capsys: pytest.CaptureFixture[str]) -> None:
    ingest.call(http_event(BODY))
    ingest.call(http_event(BODY, key="other-key-for-tests"))
    ingest.call(http_event(BODY, key="unknown"))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert [(line.get("key"), "EventsAccepted" in line, "RequestsRefused" in line) for line in lines] == [
        ("default", True, False),
        ("other", True, False),
        (None, False, True),
    ]


def test_a_request_without_a_key_is_never_counted_for_the_key_before_it(
    ingest: Ingest, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty batch counts nothing; what comes next is a stranger's."""
    ingest.call(http_event('{"batch":[]}'))
    ingest.call(http_event("{}", key=None))

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert (line["RequestsUnauthorized"], line["RequestsRefused"], "key" in line) == ([1.0], [1.0], False)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


def test_metrics_that_cannot_be_written_undo_no_answer(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object) -> None:
        raise RuntimeError("no metrics")

    monkeypatch.setattr(PowertoolsTelemetry, "flush", fail)

    assert ingest.answer(http_event(BODY))[0] == 200


def test_a_setting_that_is_missing_is_503_and_logged_by_its_name(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("QUEUE_URL")

    assert ingest.answer(http_event(BODY))[0] == 503
    assert "QUEUE_URL is not set" in capsys.readouterr().out


@pytest.mark.parametrize("queue", [QUEUE, DEAD_LETTERS])
def test_partial_failures_are_resent_and_the_answer_is_200(ingest: Ingest, queue: str) -> None:
    ingest.sqs.fails_entry = lambda call, entry: call == 0
    event = PAGE if queue == QUEUE else {}

    assert ingest.answer(http_event(json.dumps({"batch": [event]})))[0] == 200
    assert len(ingest.sqs.bodies(queue)) == 1


def test_a_request_of_a_key_in_mode_sandbox_is_shown_and_counted_by_its_name(
    ingest: Ingest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever Lambda's own log level leaves out: it is all that is known of these events."""
    key = "sandbox-key-for-tests"
    ingest.secrets.text = json.dumps({"default": RELAY_KEY, "ci": {"key": key, "mode": "sandbox"}})

    status, body = ingest.answer(http_event(json.dumps({"batch": [PAGE, {"type": "track"}]}), key=key))

    assert (status, body["accepted"], body["sandbox"]) == (200, 1, True)
    assert ingest.sqs.queues == {}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (shown,) = [line for line in lines if line.get("message") == "sandbox request"]
    assert (shown["accepted"], shown["refused"], shown["codes"]) == (1, 1, {"identity_missing": 1})
    (counted,) = [line for line in lines if "EventsSandboxed" in line]
    assert (counted["key"], counted["EventsSandboxed"], "EventsAccepted" in counted) == ("ci", [2.0], False)
    assert "private-user" not in str(lines)
