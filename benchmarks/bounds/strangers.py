"""What a stranger can make a request cost: a search over bodies that are combined of what has been dear before.

Each body is a trigger of repairs, a bulk and a way of packing it. The search tries combinations at random, then changes
the dearest ones, so that what only two families together bring about is found too.
"""

import base64
import gzip
import random
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.bounds.work import Counting, Quiet
from benchmarks.parts import Cell, Check, Part
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.ingest.service import Intake
from dreamdata_relay.secrets.keys import RelayKeys
from dreamdata_relay.secrets.remembered import RememberedSecret

MOST_CPU_S, MOST_BYTES = 0.020, 32_000_000
# What API Gateway and Lambda let through, about.
_MAX_BODY = 6_000_000
_SIZES = (15_000, 60_000, 120_000, 500_000, 1_500_000, 2_000_000, 2_090_000, 4_400_000, 6_000_000)
_TRIES = 3

type _Packing = Callable[[bytes], str]


class Recipe(NamedTuple):
    """What a body is made of: names of the tables below, and how many bytes of the bulk."""

    trigger: str
    bulk: str
    packing: str
    size: int


class Cost(NamedTuple):
    """Of one request: CPU seconds, the least of several tries, and the peak of bytes that Python held."""

    recipe: Recipe
    cpu: float
    memory: int


# Stands in the body first, and makes a strict reader give up, or nearly.
TRIGGERS: Mapping[str, bytes] = {
    "none": b'{"a":0,',
    "NaN": b'{"a":NaN,',
    "a lone surrogate": rb'{"\ud800":"\ud800",',
    "deep nesting": b'{"a":' + b"[" * 12_000 + b"]" * 12_000 + b",",
    "nearly too deep": b'{"a":' + b"[" * 9_900 + b"]" * 9_900 + b",",
    "a byte order mark": b'\xef\xbb\xbf{"a":0,',
    "no character": b'{"a":"\xef\xbf\xbf",',
    "no UTF-8": b'{"a":"\xff",',
    "an open string": b'{"a":NaN,"b":"',
    "a key of a megabyte": b'{"writeKey":"' + rb"\u0041" * 170_000 + b'","a":NaN,',
    "no object": b"[NaN,",
}
# Repeated up to the size asked for.
BULKS: Mapping[str, bytes] = {
    "members": b'"a":0,',
    "keys written as escapes": rb'"\u0061":0,',
    "the key again and again": b'"writeKey":"k",',
    "nearly the key": b'"writeKe"',
    "the key's name": b'"writeKey"',
    "objects": b"{},",
    "numbers": b"0,",
    "floats": b"1.5e300,",
    "lists in lists": b"[" * 100 + b"]" * 100 + b",",
    "objects in objects": b'{"":' * 50 + b"0" + b"}" * 50 + b",",
    "strings": b'"",',
    "escapes": rb"\"\\\n",
    "lone surrogates": rb'"\ud800",',
    "no characters": b"\xef\xbf\xbf",
    "NaN": b"NaN,",
    "spaces": b" ",
    "brackets": b"[",
    "zeros": b"0",
    "wide characters": "𐍈".encode(),
}


def _zipped(level: int) -> Callable[[bytes], bytes]:
    return lambda body: gzip.compress(body, level, mtime=0)


def _members(body: bytes) -> bytes:
    return gzip.compress(body[:100], mtime=0) + gzip.compress(b"", mtime=0) * 200_000


def _empty_blocks(body: bytes) -> bytes:
    """Deflate's dearest shape: blocks that define their codes, which takes a microsecond, and yield nothing."""

    def number(value: int, bits: int) -> str:
        return format(value, f"0{bits}b")[::-1]

    zeros = "1{}".format
    lengths = "".join("100" if symbol in (2, 17) else "000" for symbol in range(18))
    codes = zeros(number(97 - 11, 7)) + "0" + zeros(number(138 - 11, 7)) + zeros(number(20 - 11, 7)) + "00"
    block = "001" + number(0, 10) + number(14, 4) + lengths + codes + "1"
    bits = block * (len(body) * 8 // len(block)) + "1" + block[1:]
    packed = int(bits[::-1], 2).to_bytes(len(bits) // 8 + 1, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + packed + b"\0" * 8


def _encoded(pack: Callable[[bytes], bytes]) -> _Packing:
    return lambda body: base64.b64encode(pack(body)).decode()


PACKINGS: Mapping[str, tuple[_Packing, bool]] = {
    "text": (lambda body: body.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode(), False),
    "raw surrogates": (lambda body: body.decode("latin-1") + "\ud800", False),
    "base64": (_encoded(bytes), True),
    "base64 in lines": (lambda body: base64.encodebytes(body).decode(), True),
    "no base64": (lambda body: "%" * len(body), True),
    "gzip": (_encoded(_zipped(9)), True),
    "stored gzip": (_encoded(_zipped(0)), True),
    "gzip, 200,000 members": (_encoded(_members), True),
    "gzip of empty blocks": (_encoded(_empty_blocks), True),
}


class _Keys:
    """A secret in memory."""

    def fetch(self) -> str:
        return '{"default": "a-relay-key-of-length"}'


def event_of(recipe: Recipe) -> dict[str, Any]:
    """The HTTP API event, without a header, of a body made so; no longer than what can arrive."""
    bulk = BULKS[recipe.bulk]
    body = TRIGGERS[recipe.trigger] + bulk * (recipe.size // len(bulk)) + b'"writeKey":"unknown"}'
    pack, encoded = PACKINGS[recipe.packing]
    return {
        "rawPath": "/v1/batch",
        "headers": {},
        "requestContext": {"http": {"method": "POST"}},
        "body": pack(body)[:_MAX_BODY],
        "isBase64Encoded": encoded,
    }


def intake() -> Intake:
    """The ingest function's core, with nothing behind it."""
    clock = SystemClock()
    return Intake(RelayKeys(RememberedSecret(_Keys(), clock)), Counting(), Counting(), clock, Quiet())


def cost(recipe: Recipe, door: Intake) -> Cost:
    """What one such request costs; raises :class:`RuntimeError` where it is answered anything but 401."""
    event = event_of(recipe)
    took = []
    for _ in range(_TRIES):
        started = time.thread_time()
        status = door.answer(dict(event), 15.0).status
        took.append(time.thread_time() - started)
        if status != 401:
            raise RuntimeError(f"a stranger is answered {status}: {recipe}")
    tracemalloc.start()
    door.answer(dict(event), 15.0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Cost(recipe, min(took), peak)


def search(seed: int, tries: int) -> list[Cost]:
    """The costs of ``tries`` recipes: half of them at random, half made of the dearest ones so far."""
    chance = random.Random(seed)  # noqa: S311  # the same search for the same seed
    door = intake()
    found: dict[Recipe, Cost] = {}
    while len(found) < tries:
        recipe = _any(chance) if len(found) < tries // 2 else _changed(chance.choice(_dearest(found.values())), chance)
        if recipe not in found:
            found[recipe] = cost(recipe, door)
    return list(found.values())


def _any(chance: random.Random) -> Recipe:
    tables = (TRIGGERS, BULKS, PACKINGS)
    trigger, bulk, packing = (chance.choice(list(table)) for table in tables)
    return Recipe(trigger, bulk, packing, chance.choice(_SIZES))


def _changed(recipe: Recipe, chance: random.Random) -> Recipe:
    other = _any(chance)._asdict()
    return recipe._replace(**{name: other[name] for name in chance.sample(recipe._fields, 2)})


def _dearest(costs: Any, most: int = 8) -> list[Recipe]:
    ranked = sorted(costs, key=lambda one: max(one.cpu / MOST_CPU_S, one.memory / MOST_BYTES), reverse=True)
    return [one.recipe for one in ranked[:most]]


def part_of(costs: Sequence[Cost]) -> Part:
    """The dearest requests as a table, and the two bounds."""
    by_recipe = {one.recipe: one for one in costs}
    rows: list[Mapping[str, Cell]] = [
        {
            "trigger": recipe.trigger,
            "bulk": recipe.bulk,
            "packing": recipe.packing,
            "bytes of bulk": recipe.size,
            "CPU, ms": by_recipe[recipe].cpu * 1e3,
            "peak, MB": by_recipe[recipe].memory / 1e6,
        }
        for recipe in _dearest(costs, 10)
    ]
    return Part(
        "strangers",
        f"Bounds: requests without a key, the dearest of {len(costs)} found by a search",
        rows,
        (
            "Each is answered 401. CPU: the least of three tries. Peak: what Python allocates until the answer, beside "
            "the event itself.",
        ),
        [
            Check("a request without a key, CPU", max(one.cpu for one in costs) * 1e3, MOST_CPU_S * 1e3, "ms"),
            Check("a request without a key, memory", max(one.memory for one in costs) / 1e6, MOST_BYTES / 1e6, "MB"),
        ],
    )
