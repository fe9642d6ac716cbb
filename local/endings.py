"""What became of the samples that were sent: delivered, dead-lettered, refused, or still under way."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from local.sandbox_client import ReceivedEvent
from local.sent_events import event_texts
from local.stack import QueuedMessage, Stack
from local.waiting import Deadline
from local.ways_in import Answer, Sender
from relay_cli.samples import FreshSample, Sample, ids_in


@dataclass(slots=True)
class Ending:
    """One sample on its way: `answer` to its request, `events` in the sandbox, `letters` in the dead-letter queue.

    seconds: from sending it to the last of its ends that was seen.
    """

    fresh: FreshSample
    sent_at: float = 0.0
    seconds: float = 0.0
    answer: Answer | None = None
    events: list[ReceivedEvent] = field(default_factory=list)
    letters: list[QueuedMessage] = field(default_factory=list)

    @property
    def sample(self) -> Sample:
        """The sample it is a copy of."""
        return self.fresh.sample

    def is_over(self) -> bool:
        """Whether as much as is expected has come to an end; more may still come, where something is wrong."""
        return len(self.events) >= self.sample.delivered and len(self.letters) >= len(self.sample.dead)

    def codes(self) -> list[str]:
        """The error codes of the dead letters, sorted."""
        return sorted(letter.attributes.get("error_code", "none") for letter in self.letters)

    def problems(self) -> list[str]:
        """What is not as the sample's file says; empty when all is."""
        sample, answer = self.sample, self.answer
        status = answer.status if answer else None
        code = answer.body.get("code") if answer else None
        checks = {
            f"answered {status}, not {sample.status}": status == sample.status,
            f"answered {code}, not {sample.code}": code == sample.code,
            f"{len(self.events)} delivered, not {sample.delivered}": len(self.events) == sample.delivered,
            f"dead letters {self.codes()}, not {sorted(sample.dead)}": self.codes() == sorted(sample.dead),
            "answered another number accepted or rejected than came to those ends": self._counts_agree(),
            "not the bytes that were sent": not sample.as_sent or self._is_as_sent(),
        }
        return [problem for problem, right in checks.items() if not right]

    def _counts_agree(self) -> bool:
        if self.answer is None or self.answer.status != 200:
            return True
        rejected = sorted(item.get("code") for item in self.answer.body.get("rejected", []))
        return self.answer.body.get("accepted") == self.sample.delivered and rejected == sorted(self.sample.dead)

    def _is_as_sent(self) -> bool:
        """Whether each delivered event's text is one of those sent, none of them twice."""
        sent = [text for item in self.fresh.items for text in event_texts(item)]
        delivered = [event.raw for event in self.events]
        return len(set(delivered)) == len(delivered) and set(delivered) <= set(sent)


class Watch:
    """Follows samples to their ends, by the identities in them; nothing is consumed by looking."""

    def __init__(self, stack: Stack, samples: Sequence[FreshSample]) -> None:
        self._stack = stack
        self.endings = [Ending(sample) for sample in samples]
        self._by_id = {id_: ending for ending in self.endings for id_ in ending.fresh.ids}
        self._seen_events = stack.sandbox.health()["events"]
        self._seen_letters = {letter.message_id for letter in stack.dead_letters()}

    def send(self, ending: Ending, sender: Sender) -> None:
        """Send a sample's items, and note the answer."""
        ending.sent_at = time.monotonic()
        for item in ending.fresh.items:
            ending.answer = sender.send(item) or ending.answer
        ending.seconds = time.monotonic() - ending.sent_at

    def look(self) -> None:
        """Take in what has come to an end since the last look."""
        now = time.monotonic()
        events = self._stack.sandbox.events(since=self._seen_events)
        self._seen_events += len(events)
        letters = [item for item in self._stack.dead_letters() if item.message_id not in self._seen_letters]
        self._seen_letters |= {letter.message_id for letter in letters}
        for event in events:
            for ending in self._whose(event.raw):
                ending.events.append(event)
                ending.seconds = now - ending.sent_at
        for letter in letters:
            for ending in self._whose(letter.body):
                ending.letters.append(letter)
                ending.seconds = now - ending.sent_at

    def wait(self, seconds: float, poll_seconds: float = 0.2) -> None:
        """Look until every sample is over, for at most `seconds`; what is missing then shows in `problems`.

        Raises LocalError when a process of the stack has ended.
        """
        deadline = Deadline(seconds)
        self.look()
        while not all(ending.is_over() for ending in self.endings) and not deadline.is_over():
            self._stack.check()
            time.sleep(poll_seconds)
            self.look()

    def _whose(self, text: str) -> Iterable[Ending]:
        found = {id(ending): ending for id_ in ids_in(text) if (ending := self._by_id.get(id_))}
        return found.values()
