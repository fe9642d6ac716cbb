"""SQS through boto3: sends batches and resends partial failures, deletes messages and sets visibility timeouts."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

from dreamdata_relay.clock import Clock
from dreamdata_relay.limits import MAX_SQS_BATCH_ENTRIES
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from dreamdata_relay.messages.queues import batches

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        DeleteMessageBatchRequestEntryTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0
# The least time to allow for a call; a call that could not end in time is not begun.
_LEAST_CALL_S = 0.05
_PARALLEL_CALLS = 8
# From this many calls on they run in parallel; below, threads would cost more than they save.
_PARALLEL_FROM = 3


class SqsQueue:
    """A queue at ``url``; ``client`` is a boto3 SQS client.

    No call is begun that, taking ``longest_call_s``, would end after the deadline.
    """

    def __init__(self, client: Any, url: str, clock: Clock, longest_call_s: float = _LEAST_CALL_S) -> None:
        self._client: SQSClient = client
        self._url = url
        self._clock = clock
        self._longest_call_s = longest_call_s

    def send(self, messages: Sequence[OutgoingMessage], deadline: float) -> list[int]:
        """See :class:`dreamdata_relay.messages.queues.Queue`."""
        missing = list(range(len(messages)))
        pause = _PAUSE_S
        while missing:
            calls = [[missing[place] for place in call] for call in batches([messages[index] for index in missing])]
            failed = _each(lambda call: self._send_call(messages, call, deadline), calls)
            missing = sorted(index for call in failed for index in call)
            if not missing or self._clock.monotonic() + pause + self._longest_call_s >= deadline:
                return missing
            self._clock.sleep(pause)
            pause = min(_LONGEST_PAUSE_S, pause * 2)
        return missing

    def hold(self, receipts: Sequence[tuple[str, int]], deadline: float) -> int:
        """See :class:`dreamdata_relay.messages.queues.HeldQueue`."""
        calls = [receipts[at : at + MAX_SQS_BATCH_ENTRIES] for at in range(0, len(receipts), MAX_SQS_BATCH_ENTRIES)]
        return sum(_each(lambda call: self._hold_call(call, deadline), calls))

    def delete(self, receipts: Sequence[str], deadline: float) -> None:
        """See :class:`dreamdata_relay.messages.queues.HeldQueue`."""
        calls = [receipts[at : at + MAX_SQS_BATCH_ENTRIES] for at in range(0, len(receipts), MAX_SQS_BATCH_ENTRIES)]
        _each(lambda call: self._delete_call(call, deadline), calls)

    def _delete_call(self, call: Sequence[str], deadline: float) -> None:
        if self._clock.monotonic() + self._longest_call_s >= deadline:
            return
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(call)
        ]
        # Lambda deletes them again after the function has returned.
        with contextlib.suppress(Exception):
            self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def _send_call(self, messages: Sequence[OutgoingMessage], call: Sequence[int], deadline: float) -> list[int]:
        """Send one batch and return the indexes that SQS did not confirm."""
        if self._clock.monotonic() + self._longest_call_s >= deadline:
            return list(call)
        entries = [_entry(index, messages[index]) for index in call]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            taken = {int(entry["Id"]) for entry in answer.get("Successful", ())}
        except Exception:  # noqa: BLE001  # it becomes the result: these are not known to be durable
            # SQS may have accepted them, but an event sent twice keeps its id, while an event not sent is lost.
            return list(call)
        return [index for index in call if index not in taken]

    def _hold_call(self, call: Sequence[tuple[str, int]], deadline: float) -> int:
        if self._clock.monotonic() + self._longest_call_s >= deadline:
            return len(call)
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": seconds}
            for number, (handle, seconds) in enumerate(call)
        ]
        try:
            answer = self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
            return len(answer.get("Failed", ()))
        except Exception:  # noqa: BLE001  # it is counted: these return after the queue's own timeout
            return len(call)


def _each[Call, Result](work: Callable[[Call], Result], calls: Sequence[Call]) -> list[Result]:
    """Run ``work`` on each call, in parallel if there are several, and return the results in order."""
    if len(calls) < _PARALLEL_FROM:
        return [work(call) for call in calls]
    with ThreadPoolExecutor(max_workers=_PARALLEL_CALLS) as pool:
        return list(cast(Iterator[Result], pool.map(work, calls)))


def _entry(index: int, message: OutgoingMessage) -> "SendMessageBatchRequestEntryTypeDef":
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(index), "MessageBody": message.body}
    if message.attributes:
        entry["MessageAttributes"] = {
            name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()
        }
    if message.delay_s:
        entry["DelaySeconds"] = message.delay_s
    return entry
