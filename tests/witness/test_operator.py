"""The operator's commands on the dead-letter queue: looked at, chosen, moved back."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from dreamdata_relay.adapters.aws import sqs_client
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.messages.dead_letters import dead_letter
from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.letters import Choice
from relay_cli.redriving import Redrive, Redriven
from tests.fakes.clock import FakeClock
from tests.witness.queues import Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef


def _soon() -> datetime:
    """A start after every letter written so far; the redrive waits until SQS's clock is past it."""
    return datetime.now(UTC) + timedelta(seconds=1)


def filled(queue: Queue, count: int) -> list[str]:
    """The bodies of so many dead letters, every second of a reason of its own."""
    codes = ("type_unknown", "timestamp_invalid")
    letters = [dead_letter(f'{{"n":{n}}}', codes[n % 2], "why", "http:shop") for n in range(count)]
    assert SqsQueue(sqs_client(), queue.dead_url, FakeClock()).send(letters, 5) == []
    return [letter.body for letter in letters]


def test_every_letter_is_seen_once_and_shown_again(queue: Queue) -> None:
    """More than one receive gives."""
    bodies = filled(queue, 23)

    for _ in range(2):
        with DeadLetterQueue(queue.sqs, queue.dead_url) as letters:
            seen = [letter for group in letters.received() for letter in group]
        assert sorted(letter.body for letter in seen) == sorted(bodies)
        assert {letter.attribute("error_detail") for letter in seen} == {"why"}


def test_the_count_is_of_what_is_visible(queue: Queue) -> None:
    filled(queue, 7)

    count, _, now = DeadLetterQueue(queue.sqs, queue.dead_url).count()
    assert count == 7
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=5)


def test_what_is_chosen_is_moved_back_without_its_reason(queue: Queue) -> None:
    bodies = filled(queue, 12)

    with DeadLetterQueue(queue.sqs, queue.dead_url) as letters:
        redrive = Redrive(sqs_client(), queue.url, SystemClock())
        result = redrive.run(letters, Choice(reasons=frozenset({"type_unknown"})), _soon(), lambda _: None)

    assert result == Redriven(seen=12, chosen=6, moved=6)
    moved = queue.received(6)
    assert sorted(message["Body"] for message in moved) == sorted(bodies[::2])
    assert {name for message in moved for name in message["MessageAttributes"]} == {"source"}
    assert len(queue.received(6, url=queue.dead_url)) == 6


def test_an_attribute_of_bytes_comes_along(queue: Queue) -> None:
    attribute: dict[str, MessageAttributeValueTypeDef] = {"digest": {"DataType": "Binary", "BinaryValue": b"\xde\xad"}}
    queue.sqs.send_message(QueueUrl=queue.dead_url, MessageBody="{}", MessageAttributes=attribute)

    with DeadLetterQueue(queue.sqs, queue.dead_url) as letters:
        Redrive(sqs_client(), queue.url, SystemClock()).run(letters, Choice(), _soon(), lambda _: None)

    [message] = queue.receive()
    assert message["MessageAttributes"]["digest"]["BinaryValue"] == b"\xde\xad"
