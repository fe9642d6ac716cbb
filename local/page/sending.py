"""Sends what the page is asked to, by the real ways in, and remembers what it sent over HTTP and to the queue.

Over HTTP the relay completes events before they reach the queue, and on the queue they may be too short a time to be
seen: then only the sender knows how they came.
"""

import gzip
import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.bodies import read_batch_body, read_single_body
from dreamdata_relay.events.envelopes import Envelope
from dreamdata_relay.events.event_editing import without_key
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import read_events
from local.errors import LocalError
from local.page.reading import open_message
from local.samples import Item, Message, Request, fresh, load_samples
from local.stack import QueuedMessage, Stack
from local.ways_in import Answer, Sender, senders

_MOST_REMEMBERED = 2_000
_MOST_REMEMBERED_BYTES = 32 * 1024 * 1024
_GZIP = b"\x1f\x8b"


class SentEvent(Struct, frozen=True):
    """An event that was sent from here: its text, its place, what the relay completes it with, and the way it went."""

    text: bytes
    index: int
    kind: str | None
    context: bytes | None
    integrations: bytes | None
    way: str = "http:"

    def becomes(self, text: bytes, message_id: str) -> bool:
        """Whether the relay makes `text` of it, with the id `message_id`, or keeps it as that when it refuses it."""
        if without_key(self.text) == text:
            return True
        completion = Completion(
            received_at=_member(text, "timestamp"),
            message_id=lambda *_: message_id,
            kind=self.kind,
            context=self.context,
            integrations=self.integrations,
        )
        reading = read_events(Batch([self.text], None, len(self.text), [self.index]), completion)
        return [bytes(event) for event in reading.events] == [text]


class Mail:
    """Sends samples and pasted text. The methods raise LocalError, and may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: deque[SentEvent] = deque()
        self._sent_bytes = 0

    def samples(self) -> list[dict[str, str]]:
        """The samples: name, title, way in."""
        return [{"name": one.name, "title": one.title, "way": one.way_in} for one in load_samples()]

    def send(self, stack: Stack, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Send `{"sample": name}` or `{"text": ..., "way": "http" or "queue"}`: status, answer, events sent."""
        match dict(wish):
            case {"sample": str() as name}:
                return self._send_sample(stack, name)
            case {"text": str() as text, "way": "http"}:
                return self._sent_all(
                    Sender(stack, ""), [Request("/v1/batch", as_batch(text), "application/json", None)]
                )
            case {"text": str() as text, "way": "queue"}:
                return self._sent_all(Sender(stack, ""), [Message(text, {})])
        raise LocalError("expected a sample's name, or a text and its way (http or queue)")

    def sent_as(self, text: bytes, message_id: str) -> SentEvent | None:
        """What was sent from here and became the event `text`, behind ingest or as it left; None where it was not."""
        with self._lock:
            sent = list(self._sent)
        return next((event for event in reversed(sent) if event.becomes(text, message_id)), None)

    def _remember(self, events: list[SentEvent]) -> None:
        with self._lock:
            self._sent.extend(events)
            self._sent_bytes += sum(len(event.text) for event in events)
            while len(self._sent) > _MOST_REMEMBERED or self._sent_bytes > _MOST_REMEMBERED_BYTES:
                self._sent_bytes -= len(self._sent.popleft().text)

    def _send_sample(self, stack: Stack, name: str) -> dict[str, Any]:
        found = [sample for sample in load_samples() if sample.name == name]
        if not found:
            raise LocalError(f"there is no sample {name!r}")
        sample = fresh(found[0])
        with _told(), senders(stack, [sample]) as sender:
            return self._sent_all(sender, sample.items)

    def _sent_all(self, sender: Sender, items: tuple[Item, ...] | list[Item]) -> dict[str, Any]:
        answer: Answer | None = None
        count = 0
        for item in items:
            events = list(_events_in(item))
            self._remember(events)
            count += len(events) or 1
            with _told():
                answer = sender.send(item) or answer
        if answer is None:
            return {"status": 200, "answer": "on its way to the queue", "sent": count}
        return {"status": answer.status, "answer": json.dumps(dict(answer.body)), "sent": count}


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the network and AWS say into LocalError."""
    try:
        yield
    except ClientError as error:
        raise LocalError(f"AWS refuses it: {error.response['Error'].get('Message', 'no reason is given')}") from error
    except (BotoCoreError, urllib3.exceptions.HTTPError) as error:
        raise LocalError(f"the stack did not answer ({type(error).__name__}); see: make up") from error


def as_batch(text: str) -> bytes:
    """The body of a request for what was pasted: a body with a list, a list, or one event, each kept as it stands."""
    try:
        value = json.loads(text)
    except ValueError:
        # The relay's own answer says best what is wrong with it.
        return text.encode("utf-8", "replace")
    if isinstance(value, dict) and "batch" in value:
        return text.encode("utf-8", "replace")
    events = text.strip() if isinstance(value, list) else f"[{text}]"
    return f'{{"batch":{events}}}'.encode("utf-8", "replace")


def _events_in(item: Item) -> Iterator[SentEvent]:
    """The events of what is sent, where nothing wraps them."""
    if isinstance(item, Request):
        yield from events_of(item)
    elif isinstance(item, Message):
        opened, _ = open_message(QueuedMessage("", item.body, item.attributes, 1, 0))
        for event in opened:
            yield SentEvent(event.raw, event.index, None, None, None, way="queue")


def events_of(request: Request) -> Iterator[SentEvent]:
    """The events of a request as they stand in it; none where the relay refuses the whole."""
    kind = request.path.rpartition("/")[2]
    single = kind not in ("batch", "import")
    try:
        body = gzip.decompress(request.body) if request.body.startswith(_GZIP) else request.body
        envelope: Envelope = read_single_body(body) if single else read_batch_body(body)
    except (NotJson, OSError):
        return
    for index, raw in enumerate(envelope.batch.raws):
        kind_of_path = kind if single else None
        yield SentEvent(bytes(raw), index, kind_of_path, envelope.context, envelope.integrations)


def _member(text: bytes, name: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return str(value.get(name, "")) if isinstance(value, dict) else ""
