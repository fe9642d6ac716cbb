"""The ingest function's figures: reading beside other ways, packing, broken events, whole invocations."""

import json
from collections.abc import Callable, Sequence
from functools import partial

import orjson

from benchmarks.corpus import Corpus
from benchmarks.ingest.agreement import agree
from benchmarks.ingest.invocation import Invocations, requests_of, sqs_sink
from benchmarks.ingest.methods import METHODS, Method, packed
from benchmarks.measuring import Measured, interleaved, ratio
from benchmarks.parts import Cell, Check, Part

_BARE = "orjson.loads alone"
_OURS = METHODS[0]
_OFFSETS = "... a third with +00:00"
# How many times the relay's CPU each of these takes at least, packing included.
_PEERS = {"Powertools parser": 5.0, "pydantic, discriminated union": 4.0, "json and handwritten checks": 5.0}


def measure(corpus: Corpus, rounds: int) -> list[Part]:
    """All tables; raises Disagreement when two methods end an event differently."""
    refused = {name: agree(bodies) for name, bodies in _bodies(corpus).items()}
    return [_reading(corpus, rounds, refused), _invocations(corpus, rounds)]


def _bodies(corpus: Corpus) -> dict[str, Sequence[bytes]]:
    return {"clean": corpus.bodies, "2 % broken": corpus.dirty, "a third with +00:00": corpus.offsets}


def _reading(corpus: Corpus, rounds: int, refused: dict[str, int]) -> Part:
    # Every other body: the slowest take a second a round for all.
    bodies, dirty, offsets = corpus.bodies[::2], corpus.dirty[::2], corpus.offsets[::2]
    cases: dict[str, Callable[[], object]] = {
        _BARE: lambda: [orjson.loads(body) is None for body in bodies],
        "json.loads alone": lambda: [json.loads(body) is None for body in bodies],
    }
    for method in METHODS:
        cases[method.name] = partial(_read_all, method, bodies)
        cases[f"{method.name} / packed"] = partial(_pack_all, method, bodies)
        cases[f"{method.name} / broken"] = partial(_read_all, method, dirty)
    cases["offsets"] = partial(_read_all, _OURS, offsets)
    seconds = interleaved(cases, rounds, "ingest: reading")
    events = _count(bodies)
    base = seconds[_BARE]
    rows: list[dict[str, Cell]] = [_row(name, seconds[name], base, events) for name in (_BARE, "json.loads alone")]
    for method in METHODS:
        row = _row(method.name, seconds[method.name], base, events)
        row["x packed"] = ratio(seconds[f"{method.name} / packed"], base).median
        row["x 2 % broken"] = ratio(seconds[f"{method.name} / broken"], base).median
        rows.append({**row, "note": method.note})
    rows.insert(3, {**_row(_OFFSETS, seconds["offsets"], base, events), "note": "timestamps rewritten"})
    return Part(
        "ingest",
        "Ingest: read, validate and complete events of HTTP bodies",
        rows,
        (
            f"{len(corpus.events)} events, {sum(map(len, corpus.events)) // len(corpus.events)} bytes on average, in "
            f"{len(corpus.bodies)} bodies; every other body is measured, {events} events. "
            "Every method accepts and refuses the same events and gives the same JSON: "
            + ", ".join(f"{count} refused ({name})" for name, count in refused.items())
            + ".",
            f"x: CPU as a multiple of {_BARE}, round by round, the median; packed: with packing into SQS bodies.",
        ),
        _checks(seconds),
        chart=("method", "us/event"),
        own=(_OURS.name, _OFFSETS),
    )


def _count(bodies: Sequence[bytes]) -> int:
    return sum(len(orjson.loads(body)["batch"]) for body in bodies)


def _read_all(method: Method, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        method.read(body)


def _pack_all(method: Method, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        packed(method, body)


def _row(name: str, seconds: Measured, base: Measured, events: int) -> dict[str, Cell]:
    times = ratio(seconds, base)
    return {
        "method": name,
        "us/event": seconds.median / events * 1e6,
        "x": times.median,
        "range": f"{times.least:.2f} to {times.most:.2f}",
        "x packed": None,
        "x 2 % broken": None,
        "note": "",
    }


def _checks(seconds: dict[str, Measured]) -> list[Check]:
    base, ours = seconds[_BARE], seconds[_OURS.name]
    with_packing = seconds[f"{_OURS.name} / packed"]
    broken = ratio(seconds[f"{_OURS.name} / broken"], ours).median
    checks = [
        Check("reading, beside orjson.loads", ratio(ours, base).median, 0.80),
        Check("reading and packing, beside orjson.loads", ratio(with_packing, base).median, 1.05),
        Check("2 % broken events, beside none", broken, 1.25),
    ]
    for name, least in _PEERS.items():
        times = ratio(seconds[f"{name} / packed"], with_packing).median
        checks.append(Check(f"{name}, beside the relay, packed", times, least, at_least=True))
    return checks


def _invocations(corpus: Corpus, rounds: int) -> Part:
    # Every other body: a round of all of them takes three seconds of boto3.
    bodies = corpus.bodies[::2]
    requests, events = requests_of(bodies), _count(bodies)
    in_memory = Invocations()
    with sqs_sink() as url:
        sent = Invocations(url)
        cases: dict[str, Callable[[], object]] = {
            "boto3, SQS in another process": partial(sent.run, requests),
            "boto3 / without": partial(sent.run_without_validation, requests),
            "a queue in memory": partial(in_memory.run, requests),
            "memory / without": partial(in_memory.run_without_validation, requests),
        }
        for case in cases.values():
            if case() != events:
                raise RuntimeError("an invocation did not accept every event")
        seconds = interleaved(cases, rounds, "ingest: invocations")
    names = list(cases)
    rows: list[dict[str, Cell]] = []
    for whole, without in (names[:2], names[2:]):
        times = ratio(seconds[whole], seconds[without])
        rows.append(
            {
                "sent through": whole,
                "us/request": seconds[whole].median / len(requests) * 1e6,
                "without validation": seconds[without].median / len(requests) * 1e6,
                "x": times.median,
                "range": f"{times.least:.2f} to {times.most:.2f}",
            }
        )
    return Part(
        "ingest-invocations",
        "Ingest: whole invocations, Lambda event in, queue answered, HTTP answer out",
        rows,
        (
            f"{len(requests)} requests of {events / len(requests):.1f} events on average. Without validation the same "
            "handler splits the batch and looks at no event; key, packing, sending, metrics and answer stay.",
        ),
        [
            Check(
                "an invocation, beside one without validation", ratio(seconds[names[0]], seconds[names[1]]).median, 1.1
            )
        ],
    )
