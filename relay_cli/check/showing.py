"""Shows what was found: problems as they come, then a table of rules, and the attribution readiness."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from dreamdata_relay.attribution.readiness import TARGETS, Reached
from dreamdata_relay.attribution.rules import BY_NAME
from dreamdata_relay.events.rules import RULES as EVENT_RULES
from relay_cli import output
from relay_cli.check.running import Problem, Report
from relay_cli.history.records import NOT_JSON, TOO_LONG

_REMEDIES = {rule.code: rule.remedy for rule in reversed(EVENT_RULES) if rule.remedy} | {
    NOT_JSON: "write one JSON value on each line, or one JSON document",
    TOO_LONG: "leave out or shorten large properties (documents, images, lists)",
}


class Shown:
    """Passes on the first ``most`` problems of each kind (0: all) to ``show``, and counts the others."""

    def __init__(self, most: int, show: Callable[[Problem], None]) -> None:
        self._most = most
        self._show = show
        self._told = Counter[str]()

    def tell(self, problem: Problem) -> None:
        """Show a problem, or count it."""
        self._told[problem.code] += 1
        if not self._most or self._told[problem.code] <= self._most:
            self._show(problem)

    @property
    def left_out(self) -> int:
        """Return how many were counted only."""
        return sum(max(count - self._most, 0) for count in self._told.values()) if self._most else 0


def fix_of(problem: Problem) -> str:
    """Return what the sender should do."""
    return _REMEDIES.get(problem.code, "") if problem.refused else BY_NAME[problem.code].fix


def show_problem(problem: Problem) -> None:
    """Print a problem on a line: where, what, at which member, what to do."""
    where = f"line {problem.place.line}, event {problem.place.event}" if problem.place else "all events"
    what = f"refused by the relay: {problem.code}" if problem.refused else problem.code
    member = f" at {problem.path}" if problem.path else ""
    output.line(f"{where}: {what}{member}: {fix_of(problem)}")


def as_value(problem: Problem) -> dict[str, object]:
    """Return its JSON."""
    line, event = problem.place or (None, None)
    kind = "code" if problem.refused else "rule"
    return {"line": line, "event": event, kind: problem.code, "path": problem.path or None, "fix": fix_of(problem)}


def _counted(counts: Counter[str]) -> list[tuple[str, int]]:
    """The most first, equal ones by name: the same file is told in the same words."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def show(report: Report, left_out: int) -> None:
    """Print the tables."""
    readiness = report.readiness
    if left_out:
        output.line(f"... and {left_out:,} more of the same: --most 0 shows all")
    if report.broken or report.refused:
        output.line()
        rows: list[dict[str, object]] = [
            {"rule": f"refused: {code}", "events": count, "share": ""} for code, count in _counted(report.refused)
        ]
        rows += [
            {"rule": rule, "events": count, "share": _percent(count, readiness.events)}
            for rule, count in _counted(readiness.by_rule)
        ]
        rows += [{"rule": finding.rule, "events": "all", "share": ""} for finding in report.of_all]
        output.table(rows, ("rule", "events", "share"))
    output.line()
    refused = f", {report.refused.total():,} refused" if report.refused else ""
    events = "1 event" if readiness.events == 1 else f"{readiness.events:,} events"
    output.line(f"{events}, {readiness.with_findings:,} with findings{refused}")
    if readiness.events:
        output.line("attribution readiness, the share of events that reach a")
        output.table(
            [_row(target, readiness.reached[target], readiness.events) for target in TARGETS],
            ("target", "share", "directly", "by another event", "only if tied elsewhere", "not at all"),
        )
    if report.is_partly_tied:
        output.say("relay: there are more ids than are remembered: more events may be tied than are counted")


def _row(target: str, reached: Reached, events: int) -> dict[str, object]:
    return {
        "target": target,
        "share": _percent(reached.directly + reached.tied, events),
        "directly": reached.directly,
        "by another event": reached.tied,
        "only if tied elsewhere": reached.indirectly - reached.tied,
        "not at all": reached.not_at_all,
    }


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def report_value(file: Path, report: Report, findings: list[dict[str, object]], left_out: int) -> dict[str, object]:
    """Return the whole result as JSON."""
    readiness = report.readiness
    return {
        "file": str(file),
        "events": readiness.events,
        "with_findings": readiness.with_findings,
        "refused": dict(report.refused),
        "findings": findings,
        "left_out": left_out,
        "rules": {rule: {"events": count, "fix": BY_NAME[rule].fix} for rule, count in readiness.by_rule.items()}
        | {finding.rule: {"events": None, "fix": BY_NAME[finding.rule].fix} for finding in report.of_all},
        "readiness": {target: _target_value(readiness.reached[target]) for target in TARGETS},
        "partly_tied": report.is_partly_tied,
    }


def _target_value(reached: Reached) -> dict[str, object]:
    return {
        "share": round(reached.share, 4),
        "possible": round(reached.possible, 4),
        "directly": reached.directly,
        "by_another_event": reached.tied,
        "if_tied_elsewhere": reached.indirectly - reached.tied,
        "not_at_all": reached.not_at_all,
    }
