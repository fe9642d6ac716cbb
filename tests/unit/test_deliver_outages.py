"""An outage of three days: what waits is looked at hundreds of times, and no message runs out of receives."""

from collections.abc import Callable

import msgspec
import pytest

from dreamdata_relay.deliver.responses import Answer, NoAnswer
from tests.fakes.events import event, events
from tests.fakes.queue_world import MAX_RECEIVES, QueueWorld
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench
from tests.unit.test_deliver_holding import answering

THREE_DAYS_S = 3 * 86_400.0


def _hidden_key(bench: DeliverBench) -> None:
    bench.secrets.down = True


def _placeholder(bench: DeliverBench) -> None:
    bench.secrets.text = '{"api_key": "PUT-YOUR-DREAMDATA-API-KEY-HERE"}'


def _nothing(bench: DeliverBench) -> None:
    pass


OUTAGES: dict[str, tuple[Answer | NoAnswer, Callable[[DeliverBench], None]]] = {
    "503": (Answer(503), _nothing),
    "503, again in a second": (Answer(503, retry_after="0"), _nothing),
    "429, again in a minute": (Answer(429, retry_after="60"), _nothing),
    "a date in the past": (Answer(503, retry_after="Sun, 06 Nov 1994 08:49:37 GMT"), _nothing),
    "no connection": (NoAnswer(sent=False, reason="connect"), _nothing),
    "hung": (NoAnswer(sent=True, reason="timeout"), _nothing),
    "wrong key": (Answer(401), _nothing),
    "moved": (Answer(301), _nothing),
    "no secret": (Answer(200), _hidden_key),
    "no key yet": (Answer(200), _placeholder),
}


@pytest.mark.parametrize("jitter", [0.0, 0.999])
@pytest.mark.parametrize("outage", OUTAGES)
def test_an_outage_of_three_days_puts_nothing_into_the_dead_letter_queue(outage: str, jitter: float) -> None:
    """At the shortest waits that the jitter allows, too; when it ends everything is delivered, once, within an hour."""
    answer, breaking = OUTAGES[outage]
    bench = answering(answer)
    right = bench.secrets.text
    breaking(bench)
    bench.deliverer = msgspec.structs.replace(bench.deliverer, jitter=lambda: jitter)
    world = QueueWorld(bench)
    for number in range(3):
        world.send({"batch": events(5, 5 * number)}, delay_s=300 * number)
    begun = bench.clock.now()
    world.run(until=lambda: bench.clock.now() >= begun + THREE_DAYS_S)
    assert max(lying.receives for lying in world.waiting) <= 0.8 * MAX_RECEIVES

    bench.endpoint.script = lambda payload: Answer(200)
    bench.secrets.down, bench.secrets.text = False, right
    ended = bench.clock.now()
    world.run(until=lambda: bench.clock.now() >= ended + 3_600)
    assert (world.waiting, world.redriven, bench.sqs.bodies(DEAD_LETTERS)) == ([], [], [])
    assert sorted(bench.endpoint.delivered_ids()) == sorted(f"e{n}" for n in range(15))


def test_an_outage_of_the_dead_letter_queue_loses_nothing_either() -> None:
    """Refused events wait like any other."""
    bench = DeliverBench()
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    world = QueueWorld(bench)
    world.send("not json")
    world.send({"batch": [event("good"), {"type": "nonsense"}]})
    begun = bench.clock.now()
    world.run(until=lambda: bench.clock.now() >= begun + THREE_DAYS_S)
    assert (len(world.waiting), world.redriven, bench.endpoint.delivered_ids()) == (2, [], ["good"])
    bench.sqs.down = lambda url: False
    world.run(until=lambda: False)
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == 2
    assert bench.sqs.bodies(QUEUE) == []
