"""What passes the emulator is written down whole, but for who sent it, and passes as it would."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from local.emulator import witness
from local.front import record
from local.lifecycle import down
from local.line_file import LineFile
from local.places import StateDir


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_request_and_its_answer_are_written_down_without_who_sent_it(tmp_path: Path) -> None:
    path = tmp_path / "requests.ndjson"
    handed_on = []

    async def invoke(*request: Any, **more: Any) -> Any:
        handed_on.append((request, more))
        return 200, {"content-type": "application/json"}, b'{"success": true}'

    proxy = witness._with_requests(invoke, LineFile(path))
    headers = {"authorization": "Basic a2V5Og==", "user-agent": "sdk/1"}
    request: tuple[Any, ...] = ({}, "api", "$default", "/v1/batch", "POST", headers, b"\x1f\x8b\xff", None)
    answer = asyncio.run(proxy(*request, raw_query_string=None))

    assert handed_on == [(request, {"raw_query_string": None})]
    assert answer == (200, {"content-type": "application/json"}, b'{"success": true}')
    [record] = lines(path)
    assert record.pop("at").endswith("Z")
    assert record == {
        "request_id": "",
        "method": "POST",
        "path": "/v1/batch",
        "headers": {"user-agent": "sdk/1"},
        "body_base64": base64.b64encode(b"\x1f\x8b\xff").decode(),
        "status": 200,
        "answer_base64": base64.b64encode(b'{"success": true}').decode(),
    }


def test_a_message_is_written_down_when_it_is_received_first(tmp_path: Path) -> None:
    path = tmp_path / "received.ndjson"
    messages = [
        {
            "id": f"m-{receives}", "body": "{}", "sent_at": 1.5, "visible_at": 421.7, "receive_count": receives,
            "message_attributes": {"source": {"DataType": "String", "StringValue": "http:shop"}},
            "sys": {"SentTimestamp": "1500"},
        }
        for receives in (1, 2)
    ]  # fmt: skip
    receive = witness._with_received(lambda queue_url, number: messages[:number], LineFile(path))

    assert receive("queue", 10) == messages
    [record] = lines(path)
    assert (record["QueueUrl"], record["MessageId"], record["Body"], record["ReceiveCount"]) == (
        "queue",
        "m-1",
        "{}",
        1,
    )
    assert record["MessageAttributes"] == {"source": {"StringValue": "http:shop"}}


def test_a_disk_that_is_full_keeps_nothing_from_passing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    record = LineFile(folder / "received.ndjson")
    (folder / "received.ndjson").unlink()
    folder.rmdir()
    message = {"id": "m", "body": "{}", "visible_at": 1.0, "receive_count": 1}

    assert witness._with_received(lambda _queue_url: [message], record)("queue") == [message]


def test_an_emulator_that_belongs_to_no_stack_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELAY_LOCAL_OWNER", raising=False)
    monkeypatch.chdir(tmp_path)
    # The emulator is not even there.
    witness.apply()
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_down_goes_with_the_stack(tmp_path: Path) -> None:
    """It holds the events that were sent."""
    names = [record.NAME, record.OLD_NAME, witness.REQUESTS, witness.RECEIVED, "received.1.ndjson"]
    for name in (*names, "mine.ndjson"):
        (tmp_path / name).write_text("{}")

    down(StateDir(tmp_path))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["lock", "mine.ndjson"]
