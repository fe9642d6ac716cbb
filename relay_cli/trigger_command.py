"""relay trigger."""

import difflib
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from relay_cli import interrupts, output, sending
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.dead_choice import each_letter
from relay_cli.errors import NotAsWished, WrongInput
from relay_cli.log_lines import FunctionLogs
from relay_cli.printing import printable
from relay_cli.relay_keys import RelayKeysSecret
from relay_cli.to_type import to_type

if TYPE_CHECKING:
    from relay_cli.samples import Sample
    from relay_cli.triggering import Triggered

_EVERY_S = 2.0
_WAYS = {
    "http": "HTTP API",
    "apigateway": "HTTP API",
    "sqs": "queue",
    "lambda-sqs": "queue",
    "eventbridge": "queue, as EventBridge puts it",
    "sns": "queue, as SNS puts it",
}


@in_a_line
def trigger(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="SAMPLE", help="Without it the samples are listed.")] = None,
    key: Annotated[str, typer.Option(help="The name of the relay key to send with.")] = "default",
    as_is: Annotated[
        bool,
        typer.Option("--as-is", help="With the ids and times of its file; else with new ids, and the time is now."),
    ] = False,
    seconds: Annotated[float, typer.Option(help="Follow it for so long; 0 does not.", min=0)] = 60.0,
) -> None:
    """Send a sample of events/, and follow it to its end; status 0 when that is as the sample says.

    By HTTP, or straight to the queue, as its kind is. Those that are refused end as dead letters. On AWS its events are
    real ones: Dreamdata counts them.
    """
    # A help text does without.
    from relay_cli import fresh_samples, samples, triggering

    known = {sample.name: sample for sample in samples.load_samples()}
    given = chosen(context)
    if name is None:
        _list(given, list(known.values()))
        return
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise WrongInput(f"there is no sample {name}{meant} ({to_type('trigger')} lists them)")
    stack = given.stack
    begun = stack.now()
    renewal = triggering.AsItIs() if as_is else triggering.Traced(begun)
    fresh = fresh_samples.fresh(known[name], renewal=renewal, to_queue=True)
    logs = to_type("tail --since 5m")
    interrupts.say_if_interrupted(f"the relay may have taken what was sent, look with: {logs}")
    done = triggering.send(
        stack, fresh, lambda: RelayKeysSecret(stack.secrets, stack.output("IngestKeysSecretArn")).value(key)
    )
    output.say(f"sent: {known[name].title}; to the {_WAYS[known[name].way_in]}")
    interrupts.say_if_interrupted(f"it was sent, only the waiting has ended; look with: {logs}")
    if seconds:
        _follow(given, done, seconds)
    _tell(given, done, followed=bool(seconds))


def _list(given: Chosen, known: "list[Sample]") -> None:
    rows: list[dict[str, object]] = [
        {"sample": sample.name, "goes to the": _WAYS[sample.way_in], "what it is": sample.title} for sample in known
    ]
    if given.json:
        output.as_json([{"name": one.name, "way_in": one.way_in, "title": one.title} for one in known])
    else:
        output.table(rows, ("sample", "goes to the", "what it is"))


def _follow(given: Chosen, done: "Triggered", seconds: float) -> None:
    stack = given.stack
    begun, until = stack.now(), time.monotonic() + seconds
    if done.message_ids:
        logs = FunctionLogs.of(stack)
        done.end = sending.follow(logs, done.message_ids, begun, seconds, output.say)
    # SQS's clock may be behind.
    since = begun - timedelta(seconds=60)
    while done.letters_wanted > len(done.letters):
        each_letter(
            given,
            lambda letter: done.is_letter_of_it(letter, since) and len(done.letters) >= done.letters_wanted,
        )
        if time.monotonic() + _EVERY_S > until:
            return
        if done.letters_wanted > len(done.letters):
            time.sleep(_EVERY_S)


def _tell(given: Chosen, done: "Triggered", *, followed: bool) -> None:
    problems = done.problems() if followed else []
    if given.json:
        dead = [{"id": letter.message_id, "reason": letter.reason} for letter in done.letters.values()]
        output.as_json(
            {
                "sample": done.fresh.sample.name,
                "status": done.status,
                "answer": done.answer,
                "end": done.end.what,
                "detail": done.end.detail,
                "message_ids": done.message_ids,
                "dead_letters": dead,
                "problems": problems,
            }
        )
    else:
        if done.status not in (None, 200):
            output.line(f"the relay answered {done.status}: {done.answer.get('code')}: {done.answer.get('message')}")
        for one in done.rejected:
            output.line(f"refused: event {one.get('index')}: {one.get('code')}: {one.get('detail')}")
        for letter in done.letters.values():
            output.line(f"dead letter {letter.message_id}: {letter.reason}: {letter.attribute('error_detail')}")
        if done.message_ids:
            count = len(done.message_ids)
            output.line(f"{done.end.what}: {count} event{'' if count == 1 else 's'}; {done.end.detail}")
            output.line(f"look with: {to_type('find', printable(done.message_ids[0]))}")
    if problems:
        raise NotAsWished(f"{done.fresh.sample.name} did not end as it should: {'; '.join(problems)}")
