"""What a sender with a key can make one request cost, at ingest and then at deliver: a search like that for strangers.

Each body is full of events of one kind: what keeps them from the fast way, a bulk of small pieces, where it stands and
how long each event is. What ingest puts on the queue is delivered after it, ten messages an invocation.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.bounds.batch_child import Dreamdata
from benchmarks.bounds.searching import dearest, searched
from benchmarks.bounds.work import Quiet
from benchmarks.parts import Cell, Check, Part
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.service import Deliverer
from dreamdata_relay.ingest.service import Intake
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from dreamdata_relay.secrets.keys import DreamdataKey, RelayKeys
from dreamdata_relay.secrets.remembered import RememberedSecret

# Of a whole request of 6 MB; and of one invocation of deliver, which takes ten messages of it.
MOST_INGEST_S, MOST_DELIVER_S = 3.0, 3.0
_MAX_BODY = 6_000_000
_SIZES = (600, 3_000, 20_000, 60_000, 250_000, 490_000, 900_000, 5_900_000)
_MESSAGES = 10
_KEY = "a-relay-key-of-length"
_TYPE = '"type":"page","userId":"u"'


class Recipe(NamedTuple):
    """What the events are made of: names of the tables below, and the bytes of each."""

    spoiler: str
    bulk: str
    place: str
    envelope: str
    size: int


class Cost(NamedTuple):
    """CPU seconds of the request, and of the dearest invocation of deliver with what became of it."""

    recipe: Recipe
    ingest: float
    deliver: float

    @property
    def of_bounds(self) -> float:
        """The share of a bound that it takes, of the one it comes nearest to."""
        return max(self.ingest / MOST_INGEST_S, self.deliver / MOST_DELIVER_S)


# Members that keep an event, or the whole body, from the fast way.
SPOILERS: Mapping[str, str] = {
    "none": f'{_TYPE},"timestamp":"2026-11-23T12:00:00.000Z","messageId":"m"',
    "nothing complete": _TYPE,
    "a lone surrogate": rf'{_TYPE},"z":"\ud800"',
    "a lone surrogate as a key": rf'{_TYPE},"\ud800":0',
    "a lone surrogate as an id": r'"type":"page","userId":"\ud800","messageId":"\ud800"',
    "a key of its own": f'{_TYPE},"writeKey":"k"',
    "a key, and a lone surrogate": rf'{_TYPE},"writeKey":"\ud800"',
    "a number as id": '"type":"page","userId":1',
    "a list as properties": f'{_TYPE},"properties":[]',
    "NaN": f'{_TYPE},"z":NaN',
    "names as escapes": r'"t\u0079pe":"page","us\u0065rId":1',
    "refused": '"type":"x"',
    "refused, keys within": r'"type":"x","writeKey":[["k"]],"z":"{\"writeKey\":\"k\"}"',
    "deep": f'{_TYPE},"z":{"[" * 5_980}{"]" * 5_980}',
    "too deep": f'{_TYPE},"z":{"[" * 12_000}{"]" * 12_000}',
    "traits": '"type":"identify","userId":"u","context":{"traits":{}}',
}
# Repeated up to the size.
BULKS: Mapping[str, str] = {
    "members": '"a":0,',
    "members that are lists": '"a":[],',
    "keys as escapes": r'"\u0061":0,',
    "one of the rules' own": '"type":"page",',
    "the key again and again": '"writeKey":"k",',
    "keys of several kinds": r'"writeKey":[0],"write_key":"a","\"writeKey\"":"{\"writeKey\":[",',
    "lists seven deep": '"a":[[[[[[[]]]]]]],',
    "lists thirteen deep": f'"a":{"[" * 13}{"]" * 13},',
    "lists sixty deep": f'"a":{"[" * 60}{"]" * 60},',
    "lists like stairs": f'"a":{"[[]," * 30}0{"]" * 30},',
    "objects": '"a":{"b":{}},',
    "lone surrogates": r'"a":"\ud800",',
    "lone surrogates as keys": r'"\ud800":0,',
    "escapes": r'"a":"\u0061\n\"",',
    "quotes in strings": r'"a":"\\\"\\\"\\\"",',
    "percent": '"a":"%61%25%61&#97;",',
    "strings": '"":"",',
}
_UNEVEN = "[" * 15 + "]" * 3 + "," + "[" * 4 + "]" * 16 + ","
_STAIRS = "[[]," * 5_900 + "0" + "]" * 5_900 + ","
PLACES: Mapping[str, Callable[[str], str]] = {
    "in the event": lambda bulk: bulk,
    "in its context": lambda bulk: f'"context":{{{bulk[:-1]}}},',
    "in its properties": lambda bulk: f'"properties":{{"p":{{{bulk[:-1]}}}}},',
    "in a list": lambda bulk: f'"a":[{{{bulk[:-1]}}}],',
    "in a list in lists": lambda bulk: f'"a":{"[" * 5_990}{{{bulk[:-1]}}}{"]" * 5_990},',
    "in one, list by list": lambda bulk: '"a":[' + "[],{}," * (len(bulk) // 6) + "0],",
    "in stairs": lambda bulk: f'"a":[{_STAIRS * max(1, len(bulk) // len(_STAIRS))}0],',
    "flat, on the last level that is read": lambda bulk: f'"a":{"[" * 5_997}{"[]," * (len(bulk) // 3)}0{"]" * 5_997},',
    "in lists that differ in depth": lambda bulk: f'"a":[{_UNEVEN * (len(bulk) // len(_UNEVEN))}0],',
}
ENVELOPES: Mapping[str, str] = {
    "none": "",
    "a context": '"context":{"c":1},',
    "a context with a lone surrogate": r'"context":{"c":"\ud800"},',
    "another member with one": r'"x":"\ud800",',
    "very many members": '"a":[],' * 400_000,
    "very many, and a surrogate": '"a":0,' * 400_000 + r'"x":"\ud800",',
    "very many, and a batch": '"a":0,' * 400_000 + r'"b\u0061tch":[],',
    "a large context": f'"context":{{{'"a":0,' * 60_000}"b":0}},',
    "a large context of lone surrogates": rf'"context":{{{r'"\ud800":0,' * 20_000}"b":0}},',
}


class _Keys:
    def fetch(self) -> str:
        return f'{{"default": "{_KEY}"}}'


class _Key:
    def fetch(self) -> str:
        return '{"api_key": "a-key-of-dreamdata+1"}'


class _Keeping:
    """A queue that takes all and keeps it."""

    def __init__(self) -> None:
        self.messages: list[OutgoingMessage] = []

    def send(self, messages: Sequence[OutgoingMessage], deadline: float) -> list[int]:
        self.messages += messages
        return []

    def hold(self, receipts: Sequence[tuple[str, int]], deadline: float) -> int:
        return 0

    def delete(self, receipts: Sequence[str], deadline: float) -> None: ...


def event_of(recipe: Recipe) -> dict[str, Any]:
    """The HTTP API event of a body full of such events."""
    bulk = BULKS[recipe.bulk]
    head = f"{{{SPOILERS[recipe.spoiler]},"
    room = min(recipe.size, _MAX_BODY - 13_000) - len(head)
    event = head + PLACES[recipe.place](bulk * max(1, room // len(bulk))) + '"b":0}'
    envelope = ENVELOPES[recipe.envelope]
    events = ",".join([event] * max(1, (_MAX_BODY - 20 - len(envelope)) // (len(event.encode()) + 1)))
    return {
        "rawPath": "/v1/batch",
        "headers": {"authorization": "Basic YS1yZWxheS1rZXktb2YtbGVuZ3RoOg=="},
        "requestContext": {"http": {"method": "POST"}},
        "body": f'{{{envelope}"batch":[{events}]}}'[:_MAX_BODY],
        "isBase64Encoded": False,
    }


def cost(recipe: Recipe) -> Cost:
    """What it costs; raises :class:`RuntimeError` where it is not answered 200 or 400."""
    clock, queue, letters = SystemClock(), _Keeping(), _Keeping()
    door = Intake(RelayKeys(RememberedSecret(_Keys(), clock)), queue, letters, clock, Quiet())
    event = event_of(recipe)
    started = time.thread_time()
    status = door.answer(event, 600.0).status
    took = time.thread_time() - started
    if status not in (200, 400):
        raise RuntimeError(f"answered {status}: {recipe}")
    bodies = sorted((message.body for message in queue.messages), key=len, reverse=True)[:_MESSAGES]
    return Cost(recipe, took, _delivering(bodies))


def _delivering(bodies: Sequence[str]) -> float:
    clock, queue = SystemClock(), _Keeping()
    key = DreamdataKey(RememberedSecret(_Key(), clock))
    deliverer = Deliverer(queue, queue, _Keeping(), Dreamdata("200"), key, clock, Quiet(), lambda: 0.5, parallel=1)
    messages = [QueuedMessage(f"m{n}", "r", body, 1, clock.now(), {}) for n, body in enumerate(bodies)]
    started = time.process_time()
    deliverer.deliver(messages, 600.0)
    return time.process_time() - started


# Each took more than a bound allows at some time, or comes nearest to it; kept so that it never does again.
WORST: Sequence[Recipe] = (
    Recipe("a lone surrogate", "members that are lists", "in the event", "none", 490_000),
    Recipe("a lone surrogate as an id", "members", "in the event", "none", 490_000),
    Recipe("a lone surrogate", "members", "in its context", "a context", 490_000),
    Recipe("nothing complete", "one of the rules' own", "in the event", "none", 490_000),
    Recipe("deep", "members", "in one, list by list", "none", 490_000),
    Recipe("refused, keys within", "keys of several kinds", "in the event", "none", 490_000),
    Recipe("refused, keys within", "keys of several kinds", "in a list", "a large context of lone surrogates", 20_000),
    Recipe("refused", "keys of several kinds", "in its properties", "another member with one", 20_000),
    Recipe("refused, keys within", "lists thirteen deep", "in the event", "another member with one", 20_000),
    Recipe("a lone surrogate as an id", "members", "in lists that differ in depth", "none", 60_000),
    Recipe("a lone surrogate as an id", "members", "in stairs", "none", 490_000),
    Recipe("too deep", "members", "flat, on the last level that is read", "none", 490_000),
)


def search(seed: int, tries: int) -> list[Cost]:
    """The costs of those known and of ``tries`` others."""
    return searched(seed, WORST, cost, _any, _changed, lambda costs: costs < tries + len(WORST))


def _any(chance: random.Random) -> Recipe:
    spoiler, bulk, place, envelope = (chance.choice(list(table)) for table in (SPOILERS, BULKS, PLACES, ENVELOPES))
    return Recipe(spoiler, bulk, place, envelope, chance.choice(_SIZES))


def _changed(recipe: Recipe, chance: random.Random) -> Recipe:
    other = _any(chance)._asdict()
    return recipe._replace(**{name: other[name] for name in chance.sample(recipe._fields, 2)})


def part_of(costs: Sequence[Cost]) -> Part:
    """The dearest requests as a table, and the two bounds."""
    rows: list[Mapping[str, Cell]] = [
        {
            "events with": one.recipe.spoiler,
            "bulk": one.recipe.bulk,
            "where": one.recipe.place,
            "envelope": one.recipe.envelope,
            "bytes of an event": one.recipe.size,
            "ingest, CPU s": one.ingest,
            "deliver, CPU s": one.deliver,
        }
        for one in dearest(costs, 10)
    ]
    return Part(
        "keyed",
        f"Bounds: requests of 6 MB with a key, the dearest of {len(costs)} found by a search",
        rows,
        ("Ingest: the whole request. Deliver: one invocation with the ten longest messages that it queued.",),
        [
            Check("a request with a key, CPU at ingest", max(one.ingest for one in costs), MOST_INGEST_S, "s"),
            Check("ten of its messages, CPU at deliver", max(one.deliver for one in costs), MOST_DELIVER_S, "s"),
        ],
    )
