"""The tracking plan's figures: an event that keeps to it, one that does not, and one of a type that it leaves alone."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import orjson

from benchmarks.corpus import Corpus
from benchmarks.measuring import interleaved, ratio
from benchmarks.parts import Cell, Check, Part
from dreamdata_relay.plan.plan import Plan, plan_of
from plan_compiler import compiled_folder
from relay_cli.plan.inferring import Inferred
from relay_cli.plan.writing import files_of, write_plan

_MAX_US = 5.0
_EVENTS = 5_000
_PARSED, _OTHER, _ON = "orjson.loads alone", "its type is not planned", "planned, keeps to it"
_BROKEN = "planned, lacks a member"


def measure(corpus: Corpus, rounds: int) -> list[Part]:
    """The table."""
    events = corpus.events[:_EVENTS]
    inferred = Inferred()
    inferred.add(events)
    schemas = inferred.schemas()
    plan = _plan({key: schema for key, schema in schemas.items() if schema.get("properties")})
    other = _plan({("alias", None): {}})
    broken = _plan({key: {**schema, "required": ["no"]} for key, schema in schemas.items()})
    planned = [event for event in events if not plan.judged(event, "http:shop").violations]
    cases: dict[str, Callable[[], object]] = {
        _PARSED: lambda: [orjson.loads(event) is None for event in planned],
        _OTHER: lambda: [other.judged(event, "http:shop") for event in planned],
        _ON: lambda: [plan.judged(event, "http:shop") for event in planned],
        _BROKEN: lambda: [broken.judged(event, "http:shop") for event in planned],
    }
    seconds = interleaved(cases, rounds, "plan: judging")
    us = {name: found.median / len(planned) * 1e6 for name, found in seconds.items()}
    rows: list[dict[str, Cell]] = []
    for name, found in seconds.items():
        times = ratio(found, seconds[_PARSED])
        row: dict[str, Cell] = {"event": name, "us/event": us[name], "x": times.median}
        rows.append({**row, "range": f"{times.least:.2f} to {times.most:.2f}"})
    note = (
        f"{len(planned)} events, {sum(map(len, planned)) // len(planned)} bytes on average, judged by the "
        f"{len(schemas)} schemas that `relay plan infer` makes of them."
    )
    return [
        Part(
            "plan",
            "Tracking plan: judging an event",
            rows,
            (note,),
            [Check("a planned event, decoded and judged", us[_ON], _MAX_US, "us")],
        )
    ]


def _plan(schemas: dict[tuple[str, str | None], dict[str, object]]) -> Plan:
    with tempfile.TemporaryDirectory() as folder:
        write_plan(Path(folder), files_of(schemas))
        found = plan_of(compiled_folder(Path(folder)))
    assert found
    return found
