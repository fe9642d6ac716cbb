"""Events sent to a stack over HTTP and to its queue, and the account of where each of them went."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.errors import LocalError
from local.stack import Stack
from local.waiting import wait_until
from local.ways_in import senders
from relay_cli.samples import Message, Request


@dataclass
class Traffic:
    """``good`` and ``bad`` hold the ids of what was sent and taken: to be delivered, to be dead-lettered."""

    stack: Stack
    good: list[str] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    def post(self, good: int, bad: int = 0) -> None:
        """One request with so many good and bad events; it must be answered 200."""
        ids = [[str(uuid.uuid4()) for _ in range(count)] for count in (good, bad)]
        events = [_event(name) for name in ids[0]] + [_event(name) | {"type": "nonsense"} for name in ids[1]]
        with senders(self.stack, []) as sender:
            answer = sender.send(Request("/v1/batch", json.dumps({"batch": events}).encode(), "application/json", None))
        assert answer is not None
        assert answer.status == 200, answer
        assert len(answer.body["rejected"]) == bad
        self.good += ids[0]
        self.bad += ids[1]

    def put(self, bodies: Iterable[str]) -> None:
        """Messages straight to the queue, each of them bad and with an id of its own in it."""
        with senders(self.stack, []) as sender:
            for body in bodies:
                name = str(uuid.uuid4())
                sender.send(Message(body.replace("ID", name), {}))
                self.bad.append(name)

    def delivered(self) -> Counter[str]:
        """How often each event came to Dreamdata; what an invocation of the test before still posts is not of it."""
        own = {*self.good, *self.bad}
        return Counter(event.message_id for event in self.stack.sandbox.events() if event.message_id in own)

    def balance(self, seconds: float, *, again: frozenset[str] = frozenset()) -> None:
        """Wait until each event has its end; each must have one, those in ``again`` may have two."""

        def settled() -> bool | None:
            return True if self.delivered().keys() >= set(self.good) and not self.stack.queued() else None

        try:
            wait_until(settled, seconds, "delivery of everything", poll_seconds=0.3)
        except LocalError as error:
            missing = set(self.good) - self.delivered().keys()
            raise AssertionError(f"{len(missing)} lost, {len(self.stack.queued())} still queued") from error
        letters = self.stack.dead_letters()
        assert all(letter.attributes["error_code"] and letter.attributes["source"] for letter in letters)
        dead = Counter(name for letter in letters for name in self.bad if name in letter.body)
        assert dead == Counter(self.bad)
        came = self.delivered()
        assert set(came) == set(self.good)
        assert {name for name, times in came.items() if times > 1} <= again
        assert max(came.values(), default=0) <= 2


def _event(name: str) -> dict[str, object]:
    stamp = "2026-03-02T08:16:02Z"
    return {"type": "track", "messageId": name, "timestamp": stamp, "userId": "u", "event": "Bought", "properties": {}}
