"""Checks the probes' dead letters: each reason and source, the alarm, one redrive, and the removal of all."""

from collections.abc import Callable, Iterator

from relay_cli import alarms
from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.letters import Choice, Letter
from relay_cli.redriving import Redrive
from relay_cli.smoke.lying import MOST_LETTERS, Letters
from relay_cli.smoke.requests import WAYS as HTTP_WAYS
from relay_cli.smoke.results import FAILED, OK, SKIPPED, Result, ok_if
from relay_cli.smoke.run import PROBE_TYPE, REASON, REASONS, Run
from relay_cli.smoke.ways import WAYS as OTHER_WAYS
from relay_cli.smoke.ways import Senders
from relay_cli.to_type import to_type

GROUP = "dead letters"
# Lambda gathers a small batch for up to 20 s; a new rule is followed within a minute.
_ARRIVE_S = 90
_COME_BACK_S = 60
_LATE_S = 40
_AGAIN_S = 15
_SOURCES = {"sqs": "queue", "eventbridge": "eventbridge", "sns": "sns"}


def arrivals(run: Run, letters: Letters, made: Senders | None = None) -> Iterator[Result]:
    """Every probe is a dead letter with its reason; by a new rule and subscription it is sent until one arrives."""
    wanted = {way for way, count in run.sent.items() if count > 0 or (made and way in OTHER_WAYS)}
    last = run.pace.monotonic()

    def all_there() -> bool | None:
        nonlocal last
        letters.look()
        missing = wanted - letters.by_way().keys()
        if made and missing and run.pace.monotonic() - last > _AGAIN_S:
            last = run.pace.monotonic()
            for way in sorted(missing & {"eventbridge", "sns"}):
                made.send(way)
        return None if missing else True

    run.wait_for(all_there, _ARRIVE_S)
    seen = letters.by_way()
    for way in (*HTTP_WAYS, *OTHER_WAYS):
        if way in wanted:
            yield _arrival(run, way, seen.get(way), letters.cut)


def _arrival(run: Run, way: str, letter: Letter | None, cut: bool) -> Result:
    if letter is None and cut:
        return Result(GROUP, way, SKIPPED, f"not found among the {MOST_LETTERS} dead letters that are looked at")
    if letter is None:
        return Result(GROUP, way, FAILED, "no dead letter came: it was not read, or its refusal could not be written")
    source = _SOURCES.get(way, f"http:{run.key_name}")
    reason = REASONS.get(way, REASON)
    return ok_if(
        (letter.reason, letter.source) == (reason, source),
        GROUP,
        way,
        f"{letter.reason}, from {letter.source}",
        f"{letter.reason} from {letter.source}, and not {reason} from {source}",
    )


def alarm(run: Run, before: list[alarms.Alarm], count: int) -> Iterator[Result]:
    """Check that the dead letters' alarm goes on while ``count`` probes are there; ``before``: the alarms at first."""
    name = "the alarm goes on"
    first = next((one for one in before if one.logical == "DeadLettersAlarm"), None)
    if first is None:
        yield Result(GROUP, name, FAILED, "the stack has no DeadLettersAlarm")
    elif run.stack.is_local:
        yield Result(GROUP, name, SKIPPED, "the emulator has no metrics of queues, by which the alarm goes on")
    elif first.is_on:
        yield Result(GROUP, name, SKIPPED, "it was on before: there are other dead letters")
    elif first.threshold > count:
        yield Result(GROUP, name, SKIPPED, f"its threshold is {first.threshold:g}, the probes are {count}")
    else:
        on = run.wait_for(lambda: True if _is_on(run) else None, run.seconds)
        late = (
            f"not within {run.seconds:g} s; SQS tells the metrics of a queue that was idle for hours up to 15 minutes"
            " late: --seconds 1200 waits for it"
        )
        yield Result(GROUP, name, OK, f"from {first.state} to ALARM") if on else Result(GROUP, name, SKIPPED, late)


def _is_on(run: Run) -> bool:
    return any(one.is_on for one in alarms.alarms(run.stack) if one.logical == "DeadLettersAlarm")


def redrive(run: Run, letters: Letters) -> Iterator[Result]:
    """Check that one letter goes back to the queue and returns with its reason, refused a second time."""
    name = "redrive"
    chosen = next((letter for way, letter in letters.by_way().items() if way in HTTP_WAYS), None)
    if chosen is None:
        yield Result(GROUP, name, SKIPPED, "no probe by HTTP is there to be moved")
        return
    stack = run.stack
    with DeadLetterQueue(stack.sqs, stack.output("DeadLetterQueueUrl")) as queue:
        begun = queue.count().now
        move = Redrive(stack.sqs, stack.output("QueueUrl"), run.pace, stop=run.interrupted)
        choice = Choice(ids=frozenset({chosen.message_id}))
        moved = move.run(queue, choice, begun, lambda _: None).moved
    if moved != 1:
        yield Result(GROUP, name, FAILED, "the letter was not moved: another command may be looking at it")
        return

    def come_back() -> Letter | None:
        found = letters.look()
        return next((one for key, one in found.items() if one.body == chosen.body and key != chosen.message_id), None)

    again = run.wait_for(come_back, _COME_BACK_S)
    yield ok_if(
        again is not None and again.source == chosen.source,
        GROUP,
        name,
        "moved to the queue, refused again with its source kept",
        f"moved to the queue, but {'not seen again' if again is None else 'its source is ' + again.source}",
    )


def removal(run: Run, letters: Letters, found: Callable[[Result], None]) -> None:
    """Remove every probe that is there or comes late, also after an interrupt: it would raise the alarm."""
    letters.look(delete=True)
    deadline = run.pace.monotonic() + _LATE_S
    while letters.missing() and run.pace.monotonic() < deadline:
        run.pace.sleep(1.0)
        letters.look(delete=True)
    told = f"{sum(letters.removed.values())} removed"
    missing = letters.missing()
    # What was published before the new rule or subscription was followed never comes.
    lost = {way: count for way, count in missing.items() if run.sent[way] == 1 or not letters.removed[way]}
    if lost:
        names = ", ".join(f"{count} by {way}" for way, count in lost.items())
        told += f"; not seen: {names}. Should they come: {to_type(f'dead list --type {PROBE_TYPE}')}"
        found(Result(GROUP, "probes are removed", FAILED, told))
    else:
        early = f"; {sum(missing.values())} were sent before their rule or topic was ready" if missing else ""
        found(Result(GROUP, "probes are removed", OK, told + early))
