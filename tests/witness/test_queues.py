"""SQS as the relay uses it: limits, delay, visibility and the redrive policy, through the functions' own adapter."""

import pytest

from dreamdata_relay.adapters.aws import sqs_client
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.events.chunks import allowed_text
from dreamdata_relay.limits import MAX_SQS_BYTES
from dreamdata_relay.messages.dead_letters import OutgoingMessage, dead_letter
from tests.fakes.clock import FakeClock
from tests.witness.differences import unlike_aws
from tests.witness.queues import TRIES, Queue

_ATTRIBUTES = {"error_code": "type_unknown", "source": "http:shop"}


def adapter(url: str) -> SqsQueue:
    """The functions' own queue at ``url``; its pauses are instant."""
    return SqsQueue(sqs_client(), url, FakeClock())


def of_size(size: int, attributes: dict[str, str]) -> OutgoingMessage:
    """A message of exactly ``size`` bytes as SQS counts them."""
    empty = OutgoingMessage("", attributes).size
    return OutgoingMessage("x" * (size - empty), attributes)


@pytest.mark.parametrize("attributes", [{}, _ATTRIBUTES])
def test_a_message_of_a_mebibyte_is_taken_attributes_counted_in(queue: Queue, attributes: dict[str, str]) -> None:
    sent = of_size(MAX_SQS_BYTES, attributes)

    assert adapter(queue.url).send([sent], 5) == []
    [found] = queue.receive()
    assert found["Body"] == sent.body
    assert {name: value["StringValue"] for name, value in found.get("MessageAttributes", {}).items()} == attributes


def test_messages_beyond_one_calls_limit_go_in_several(queue: Queue) -> None:
    """25 entries, of 2.5 MB together."""
    messages = [of_size(100_000, {"number": str(number)}) for number in range(25)]

    assert adapter(queue.url).send(messages, 5) == []
    numbers = {found["MessageAttributes"]["number"]["StringValue"] for found in queue.received(25)}
    assert numbers == {str(number) for number in range(25)}


def test_a_call_that_is_too_large_is_told_of(queue: Queue) -> None:
    """One byte more than SQS takes: not known to be durable, and not there."""
    assert adapter(queue.url).send([of_size(MAX_SQS_BYTES + 1, {})], 0.3) == [0]
    assert queue.receive(wait=False) == []


@unlike_aws(
    "a message's attributes count towards its size, by name, type and value",
    ministack="counts the body only",
    moto="counts the body only",
)
def test_an_attribute_counts_by_name_type_and_value(queue: Queue) -> None:
    """The body alone would be within the limit."""
    body = "x" * (MAX_SQS_BYTES - 10)

    assert adapter(queue.url).send([OutgoingMessage(body, _ATTRIBUTES)], 0.3) == [0]


@pytest.mark.parametrize("bad", ["\ufffe", "\uffff", "\x00", "\x0b"])
def test_characters_that_sqs_does_not_take_are_escaped_before(queue: Queue, bad: str) -> None:
    text = allowed_text('{"name":"' + bad + '😀"}')

    assert adapter(queue.url).send([OutgoingMessage(text, {})], 5) == []
    assert [found["Body"] for found in queue.receive()] == [text]


def test_a_delayed_message_comes_later(queue: Queue) -> None:
    assert adapter(queue.url).send([OutgoingMessage("{}", {}, delay_s=2)], 5) == []

    assert queue.receive(wait=False) == []
    assert [found["Body"] for found in queue.receive()] == ["{}"]


def test_a_held_message_comes_back_with_a_count_more(queue: Queue) -> None:
    adapter(queue.url).send([OutgoingMessage("{}", {})], 5)
    [first] = queue.receive()

    assert queue.receive(wait=False) == []
    assert adapter(queue.url).hold([(first["ReceiptHandle"], 1)], 5) == 0
    [second] = queue.receive()
    counts = [found["Attributes"]["ApproximateReceiveCount"] for found in (first, second)]
    assert (first["MessageId"], counts) == (second["MessageId"], ["1", "2"])


@unlike_aws(
    "a visibility timeout over 43,200 s is refused, entry by entry",
    ministack="takes any number",
)
def test_what_cannot_be_held_is_counted(queue: Queue) -> None:
    """Twelve hours are the most; and one that cannot be does not stop its neighbours."""
    adapter(queue.url).send([OutgoingMessage("a", {}), OutgoingMessage("b", {})], 5)
    handles = [found["ReceiptHandle"] for found in queue.received(2)]

    assert adapter(queue.url).hold([(handles[0], 43_201), (handles[1], 43_199)], 5) == 1


def test_a_message_out_of_tries_becomes_a_dead_letter_with_all_it_has(queue: Queue) -> None:
    """Body, attributes and the time of its first sending: nobody writes a reason."""
    sent = OutgoingMessage('{"batch":[]}', {"source": "http:shop", "first_sent_at": "1795436874.5"})
    adapter(queue.url).send([sent], 5)
    for _ in range(TRIES):
        [found] = queue.receive()
        adapter(queue.url).hold([(found["ReceiptHandle"], 0)], 5)

    assert queue.receive(wait=False) == []
    [letter] = queue.receive(url=queue.dead_url)
    assert (letter["MessageId"], letter["Body"]) == (found["MessageId"], sent.body)
    assert {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()} == sent.attributes
    assert letter["Attributes"]["SentTimestamp"] == found["Attributes"]["SentTimestamp"]


def test_a_dead_letter_of_the_largest_kind_is_taken(queue: Queue) -> None:
    """With the longest of each attribute, and every character one that must be escaped."""
    letter = dead_letter(
        '{"a":"' + "\ufffe" * 150_000 + '"}', "refused_by_dreamdata", "é" * 600, "http:" + "k" * 95, 400
    )

    assert adapter(queue.dead_url).send([letter], 5) == []
    assert [found["Body"] for found in queue.receive(url=queue.dead_url)] == [letter.body]
