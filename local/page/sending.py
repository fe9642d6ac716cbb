"""Sends what the page is asked to, by the real ways in."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalError
from local.page.keys import StackKeys
from local.page.reading import open_message
from local.stack import QueuedMessage, Stack
from local.ways_in import Answer, Sender, senders
from relay_cli.fresh_samples import fresh
from relay_cli.samples import BusEvent, Item, Message, Notification, Request, load_samples


def samples() -> list[dict[str, str]]:
    """The samples: name, title, way in."""
    return [{"name": one.name, "title": one.title, "way": one.way_in} for one in load_samples()]


def send(stack: Stack, keys: StackKeys, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Send `{"sample": name}` or `{"text": ..., "way": "http" or "queue"}`: status, answer, events sent.

    Raises LocalError.
    """
    match dict(wish):
        case {"sample": str() as name}:
            return _send_sample(stack, keys, name)
        case {"text": str() as text, "way": "http"}:
            return send_items(stack, keys, [Request("/v1/batch", as_batch(text), "application/json", None)])
        case {"text": str() as text, "way": "queue"}:
            return send_items(stack, keys, [Message(text, {})])
    raise LocalError("expected a sample's name, or a text and its way (http or queue)")


def send_items(stack: Stack, keys: StackKeys, items: Sequence[Item]) -> dict[str, Any]:
    """Send requests and messages; raises LocalError."""
    with told():
        return _sent(Sender(stack, ""), keys, items)


def _send_sample(stack: Stack, keys: StackKeys, name: str) -> dict[str, Any]:
    found = [sample for sample in load_samples() if sample.name == name]
    if not found:
        raise LocalError(f"there is no sample {name!r}")
    sample = fresh(found[0])
    with told(), senders(stack, [sample]) as sender:
        return _sent(sender, keys, sample.items)


def _sent(sender: Sender, keys: StackKeys, items: Sequence[Item]) -> dict[str, Any]:
    answers = [(item, sender.send(_with_key(item, keys))) for item in items]
    count = sum(_events_taken(item, answer) for item, answer in answers)
    last = next((answer for _, answer in reversed(answers) if answer), None)
    if last is None:
        return {"status": 200, "answer": "on its way to the queue", "sent": count}
    return {"status": last.status, "answer": json.dumps(dict(last.body)), "sent": count}


def _with_key(item: Item, keys: StackKeys) -> Item:
    """A request with a key that is valid now: the stack's first may have been taken back."""
    if isinstance(item, Request) and item.key is None:
        return Request(item.path, item.body, item.content_type, keys.relay())
    return item


def _events_taken(item: Item, answer: Answer | None) -> int:
    """How many events of an item the relay took, refused ones included: it keeps them too."""
    match item:
        case Request():
            body = answer.body if answer and answer.status == 200 else {}
            refused = body.get("rejectedCount") or len(body.get("rejected", ()))
            return int(body.get("accepted", 0)) + int(refused) + int(body.get("repeated", 0))
        case Message(body=text):
            return len(open_message(QueuedMessage("", text, {}, 1, 0))[0])
        case BusEvent() | Notification():
            return 1


@contextmanager
def told() -> Iterator[None]:
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
