"""What the page sends goes as it stands, with a key that is valid, and what the relay took is counted."""

import json
from typing import Any, cast

import pytest

from local.page import sending
from local.page.keys import StackKeys
from local.page.sending import as_batch
from local.ways_in import Answer
from relay_cli.samples import BusEvent, Item, Message, Request
from tests.page.fake_stack import FakeStack


@pytest.mark.parametrize(
    ("pasted", "body"),
    [
        ('{"type": "page",  "n": 1.10}', '{"batch":[{"type": "page",  "n": 1.10}]}'),
        (' [ {"a":1} , {"b":2} ] ', '{"batch":[ {"a":1} , {"b":2} ]}'),
        ('{"batch": [{"a": 1}], "context": {}}', '{"batch": [{"a": 1}], "context": {}}'),
        ("17", '{"batch":[17]}'),
        # Left to the relay to refuse.
        ("{broken", "{broken"),
    ],
)
def test_what_is_pasted_keeps_its_bytes(pasted: str, body: str) -> None:
    assert as_batch(pasted).decode() == body


class Post:
    """Answers every request the same, and keeps what it is given."""

    def __init__(self, status: int, **body: Any) -> None:
        self.answer = Answer(status, body)
        self.items: list[Item] = []

    def send(self, item: Item) -> Answer | None:
        self.items.append(item)
        return self.answer if isinstance(item, Request) else None


def sent(stack: FakeStack, post: Post, monkeypatch: pytest.MonkeyPatch, *items: Item) -> dict[str, Any]:
    monkeypatch.setattr(sending, "Sender", lambda *_: post)
    return sending.send_items(stack.as_stack, StackKeys(stack.as_stack), cast("list[Item]", list(items)))


REQUEST = Request("/v1/batch", b"{}", "application/json", None)


@pytest.mark.parametrize(
    ("post", "count"),
    [
        (Post(200, accepted=2, rejected=[{"index": 1}], repeated=1), 4),
        (Post(200, accepted=2, rejected=[{"index": 1}], rejectedCount=70), 72),
        (Post(400, code="not_json", message="the body is not JSON"), 0),
        (Post(503, code="queue_unavailable", message="..."), 0),
    ],
)
def test_what_was_sent_is_what_the_relay_took(
    stack: FakeStack, post: Post, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = sent(stack, post, monkeypatch, REQUEST)
    assert (told["status"], told["sent"]) == (post.answer.status, count)
    assert json.loads(told["answer"]) == post.answer.body


def test_a_message_counts_its_events(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    items: list[Item] = [Message('[{"type":"page","userId":7}, 17]', {}), BusEvent("shop", "order", "{}")]
    assert sent(stack, Post(200), monkeypatch, *items) == {
        "status": 200,
        "answer": "on its way to the queue",
        "sent": 3,
    }


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ({"default": "relay-key", "next": "another-relay-key"}, "relay-key"),
        ({"next": "another-relay-key"}, "another-relay-key"),
        ({}, "relay-key"),
    ],
)
def test_a_request_shows_a_key_that_is_valid_now(
    stack: FakeStack, secret: dict[str, str], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.secrets["relay"] = json.dumps(secret)
    post = Post(200, accepted=1)
    wrong = Request("/v1/batch", b"{}", "application/json", "of-the-sample")

    sent(stack, post, monkeypatch, REQUEST, wrong)

    assert [cast("Request", item).key for item in post.items] == [key, "of-the-sample"]
