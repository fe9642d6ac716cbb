"""Messages are read as the deliver function reads them: the ids on the page are those that are delivered."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage as Message
from local.page.reading import contents_of, open_message, seen_event
from local.stack import QueuedMessage
from relay_cli.fresh_samples import fresh
from relay_cli.samples import BusEvent, Notification, load_samples
from relay_cli.samples import Message as SqsItem

CORPUS = sorted((Path(__file__).parents[1] / "fuzz" / "corpus" / "deliver").iterdir())
SENT_AT = 1_700_000_000.0


def queued(body: str, **attributes: str) -> QueuedMessage:
    return QueuedMessage("sqs-1", body, attributes, 0, 0, SENT_AT)


def as_delivered(message: QueuedMessage) -> dict[str, bytes]:
    """What deliver makes of a message: the texts by id."""
    unwrapped = unwrap(Message("sqs-1", "", message.body, 1, SENT_AT, message.attributes))
    if unwrapped.whole is not None:
        texts = open_message(QueuedMessage("x", f"[{bytes(unwrapped.whole).decode()}]", {}, 0, 0, SENT_AT))[0]
        return {opened.message_id: opened.raw for opened in texts}
    return dict(zip(unwrapped.message_ids, map(bytes, unwrapped.reading.events), strict=True))


def as_shown(message: QueuedMessage) -> dict[str, bytes]:
    """What the page says that will be made of it."""
    opened, _ = open_message(message)
    return {event.message_id: event.left for event in opened if event.left is not None}


def bodies_of_samples() -> list[str]:
    items = [item for sample in load_samples() for item in fresh(sample).items]
    found = [item.body for item in items if isinstance(item, SqsItem)]
    found += [item.message for item in items if isinstance(item, Notification)]
    return found + [item.detail for item in items if isinstance(item, BusEvent)]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_a_body_of_the_corpus_is_read_as_deliver_reads_it(path: Path) -> None:
    message = queued(path.read_bytes().decode("utf-8", "surrogateescape"))
    assert as_shown(message) == as_delivered(message)


# Numbered: ids in the samples are fresh in each process that collects the tests.
@pytest.mark.parametrize("body", [pytest.param(body, id=str(at)) for at, body in enumerate(bodies_of_samples())])
def test_a_sample_is_read_as_deliver_reads_it(body: str) -> None:
    message = queued(body)
    assert as_shown(message) == as_delivered(message)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(float("nan")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
events = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["track", "identify", "page", "nothing"]) | values,
        "messageId": st.sampled_from(["m-1", "m-2", ""]) | values,
        "userId": st.just("u") | values,
        "event": st.just("Paid") | values,
        "timestamp": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", "no"]) | values,
        "context": values,
        "properties": values,
    },
)
messages = events | st.lists(events, max_size=4) | st.fixed_dictionaries(
    {"batch": st.lists(events, max_size=4)}, optional={"context": values, "integrations": values}
)  # fmt: skip


@given(messages, st.booleans())
def test_any_message_is_read_as_deliver_reads_it(body: Any, in_a_notification: bool) -> None:
    text = json.dumps(body)
    if in_a_notification:
        text = json.dumps({"Type": "Notification", "TopicArn": "arn:t", "Message": text})
    message = queued(text)

    assert as_shown(message) == as_delivered(message)


@given(st.text())
def test_any_text_is_a_row_that_can_be_shown(text: str) -> None:
    """Nothing that can lie on a queue stops the page."""
    contents = contents_of(queued(text))

    assert all(isinstance(shown, str) for event in contents.events for shown in (event.type, event.name, event.user))


def test_a_message_with_nan_is_shown_as_it_came() -> None:
    body = '{"type": "page", "userId": "u", "properties": {"n": NaN, "text": "NaN"}}'

    [opened], _ = open_message(queued(f" {body}"))

    assert opened.raw == body.encode()
    assert opened.left is not None
    assert b'"n": null, "text": "NaN"' in opened.left


def test_a_message_that_is_no_event_is_one_row_with_its_text() -> None:
    [event] = contents_of(queued("plain text")).events
    assert (event.message_id, event.text, event.type) == ("", b"plain text", "")


def test_where_it_came_from_and_when_it_was_sent_first() -> None:
    rest = contents_of(queued('{"type":"track"}', source="http:shop", splits="1", first_sent_at=f"{SENT_AT - 60}"))

    assert (rest.way, rest.sent_at, rest.is_rest) == ("http:shop", SENT_AT - 60, True)
    assert contents_of(queued("{}")).way == "queue"


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"type": "track", "event": "Paid", "name": "no", "userId": "u"}, ("track", "Paid", "u")),
        ({"type": "page", "properties": {"name": "Home"}, "anonymousId": "a"}, ("page", "Home", "a")),
        ({"type": "page", "name": "Pricing", "userId": 17}, ("page", "Pricing", "17")),
        ({"type": ["track"], "event": {"a": 1}, "userId": None}, ("", "", "")),
        ({"type": "track", "event": "x" * 500}, ("track", "x" * 200, "")),
        ({"type": "track", "event": "Paid", "properties": {"n": float("nan")}}, ("track", "Paid", "")),
        ({"type": "page", "name": "x\udfff", "userId": "\ud800"}, ("page", "x\\udfff", "\\ud800")),
    ],
)
def test_what_a_row_shows(event: dict[str, Any], shown: tuple[str, str, str]) -> None:
    seen = seen_event(json.dumps(event).encode(), "m")
    assert (seen.type, seen.name, seen.user) == shown
