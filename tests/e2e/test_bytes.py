"""What the relay does not have to change reaches Dreamdata as it was written."""

import uuid

import pytest

from local.stack import Stack
from local.ways_in import senders
from relay_cli.samples import Message, Request

CURIOUS = {
    "spaces and line ends": '{ "a" :\t[ 1 ,\n 2 ] }',
    "numbers": '{"a":1.0,"b":1E400,"c":-0,"d":123456789012345678901234567890.10}',
    "escapes": r'{"a":"\u00e9\/\ud83d\ude00","b":"\u0000\u001f","A":1}',
    "lone surrogates": r'{"a":"\ud800","b":"x\udfff"}',
    "raw text": '{"a":"é 😀 \u2028 \x7f"}',
    "a repeated member": '{"a":1,"a":2}',
    "odd names": '{"__proto__":{},"":0,"batch":[]}',
    "deep nesting": '{"a":' + "[" * 5000 + "]" * 5000 + "}",
}


def event(properties: str) -> tuple[str, str]:
    """An event's messageId and its text."""
    message_id = str(uuid.uuid4())
    text = (
        f'{{"type": "track","messageId":"{message_id}" , "userId":"u","event":"E",'
        f'"timestamp":"2026-03-02T08:16:02.0040Z","properties":{properties}}}'
    )
    return message_id, text


@pytest.mark.parametrize("way_in", ["http", "queue"])
def test_an_event_is_delivered_byte_for_byte(stack: Stack, way_in: str) -> None:
    sent = dict(event(properties) for properties in CURIOUS.values())
    body = '{"batch":[' + ", ".join(sent.values()) + "]}"
    with senders(stack, []) as sender:
        if way_in == "http":
            answer = sender.send(Request("/v1/batch", body.encode(), "application/json", None))
            assert answer
            assert answer.body["accepted"] == len(sent)
        else:
            sender.send(Message(body, {}))

    received = stack.sandbox.wait_for_ids(sent, 30)

    assert {item.message_id: item.raw for item in received if item.message_id in sent} == sent


def test_a_batch_larger_than_a_payload_is_split(stack: Stack) -> None:
    """1.2 MB in one request: every event arrives, in payloads of at most 500,000 bytes."""
    sent = dict(event(f'{{"filler":"{"é" * 15_000}"}}') for _ in range(40))
    before = len(stack.sandbox.payloads())
    with senders(stack, []) as sender:
        sender.send(Request("/v1/batch", f'{{"batch":[{",".join(sent.values())}]}}'.encode(), "application/json", None))

    received = stack.sandbox.wait_for_ids(sent, 30)

    assert {item.message_id: item.raw for item in received if item.message_id in sent} == sent
    payloads = stack.sandbox.payloads(since=before)
    assert {payload.status for payload in payloads} == {200}
    assert max(payload.size for payload in payloads) <= 500_000
