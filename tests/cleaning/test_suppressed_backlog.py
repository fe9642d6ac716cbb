"""A person who is suppressed while thousands of events wait: a minute later none of them is posted any more."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.limits import MAX_LIST_AGE_S
from dreamdata_relay.privacy.keys import ring_of
from dreamdata_relay.privacy.suppressed_ids import Kind, PersonId
from relay_cli.suppression_forms import forms_of
from tests.cleaning.judges import PSEUDONYMS, VERSION
from tests.cleaning.test_suppressed import ListInS3
from tests.fakes.aws import FakeSqs
from tests.fakes.events import event, eventbridge, sns
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, IngestBench
from tests.privacy.compiled import action, path, rule, secret

JO, KAI = "jo", "kai"
PER_REQUEST = 50


@dataclass
class Dreamdata:
    """Refuses what is ``bad`` by its id, and takes nothing while it is ``down``; ``posted``: when it saw which."""

    down: bool = False
    posted: list[tuple[float, str]] = field(default_factory=list)


class Relay:
    """Ingest and two environments of deliver, whose lists are of different ages, on one clock and one queue."""

    def __init__(self, *rules: dict[str, object]) -> None:
        self.stored = ListInS3()
        self._rules = rules or (PSEUDONYMS,)
        self.clock = self.stored.clock
        self.dreamdata = Dreamdata()
        self.sqs = FakeSqs()
        self.benches = [self._deliver() for _ in range(2)]
        self.ingest = IngestBench(clock=self.clock, judge=self.stored.judge(*self._rules))
        self.world = QueueWorld(self.benches[0], batch_size=20)
        self._turns = itertools.cycle(self.benches)

    def _deliver(self) -> DeliverBench:
        bench = DeliverBench(clock=self.clock, sqs=self.sqs, judge=self.stored.judge(*self._rules))
        bench.endpoint.script = self._answer
        return bench

    def _answer(self, payload: dict[str, Any]) -> Answer:
        ids = [one["messageId"] for one in payload["batch"]]
        self.dreamdata.posted += [(self.clock.now(), id_) for id_ in ids]
        return Answer(503 if self.dreamdata.down else 400 if any("bad" in id_ for id_ in ids) else 200)

    def request(self, *events: Any) -> None:
        assert self.ingest.post({"batch": list(events)}).status == 200
        for entry in self.ingest.sqs.queues.pop(QUEUE, []):
            attributes = {name: value["StringValue"] for name, value in entry["MessageAttributes"].items()}
            # Ingest is believed as deliver is: AWS attests both.
            self.world.send(entry["MessageBody"], attributes, own=True)

    def run(self, until: float | None = None) -> None:
        while self.world.waiting and (until is None or self.world.next_at < until):
            self.world.bench = next(self._turns)
            self.world.step()
        if until is not None:
            self.clock.advance(max(0.0, until - self.clock.now()))

    def suppress(self, kind: Kind, text: str) -> None:
        """As ``relay suppress add`` does."""
        (self.stored.people,) = map(tuple, forms_of([PersonId(kind, text)], ring_of(secret())).values())

    def total(self, metric: metrics.Metric) -> float:
        return self.ingest.telemetry.total(metric) + sum(bench.telemetry.total(metric) for bench in self.benches)


def wrapped(number: int, one: dict[str, Any]) -> Any:
    """As direct senders send it."""
    return (one, [one], sns(one), eventbridge(one), json.dumps(one).replace("userId", "user\\u0049d"))[number % 5]


def check_backlog(queued: int, dead: int) -> None:
    """``queued`` events of a person wait, and ``dead`` are dead letters, when the person is put on the list."""
    relay = Relay()
    # Dreamdata refuses these: they become dead letters, and are moved back later on.
    for number in range(0, dead, PER_REQUEST):
        relay.request(*(event(f"bad-jo-{number + one}", userId=JO) for one in range(PER_REQUEST)), event(f"k{number}"))
    while len(relay.sqs.bodies(DEAD_LETTERS)) < dead:
        relay.request(event(f"beside-{relay.world.invocations}", userId=KAI))
        relay.run(relay.clock.now() + 30)
    relay.run()
    letters, relay.sqs.queues[DEAD_LETTERS] = relay.sqs.queues[DEAD_LETTERS], []
    relay.dreamdata.down = True
    half = queued // 2
    for number in range(0, half, PER_REQUEST):
        relay.request(*(event(f"jo-{number + one}", userId=JO) for one in range(PER_REQUEST)), event(f"kai-{number}"))
    for number in range(half, queued):
        relay.world.send(wrapped(number, event(f"jo-{number}", userId=JO)), {"source": "http:shop", "rules": VERSION})
    relay.run(relay.clock.now() + 600)

    relay.suppress("user", JO)
    added = relay.clock.now()
    relay.run(added + MAX_LIST_AGE_S / 2)
    relay.dreamdata.down = False
    relay.run(added + MAX_LIST_AGE_S)
    for letter in letters:
        relay.world.send(letter["MessageBody"])
    before = {id_ for when, id_ in relay.dreamdata.posted if when < added + MAX_LIST_AGE_S}
    relay.run()

    late = [(when - added, id_) for when, id_ in relay.dreamdata.posted if when >= added + MAX_LIST_AGE_S]
    assert [one for one in late if "jo-" in one[1]] == []
    delivered = {id_ for bench in relay.benches for id_ in bench.endpoint.delivered_ids()}
    assert {f"kai-{number}" for number in range(0, half, PER_REQUEST)} <= delivered
    kept = sum("jo-" in id_ for id_ in delivered)
    assert relay.total(metrics.EVENTS_SUPPRESSED) == queued + dead - kept
    assert kept < queued
    assert before
    assert relay.sqs.bodies(DEAD_LETTERS) == []


def test_a_minute_later_nothing_that_waited_is_posted() -> None:
    check_backlog(queued=1_000, dead=100)


HIDING = rule(
    action("pseudonymise", path("userId"), path("anonymousId"), path("previousId")),
    action("pseudonymise_email", path("traits", "email")),
    action("hash", path("properties", "email")),
    name="hiding",
)


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("user", {"userId": JO}),
        ("anonymous", {"anonymousId": JO}),
        ("user", {"type": "alias", "previousId": JO}),
        ("email", {"traits": {"email": "Jo@Example.com"}}),
        ("email", {"properties": {"email": " Jo@Example.com"}}),
        # An id that is an address counts as one, after the rules too.
        ("email", {"userId": "jo@example.com"}),
        ("email", {"type": "alias", "previousId": "jo@example.com"}),
    ],
)
def test_whatever_a_person_is_known_by_is_found_in_what_was_cleaned(kind: Kind, members: dict[str, Any]) -> None:
    relay = Relay(HIDING)
    relay.dreamdata.down = True
    relay.request(event("jo-1", **members))
    relay.run(relay.clock.now() + 60)
    relay.suppress(kind, "jo@example.com" if kind == "email" else JO)
    relay.clock.advance(MAX_LIST_AGE_S)
    relay.dreamdata.down = False

    relay.run()

    assert relay.total(metrics.EVENTS_SUPPRESSED) == 1
