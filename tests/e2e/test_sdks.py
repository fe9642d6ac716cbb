"""Every SDK against the stack as `make up` gives it, changed in nothing but host and key: its events arrive once."""

import base64
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from local.front.record import NAME
from local.stack import Stack
from local.waiting import wait_until
from tests.clients.clients import EVERY_CLIENT, AnyClient, calls_for
from tests.clients.trust import Trust

COUNT = 25
# Far more than it takes: for a machine that does much else.
LONGEST_S = 240


def sent_since(record: Path, offset: int) -> list[str]:
    """The ids of the events in the requests that the front has answered 200 from ``offset`` of its record on."""
    ids = []
    for line in record.read_bytes()[offset:].splitlines():
        exchange = json.loads(line)
        if exchange["status"] != 200:
            continue
        body = base64.b64decode(exchange["body_base64"])
        text = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        ids += [event["messageId"] for event in json.loads(text)["batch"]]
    return ids


@pytest.mark.timeout(600)
@pytest.mark.parametrize("client", EVERY_CLIENT, ids=[client.name for client in EVERY_CLIENT])
def test_every_event_of_an_sdk_is_delivered_as_often_as_it_was_sent(stack: Stack, client: AnyClient) -> None:
    """Once; unless the machine was so busy that the SDK gave up waiting and sent it again."""
    record = stack.state.path / NAME
    offset = record.stat().st_size
    url = stack.api_https_url if client.https_only else stack.api_url

    errors = client.run(url, stack.ingest_key, calls_for(client, COUNT), Trust.of_stack(stack))

    assert errors == []
    sent = Counter(sent_since(record, offset))
    assert len(sent) == COUNT
    stack.sandbox.wait_for_ids(sent, LONGEST_S)
    # What is delivered a second time would be so by now.
    wait_until(lambda: None if stack.queued() else True, LONGEST_S, "the queue's end")
    delivered = Counter(event.message_id for event in stack.sandbox.events())
    assert {message_id: delivered[message_id] for message_id in sent} == dict(sent)
