"""What the page sends goes as it stands, and is found again behind ingest."""

import json
from typing import cast

import pytest

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import read_events
from dreamdata_relay.ingest.service import _message_id
from local.page.sending import Mail, SentEvent, as_batch, events_of
from local.samples import Message, Request, fresh, load_samples
from local.ways_in import Sender

REQUESTS = [
    (sample.name, item)
    for sample in load_samples()
    for item in fresh(sample).items
    if isinstance(item, Request) and sample.status == 200
]


def behind_ingest(sent: SentEvent) -> tuple[bytes, str]:
    """The text and the id of an event as ingest queues it, or keeps it as a dead letter."""
    completion = Completion(
        received_at="2026-02-02T02:02:02.222Z",
        message_id=_message_id,
        kind=sent.kind,
        context=sent.context,
        integrations=sent.integrations,
    )
    reading = read_events(Batch([sent.text], None, len(sent.text), [sent.index]), completion)
    if reading.events:
        return bytes(reading.events[0]), reading.message_ids[0]
    return sent.text, ""


@pytest.mark.parametrize(("name", "request_"), REQUESTS, ids=[name for name, _ in REQUESTS])
def test_each_event_of_a_sample_is_found_again(name: str, request_: Request) -> None:
    sent = list(events_of(request_))
    assert sent

    for event in sent:
        text, message_id = behind_ingest(event)
        assert [other for other in sent if other.becomes(text, message_id)] == [event]


def test_another_event_is_not_taken_for_it() -> None:
    [event] = events_of(Request("/v1/track", b'{"event":"Paid","userId":"u"}', "application/json", None))
    text, message_id = behind_ingest(event)

    assert not event.becomes(text.replace(b"Paid", b"Bought"), message_id)
    assert not event.becomes(b"no JSON", "")


@pytest.mark.parametrize(
    ("pasted", "events"),
    [
        ('{"type": "page",  "n": 1.10}', ['{"type": "page",  "n": 1.10}']),
        (' [ {"a":1} , {"b":2} ] ', ['{"a":1}', '{"b":2}']),
        ('{"batch": [{"a": 1}], "context": {}}', ['{"a": 1}']),
    ],
)
def test_what_is_pasted_keeps_its_bytes(pasted: str, events: list[str]) -> None:
    found = events_of(Request("/v1/batch", as_batch(pasted), "application/json", None))
    assert [event.text.decode() for event in found] == events


def test_what_is_no_json_is_left_to_the_relay_to_refuse() -> None:
    assert as_batch("{broken") == b"{broken"
    assert list(events_of(Request("/v1/batch", b"{broken", "application/json", None))) == []


def test_json_that_is_no_event_becomes_one_that_is_refused() -> None:
    assert json.loads(as_batch("17")) == {"batch": [17]}


class Nobody:
    """Sends nothing."""

    def send(self, item: Request | Message) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    "body", ['{"type":"page","userId":7}', '[{"type":"page","userId":7}]', '{ "batch": [{"type":"page","userId":7}] }']
)
def test_what_goes_to_the_queue_is_found_again_as_it_left(body: str) -> None:
    """It may pass the queue unseen; its id and its time are the deliver function's."""
    mail = Mail()
    mail._sent_all(cast("Sender", Nobody()), [Message(body, {})])
    left = unwrap(QueuedMessage("m-1", "r", body, sent_at=1_795_436_874.0)).reading

    sent = mail.sent_as(bytes(left.events[0]), left.message_ids[0])

    assert sent is not None
    assert (sent.text, sent.way) == (b'{"type":"page","userId":7}', "queue")
    assert mail.sent_as(b'{"type":"page","userId":"8"}', "m") is None


@pytest.mark.parametrize(("size", "kept"), [(10, 2_000), (1_000_000, 33)])
def test_only_so_much_is_remembered(size: int, kept: int) -> None:
    mail = Mail()
    for number in range(2_100 if size < 100 else 40):
        event = json.dumps({"type": "page", "userId": "u", "messageId": f"m-{number:05}", "x": "x" * size})
        mail._sent_all(cast("Sender", Nobody()), [Request("/v1/batch", as_batch(event), "application/json", None)])

    assert len(mail._sent) == kept
    text, message_id = behind_ingest(mail._sent[-1])
    assert mail.sent_as(text, message_id) == mail._sent[-1]
