"""Shares an invocation's messages out into rounds, each settled before the next is read.

A message that ends the function (memory, a crash) comes back with all that were read beside it, again and again. So
messages received a few times are read after the others have had their end, in an order drawn by lot: one alone, then
some more, in the end half of them. So in each invocation about half of the innocent ones are through before the culprit
is read, and of a few that do not fit the memory together one is.

What Dreamdata refused alone has been read before, and settled: it is none of them. It is posted with what is new, for
an acceptance after it is what confirms the refusal.
"""

from collections.abc import Callable, Sequence

from dreamdata_relay.deliver.queued_messages import QueuedMessage

# Nearly every message is done at its first receive. In an outage the first round's hold ends the invocation.
SUSPECT_RECEIVES = 4


def rounds_of(messages: Sequence[QueuedMessage], jitter: Callable[[], float]) -> list[list[QueuedMessage]]:
    """``messages`` in rounds, none empty; ``jitter`` gives numbers in [0, 1)."""
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
    # One by itself first: of a few, any two may be more than there is memory for.
    return [*([trusted] if trusted else []), *reversed(rounds)]


def _is_suspect(message: QueuedMessage) -> bool:
    return message.receives >= SUSPECT_RECEIVES and message.refused_before is None
