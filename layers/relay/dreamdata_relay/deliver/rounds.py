"""Splits an invocation's messages into rounds, each settled before the next is read.

A message that crashes the function (out of memory, for example) returns repeatedly, with all messages read beside it.
So messages received a few times are read after the others are settled, in random order: first one alone, then some
more, finally half of them. In each invocation about half of the innocent ones are settled before the culprit is read,
and of a few messages that exceed the memory together one is.

Messages that Dreamdata refused alone have been read and settled before, so they are not suspects. They are posted with
the new ones, because an acceptance after them confirms the refusal.
"""

from collections.abc import Callable, Sequence

from dreamdata_relay.deliver.queued_messages import QueuedMessage

# Nearly every message is done at its first receive. In an outage the hold of the first round ends the invocation.
SUSPECT_RECEIVES = 4


def rounds_of(messages: Sequence[QueuedMessage], jitter: Callable[[], float]) -> list[list[QueuedMessage]]:
    """Split ``messages`` into rounds, none of them empty; ``jitter`` gives numbers in [0, 1)."""
    trusted = [message for message in messages if not _is_suspect(message)]
    if len(trusted) == len(messages):
        return [trusted] if trusted else []
    suspects = [message for message in messages if _is_suspect(message)]
    suspects.sort(key=lambda _message: jitter())
    rounds: list[list[QueuedMessage]] = []
    while suspects:
        half = (len(suspects) + 1) // 2
        rounds.append(suspects[:half])
        suspects = suspects[half:]
    # Begin with a single one: any two of a few may exceed the memory.
    return [*([trusted] if trusted else []), *reversed(rounds)]


def _is_suspect(message: QueuedMessage) -> bool:
    return message.receives >= SUSPECT_RECEIVES and message.refused_before is None
