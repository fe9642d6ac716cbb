"""Predicts what would become a dead letter again: reads a letter as the relay does, before it is sent."""

import collections
import time
from typing import NamedTuple

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.events.chunks import allowed_text
from dreamdata_relay.limits import MAX_SQS_BYTES
from relay_cli.letters import Letter
from relay_cli.requeueing import size_of

# Reasons that no dead letter has: such a letter never reaches the queue.
STUB, NOT_FOR_SQS, TOO_LARGE_FOR_SQS = "stub", "not_for_sqs", "too_large_for_sqs"


class Fault(NamedTuple):
    """Why it would be refused: an ``error_code`` or one of the above, and the detail, without any content."""

    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


def faults_of(letter: Letter) -> list[Fault]:
    """Return what is wrong with ``letter``; empty if the relay will take every event in it."""
    texts = (letter.body, letter.attribute("source"))
    if any(allowed_text(text) != text for text in texts):
        return [Fault(NOT_FOR_SQS, "SQS does not take one of its characters; write it as an escape of JSON")]
    if (size := size_of(letter)) > MAX_SQS_BYTES:
        return [Fault(TOO_LARGE_FOR_SQS, f"{size} bytes; a message takes {MAX_SQS_BYTES}")]
    if letter.is_stub:
        return [Fault(STUB, "the event was too large to be kept whole")]
    return _refusals(letter)


def _refusals(letter: Letter) -> list[Fault]:
    attributes = {"source": source} if (source := letter.attribute("source")) else {}
    found = unwrap(QueuedMessage(letter.message_id, "", letter.body, sent_at=time.time(), attributes=attributes))
    if found.refusal:
        return [Fault(str(found.refusal.code), found.refusal.detail)]
    counts = collections.Counter((one.code, one.detail) for one in found.reading.refused)
    for reason, texts in found.floods.items():
        counts[reason.code, reason.detail] += len(texts)
    return [
        Fault(str(code), detail if found.count == 1 else f"{detail} ({count} of {found.count} events)")
        for (code, detail), count in counts.items()
    ]
