"""The interfaces of the queues, and how messages are packed into SendMessageBatch calls."""

from collections.abc import Sequence
from typing import Protocol

from dreamdata_relay.bin_packing import pack
from dreamdata_relay.limits import MAX_SQS_BATCH_ENTRIES, MAX_SQS_BYTES
from dreamdata_relay.messages.dead_letters import OutgoingMessage


class Queue(Protocol):
    """A queue to send messages to."""

    def send(self, messages: Sequence[OutgoingMessage], deadline: float) -> list[int]:
        """Send all before ``deadline`` (monotonic seconds), resending those that were not accepted.

        Returns the indexes of the messages that are not known to be durable; empty if all are.
        """
        ...


class HeldQueue(Protocol):
    """The queue that messages were received from."""

    def delete(self, receipts: Sequence[str], deadline: float) -> None:
        """Delete the messages of these receipt handles; one that could not be deleted comes back."""
        ...

    def hold(self, receipts: Sequence[tuple[str, int]], deadline: float) -> int:
        """Set the visibility timeout (whole seconds) of each receipt handle; returns how many could not be set."""
        ...


def batches(messages: Sequence[OutgoingMessage]) -> list[list[int]]:
    """Pack indexes of ``messages`` into few SendMessageBatch calls of at most 10 entries and 1,048,576 bytes."""
    return pack([message.size for message in messages], MAX_SQS_BYTES, MAX_SQS_BATCH_ENTRIES)
