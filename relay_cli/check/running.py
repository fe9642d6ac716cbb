"""Checks the events of a file one after another, and sums up; what it holds does not grow with the file."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dreamdata_relay.attribution.checking import Checker, Finding
from dreamdata_relay.attribution.facts import facts_of
from dreamdata_relay.attribution.many_events import ManyEvents
from dreamdata_relay.attribution.moments import latest_of
from dreamdata_relay.attribution.readiness import Readiness
from dreamdata_relay.attribution.rules import NAMES
from dreamdata_relay.attribution.stitching import Stitching
from dreamdata_relay.events.rules import NOT_OBJECT
from dreamdata_relay.events.timestamps import all_canonical
from dreamdata_relay.events.typed_fields import is_sound, probe_one
from dreamdata_relay.limits import MAX_EVENT_BYTES
from relay_cli.check.reading import Read, fault_of, opened
from relay_cli.errors import WrongInput
from relay_cli.rules.events import refusal

# What an id and a time add to an event that has none.
_ADDED_BYTES = 200


class Place(NamedTuple):
    """Where an event stands: its line, and its number in the file, both from 1."""

    line: int
    event: int


class Problem(NamedTuple):
    """What is wrong at a place: a rule with the member's path, or an event that is ``refused``, with the code."""

    place: Place | None
    code: str
    path: str = ""
    refused: bool = False


@dataclass(slots=True)
class Report:
    """What was found. ``refused``: events that the relay does not take, by code; they are not in the readiness.

    ``of_all``: what many events break together. ``is_partly_tied``: there were more ids than could be remembered.
    """

    readiness: Readiness = field(default_factory=Readiness)
    refused: Counter[str] = field(default_factory=Counter)
    of_all: tuple[Finding, ...] = ()
    is_partly_tied: bool = False

    @property
    def broken(self) -> set[str]:
        """Return the names of the rules that are broken."""
        return {*self.readiness.by_rule, *(finding.rule for finding in self.of_all)}


def check_file(
    file: Path, rules: Collection[str], own_domains: Collection[str], tell: Callable[[Problem], None]
) -> Report:
    """Check the file's events by ``rules`` and tell each problem as it is found; raises WrongInput."""
    with opened(file) as events:
        report = check(events, rules, own_domains, tell)
    if not report.readiness.events and not report.refused:
        raise WrongInput(f"{file} holds no event")
    return report


def check(
    events: Iterable[Read], rules: Collection[str], own_domains: Collection[str], tell: Callable[[Problem], None]
) -> Report:
    """Check ``events``; see :func:`check_file`."""
    checker, many, stitching, report = Checker(rules, own_domains), ManyEvents(), Stitching(), Report()
    latest = latest_of(time.time())
    for number, read in enumerate(events, 1):
        place = Place(read.line, number)
        code = read.fault.code if read.fault else refused_as(read.text)
        if code:
            report.refused[code] += 1
            tell(Problem(place, code, refused=True))
            continue
        facts = facts_of(read.text)
        verdict = checker.verdict(facts, latest)
        report.readiness.add(verdict)
        many.add(facts)
        stitching.add(facts, verdict)
        for finding in verdict.findings:
            tell(Problem(place, *finding))
    report.of_all = tuple(finding for finding in many.findings() if finding.rule in rules)
    for finding in report.of_all:
        tell(Problem(None, *finding))
    reached = report.readiness.reached
    reached["contact"].tied, reached["company"].tied = stitching.contacts(), stitching.companies()
    report.is_partly_tied = stitching.is_full
    return report


def refused_as(text: bytes) -> str | None:
    """Return the code by which the relay refuses the event; None if it takes it."""
    probe = probe_one(text)
    if is_sound(probe) and len(text) + _ADDED_BYTES < MAX_EVENT_BYTES:
        timestamp = probe.timestamp
        if isinstance(timestamp, str) and all_canonical((timestamp,)):
            return None
    if text[:1] != b"{":
        return NOT_OBJECT.code
    fault = fault_of(text)
    return fault.code if fault else refusal(text)


def chosen_rules(only: Collection[str], skipped: Collection[str], fail_on: Collection[str]) -> tuple[str, ...]:
    """Return the names of the rules to check by; raises WrongInput for names that are none, or left out."""
    for option, names in (("--rule", only), ("--skip", skipped), ("--fail-on", set(fail_on) - {"any"})):
        for name in names:
            if name not in NAMES:
                raise WrongInput(f"{option} {name} is no rule; there are: {', '.join(NAMES)}")
    rules = tuple(name for name in NAMES if name not in skipped and (not only or name in only))
    for name in fail_on:
        if name != "any" and name not in rules:
            raise WrongInput(f"--fail-on {name} is a rule that is not checked: see --rule and --skip")
    if not rules:
        raise WrongInput("no rule is left to check by: see --rule and --skip")
    return rules
