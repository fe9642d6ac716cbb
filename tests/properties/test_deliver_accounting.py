"""Accepted = delivered + waiting + dead-lettered, exactly, whatever Dreamdata and AWS do; and nothing twice unseen."""

import gzip
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dreamdata_relay.deliver.payload_encoding import Encoding
from dreamdata_relay.deliver.responses import Answer, NoAnswer
from tests.examples import examples
from tests.fakes.events import event, eventbridge, sns
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, ScriptedEndpoint

# What Dreamdata may do with a request, beside judging it; ``taken-`` ones have the events although nobody is told so.
STEPS = ["200", "200", "200", "400", "401", "404", "413", "429", "503", "unsent", "lost", "taken-lost", "fault"]


@dataclass
class Dreamdata(ScriptedEndpoint):
    """Does the ``steps`` in turn and then judges: poison is refused, and what is larger than ``limit`` bytes.

    ``refuses_gzip``: the status for whatever comes in gzip from the request of that number on, None to take it.
    """

    steps: list[str] = field(default_factory=list)
    poison: frozenset[str] = frozenset()
    limit: int = 500_000
    taken: Counter[str] = field(default_factory=Counter)
    unseen: set[str] = field(default_factory=set)
    refuses_gzip: int | None = None
    refuses_from: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
        with self._lock:
            self.encodings.append(encoding)
            if encoding == "gzip":
                if self.refuses_gzip and len(self.encodings) > self.refuses_from:
                    return Answer(self.refuses_gzip)
                body = gzip.decompress(body)
            assert len(body) <= 500_000
            step = self.steps.pop(0) if self.steps else "200"
            ids = [one["messageId"] for one in json.loads(body)["batch"]]
            if step == "fault":
                # Nobody knows how far it came: as a lost answer.
                self.unseen.update(ids)
                raise RuntimeError("a fault of the relay's own")
            return self._answer(step, ids, len(body))

    def _answer(self, step: str, ids: list[str], size: int) -> Answer | NoAnswer:
        if step == "unsent":
            return NoAnswer(sent=False, reason="connect")
        if step.endswith("lost"):
            self.unseen.update(ids)
            self.taken.update(ids if step.startswith("taken") else [])
            return NoAnswer(sent=True, reason="timeout")
        if step != "200":
            return Answer(int(step), retry_after="1" if step == "429" else None)
        if size > self.limit:
            return Answer(413)
        if self.poison.intersection(ids):
            return Answer(400, start=b"poison")
        self.taken.update(ids)
        return Answer(200)


@dataclass(frozen=True)
class Scenario:
    sizes: list[list[int]]
    wrappers: list[str]
    poison: set[int]
    steps: list[str]
    limit: int
    parallel: int
    batch_size: int
    dead_letters_down: set[int]
    holds_down: bool
    failing_sends: set[int]
    compress: bool
    refuses_gzip: int | None
    refuses_from: int


scenarios = st.builds(
    Scenario,
    sizes=st.lists(
        st.lists(st.sampled_from([0, 100, 5_000, 60_000, 200_000]), min_size=1, max_size=6), min_size=1, max_size=8
    ),
    wrappers=st.lists(st.sampled_from(["chunk", "array", "sns", "eventbridge"]), min_size=8, max_size=8),
    poison=st.sets(st.integers(0, 25), max_size=6),
    steps=st.lists(st.sampled_from(STEPS), max_size=25),
    limit=st.sampled_from([500_000, 500_000, 300_000, 250_000]),
    parallel=st.sampled_from([1, 1, 3]),
    batch_size=st.sampled_from([1, 3, 1_000]),
    dead_letters_down=st.sets(st.integers(0, 5), max_size=3),
    holds_down=st.booleans(),
    failing_sends=st.sets(st.integers(0, 6), max_size=2),
    compress=st.booleans(),
    refuses_gzip=st.sampled_from([None, None, 400, 403, 415, 422, 500]),
    refuses_from=st.sampled_from([0, 0, 3]),
)


def wrapped(listed: list[dict[str, Any]], wrapper: str) -> Any:
    chunk = {"batch": listed}
    return {"chunk": chunk, "array": listed, "sns": sns(chunk), "eventbridge": eventbridge(chunk)}[wrapper]


@settings(deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow])
@given(scenarios)
def test_every_event_has_one_end(scenario: Scenario) -> None:
    """Delivered or dead-lettered once all works again; never twice, unless an answer was never seen."""
    numbers = iter(range(1_000))
    listed = [[event(f"e{next(numbers)}", x="y" * size) for size in sizes] for sizes in scenario.sizes]
    accepted = [one["messageId"] for events in listed for one in events]
    poison = frozenset(f"e{number}" for number in scenario.poison)
    # Failing on gzip once it has taken some is an outage, which has no end here.
    refuses_from = 0 if scenario.refuses_gzip == 500 else scenario.refuses_from
    dreamdata = Dreamdata(
        steps=list(scenario.steps),
        poison=poison,
        limit=scenario.limit,
        refuses_gzip=scenario.refuses_gzip,
        refuses_from=refuses_from,
    )
    bench = DeliverBench(
        endpoint=dreamdata,
        parallel=scenario.parallel,
        encoding=Encoding(scenario.compress),
        faulty="fault" in scenario.steps,
    )
    world = QueueWorld(bench, scenario.batch_size)
    for events, wrapper in zip(listed, scenario.wrappers, strict=False):
        # SQS's own limit of a message.
        halves = [events] if sum(len(json.dumps(one)) for one in events) < 1_000_000 else [events[:3], events[3:]]
        for half in halves:
            world.send(wrapped(half, wrapper))
    failed_sends = _break_aws(bench, scenario)

    world.run(until=lambda: world.invocations >= 300)

    assert world.waiting == []
    assert world.redriven == []
    delivered, dead = dreamdata.taken, Counter(world.dead_ids())
    assert set(delivered) | set(dead) == set(accepted)
    # What a failed sending back brings back whole is sent again: better than not at all.
    excused = dreamdata.unseen | (set(accepted) if failed_sends else set())
    assert {id_ for id_, times in delivered.items() if times > 1} <= excused
    assert {id_ for id_, times in dead.items() if times > 1} <= (set(accepted) if failed_sends else set())
    assert set(delivered) & set(dead) <= excused
    assert set(dead) <= poison | _too_large(listed, scenario.limit) | _refused_by_script(scenario, accepted)


def _break_aws(bench: DeliverBench, scenario: Scenario) -> list[int]:
    """Calls that fail, as the scenario has it; the list grows with each one that should have sent something back."""
    letters, sends = iter(range(10_000)), iter(range(10_000))
    failed: list[int] = []
    # The calls to set visibility come through the queue's URL, too: told apart by the fake's own count of sends.
    sent_calls = bench.sqs.calls

    def down(url: str) -> bool:
        if url == DEAD_LETTERS:
            return next(letters) in scenario.dead_letters_down
        sending = bool(sent_calls) and sent_calls[-1][0] == QUEUE and sent_calls[-1] is not seen[0]
        if not sending:
            return scenario.holds_down
        seen[0] = sent_calls[-1]
        if next(sends) in scenario.failing_sends:
            failed.append(1)
            return True
        return False

    seen: list[Any] = [None]
    bench.sqs.down = down
    return failed


def _too_large(listed: list[list[dict[str, Any]]], limit: int) -> set[str]:
    return {one["messageId"] for events in listed for one in events if len(json.dumps(one)) + 99 > limit}


def _refused_by_script(scenario: Scenario, accepted: list[str]) -> set[str]:
    """Where the script refuses whatever comes, any event may be the one that stood alone."""
    return set(accepted) if {"400", "413"} & set(scenario.steps) else set()
