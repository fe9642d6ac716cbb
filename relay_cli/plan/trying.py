"""Judges events by the engine of the functions, and finds the lines of what breaks the plan."""

from typing import NamedTuple

from dreamdata_relay.plan.plan import plan_of
from dreamdata_relay.plan.reading import head_of
from dreamdata_relay.plan.violations import KEEPS_TO_THE_PLAN, Place, Verdict
from plan_compiler.json_places import NotRead, located
from relay_cli.errors import WrongInput
from relay_cli.plan.folders import PlanFolder
from relay_cli.rules import events

_WAYS = ("queue", "sns", "eventbridge")


class Tried(NamedTuple):
    """An event, what the plan says of it, and the line of each violation.

    ``line`` is None where the event does not stand in the file as it was judged; ``refused``: the code by which the
    relay refuses it, whatever the plan says.
    """

    number: int
    line: int | None
    type: str
    name: str | None
    verdict: Verdict
    lines: tuple[int | None, ...]
    refused: str | None


def tried_of(plan: PlanFolder, body: bytes, source: str) -> list[Tried]:
    """What becomes of each event in ``body`` that comes by ``source``."""
    if source not in _WAYS and not source.startswith("http:"):
        raise WrongInput(f"{source} is no way in: http:KEY, {', '.join(_WAYS)}")
    compiled = plan_of(plan.compiled)
    found, offset, passed = [], 0, 1
    for number, (text, written) in enumerate(zip(events.read(body), events.as_written(body), strict=True), 1):
        verdict = compiled.judged(text, source) if compiled else KEEPS_TO_THE_PLAN
        start = body.find(written, offset)
        line = None
        if start >= 0:
            line = passed + body.count(b"\n", offset, start)
            offset, passed = start + len(written), line + written.count(b"\n")
        lines = tuple(_line(written, line, one.at) for one in verdict.violations)
        head = head_of(text)
        found.append(Tried(number, line, head.type, head.name, verdict, lines, events.refusal(text)))
    return found


def _line(written: bytes, first: int | None, at: Place) -> int | None:
    """The line of a part of an event, or of what it is missing in; of all that the event's line is on its first."""
    if first is None or b"\n" not in written:
        return first
    try:
        return first + located(written).place(at)[0] - 1
    except NotRead:
        return first
