"""Reports an import at its end: counts and reasons, never the content of an event."""

import typer

from relay_cli import output
from relay_cli.context import Chosen
from relay_cli.errors import NotAsWished
from relay_cli.history.errors_file import ErrorsFile
from relay_cli.history.importing import Outcome
from relay_cli.history.journal import Journal
from relay_cli.history.taken import Progress
from relay_cli.interrupts import INTERRUPTED

_GO_ON = "give the same command once more to go on"
_GO_ON_FROM_ANEW = "give the same command without --again to go on"


def counted(count: int, what: str) -> str:
    """So many, in words."""
    return f"{count:,} {what}" + "s" * (count != 1)


def going_on(*, again: bool) -> str:
    """Return the command to continue with; ``again``: the import was begun anew."""
    return _GO_ON_FROM_ANEW if again else _GO_ON


def half_done(journal: Journal, going_on: str) -> str:
    """Report an import that was ended in the middle."""
    return (
        f"relay: interrupted: {counted(journal.progress.accepted, 'event')} taken; what was on its way may be, too,"
        f" and is sent again under the same ids: {going_on}"
    )


def end_dry_run(given: Chosen, outcome: Outcome, errors: ErrorsFile) -> None:
    """Report what would be sent; end the command with its status if that is not everything."""
    counts = outcome.counts
    if given.json:
        output.as_json({**_as_json(outcome, errors), "dry_run": True})
    else:
        output.line(f"{counted(counts.records, 'record')} read, {counted(counts.events, 'event')} would be sent")
        _tell(outcome, errors)
    _exit(outcome, faults=counts.faults)


def end_import(
    given: Chosen, outcome: Outcome, errors: ErrorsFile, journal: Journal, accepted_before: int, going_on: str
) -> None:
    """Report what was sent; end the command with its status if that is not everything."""
    progress, counts = journal.progress, outcome.counts
    if given.json:
        told = {"accepted": progress.accepted, "repeated": progress.repeated, "refused": len(progress.refused)}
        more = {"unanswered": outcome.unanswered, "ended": progress.ended, "journal": str(journal.path)}
        output.as_json({**_as_json(outcome, errors), **told, **more, "dry_run": False})
    else:
        output.line(f"{counted(counts.records, 'record')} read, {_taken(progress)}")
        _tell(outcome, errors)
        if accepted_before and progress.ended:
            sent = progress.accepted - accepted_before
            now = f"{counted(sent, 'event')} of them now" if sent else "all of them before; --again sends them anew"
            output.line(f"Taken by an earlier run: {accepted_before:,}; {now}")
    unanswered = ""
    if outcome.unanswered:
        perhaps = counted(outcome.unanswered, "event")
        unanswered = f"; {perhaps} may have been taken without an answer, and will be sent again under the same ids"
    if outcome.failure:
        output.say(f"relay: {outcome.failure}{unanswered}. When that is mended {going_on}")
    elif outcome.stopped:
        output.say(f"relay: interrupted: {_taken(progress)}{unanswered}: {going_on}")
    _exit(outcome, faults=counts.faults + len(progress.refused))


def _taken(progress: Progress) -> str:
    refused = f", {len(progress.refused):,} refused by the relay" if progress.refused else ""
    repeated = f", {progress.repeated:,} left out as repeats" if progress.repeated else ""
    return f"{counted(progress.accepted, 'event')} taken{refused}{repeated}"


def _as_json(outcome: Outcome, errors: ErrorsFile) -> dict[str, object]:
    counts = outcome.counts
    return {
        "records": counts.records,
        "events": counts.events,
        "by_type": dict(counts.by_type),
        "not_sent": dict(counts.by_fault),
        "records_repeated": counts.repeated,
        "without_timestamp": counts.untimed,
        "earliest": counts.earliest or None,
        "latest": counts.latest or None,
        "errors_file": str(errors.path) if errors.is_there else None,
    }


def _tell(outcome: Outcome, errors: ErrorsFile) -> None:
    counts = outcome.counts
    for kind, count in counts.by_type.most_common():
        output.line(f"  {kind:10} {count:>12,}")
    if counts.latest:
        output.line(f"Times: from {counts.earliest} to {counts.latest}")
    if counts.untimed:
        output.line(f"{counted(counts.untimed, 'event')} without a timestamp: they get the time when they are taken")
    if counts.repeated:
        output.line(
            f"{counted(counts.repeated, 'record')} the same as one before: each is sent, under an id of its own"
        )
    for code, count in counts.by_fault.most_common():
        output.line(f"not sent: {code:24} {count:>12,}")
    for line, fault in errors.first:
        output.say(f"line {line}: {fault}")
    if errors.is_there:
        more = f"and {errors.count - len(errors.first):,} more; " if errors.count > len(errors.first) else ""
        output.say(f"{more}all errors, with their records, are in {errors.path}, which only you can read")


def _exit(outcome: Outcome, *, faults: int) -> None:
    if outcome.failure:
        raise typer.Exit(outcome.failure.status)
    if outcome.stopped:
        raise typer.Exit(INTERRUPTED)
    if faults:
        raise typer.Exit(NotAsWished.status)
