"""Reads the whole dead-letter queue, each letter once; letters are hidden while it reads and visible afterwards."""

import email.utils
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from botocore.exceptions import BotoCoreError, ClientError

from relay_cli.letters import Letter
from relay_cli.output import say

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        DeleteMessageBatchRequestEntryTypeDef,
        ReceiveMessageResultTypeDef,
    )

# Hidden for as long as a look takes; should the command be killed, they show up again after this many seconds.
HIDDEN_S = 600
_EMPTY_RECEIVES = 2
_WAIT_S = 1
_BATCH = 10
# Calls under way together: most of a call is the way to AWS, and the last ones wait for letters that do not come.
_AT_ONCE = 4
_RECEIVES_OF_NEW = 50
# Answers to showing a letter again that say that it is not hidden any more.
_NOT_HIDDEN = frozenset({"MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"})


class Standing(NamedTuple):
    """Approximate numbers of ``visible`` and ``hidden`` letters; ``now`` is the end of the second on SQS's clock."""

    visible: int
    hidden: int
    now: datetime


class DeadLetterQueue:
    """The queue at ``url``, used as a context: at its end all remaining letters are visible again.

    ``left_hidden``: how many could not be shown again; this is printed, too. ``hidden_by_others``: how many were not
    read because others hide them, by the first count and, after everything visible was received, by the last.
    """

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url
        self._held: dict[str, str] = {}
        self._calls = ThreadPoolExecutor(_AT_ONCE)
        self._first: Standing | None = None
        self.left_hidden = 0
        self.hidden_by_others = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._show_again()
        self._calls.shutdown()

    def count(self) -> Standing:
        """Count the letters; what is hidden before the first receive is hidden by others."""
        names: list[QueueAttributeNameType] = [
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
        ]  # fmt: skip
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        # Told in whole seconds: what was written within this one is of this time, too.
        now = (email.utils.parsedate_to_datetime(date) if date else datetime.now(UTC)) + timedelta(seconds=1)
        visible, hidden = (int(answer["Attributes"].get(name, "0")) for name in names)
        standing = Standing(visible, hidden, now)
        if self._first is None:
            self._first, self.hidden_by_others = standing, hidden
        return standing

    def received(self) -> Iterator[list[Letter]]:
        """Yield all letters, up to ten at a time, each once, until nothing is visible any more."""
        seen: set[str] = set()
        of_then, empty = 0, 0
        while empty < _EMPTY_RECEIVES:
            received = self._received_together()
            # Letters seen long ago show up again when the look takes longer than they were hidden: not yet the end.
            # A receive that finds nothing has waited for a second: of those that began together two are enough.
            empty = sum(not letters for letters in received)
            for letters in received:
                new = [letter for letter in letters if letter.message_id not in seen]
                seen.update(letter.message_id for letter in new)
                of_then += sum(self._first is not None and letter.sent_at < self._first.now for letter in new)
                if new:
                    yield new

        self._note_missed(of_then)

    def received_before(self, begun: datetime) -> Iterator[list[Letter]]:
        """Yield the letters of each receive that were written before ``begun``, possibly none."""
        only_new = 0
        for received in self.received():
            old = [letter for letter in received if letter.sent_at < begun]
            # Where dead letters keep coming the queue is never empty.
            only_new = 0 if old else only_new + 1
            if only_new > _RECEIVES_OF_NEW:
                return
            yield old

    def delete(self, letters: list[Letter]) -> list[Letter]:
        """Delete ``letters`` (at most ten) and return those that could not be deleted."""
        if not letters:
            return []
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": self._held[letter.message_id]} for number, letter in enumerate(letters)
        ]
        answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        failed = {int(entry["Id"]) for entry in answer.get("Failed", ())}
        for number, letter in enumerate(letters):
            if number not in failed:
                del self._held[letter.message_id]
        return [letter for number, letter in enumerate(letters) if number in failed]

    def _note_missed(self, of_then: int) -> None:
        """Count again after reading: a command that began at the same time took its part unnoticed.

        Of the letters of the first count, ``of_then`` were seen; some of the others may be gone.
        """
        if self._first is None:
            return
        missed = self._first.visible + self._first.hidden - of_then
        with suppress(ClientError, BotoCoreError):
            self.hidden_by_others = max(0, min(missed, self.count().hidden - len(self._held)))

    def _received_together(self) -> list[list[Letter]]:
        """Return the results of parallel receives; an error is raised after the other results are recorded."""
        answers = self._together(self._receive, [()] * _AT_ONCE)
        received = [
            [Letter.of(message) for message in answer.result().get("Messages", ())]
            for answer in answers
            if not answer.exception()
        ]
        # The newest receipt is the one that counts.
        self._held.update({letter.message_id: letter.receipt_handle for letters in received for letter in letters})
        for answer in answers:
            answer.result()
        return received

    def _receive(self) -> "ReceiveMessageResultTypeDef":
        return self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=_BATCH,
            VisibilityTimeout=HIDDEN_S,
            WaitTimeSeconds=_WAIT_S,
            AttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )

    def _together(self, call: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Future[Any]]:
        answers = [self._calls.submit(call, *one) for one in arguments]
        wait(answers)
        return answers

    def _show_again(self) -> None:
        handles = list(self._held.values())
        self._held.clear()
        groups = [handles[start : start + _BATCH] for start in range(0, len(handles), _BATCH)]
        self.left_hidden += sum(
            answer.result() for answer in self._together(self._show, [(group,) for group in groups])
        )
        if self.left_hidden:
            minutes = HIDDEN_S // 60
            say(f"{self.left_hidden} dead letters stay hidden for up to {minutes} minutes: showing them again failed")

    def _show(self, handles: list[str]) -> int:
        """Make these letters visible again; return how many could not be."""
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for number, handle in enumerate(handles)
        ]
        try:
            answer = self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
        except (ClientError, BotoCoreError):
            return len(handles)
        return sum(entry.get("Code") not in _NOT_HIDDEN for entry in answer.get("Failed", ()))
