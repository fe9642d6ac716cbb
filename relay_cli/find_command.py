"""relay find: where an event is or was, as far as that is known without touching it."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dreamdata_relay.events.message_ids import payload_id
from relay_cli import output
from relay_cli.asked import Asked
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.dead_choice import Hidden, each_letter, end_as_wished
from relay_cli.errors import NotAsWished, NotKnown
from relay_cli.letters import Letter, moment
from relay_cli.log_lines import FunctionLogs, Line
from relay_cli.moments import messages

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

# What may stand in a filter of CloudWatch's as it is.
_PLAIN = re.compile(r"[A-Za-z0-9_.:@-]{1,200}")
_POSTED_ALONE, _TAKEN = "posted alone, Dreamdata answered ", "delivered: Dreamdata took it"
_MAY_HAVE_GONE_ON = "no dead letter is of it; had it been posted with others since, the log would not tell"
_NOT_LOOKED_INTO = "the queue is not looked into: a receive would count as a try"


@in_a_line
def find(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(help="The event's messageId, or the SQS message id of a dead letter.")],
    since: Annotated[str, typer.Option(help="Log lines from then on: 30m, 6h, 2d ago, or ISO 8601.")] = "1d",
) -> None:
    """Where an event is or was: among the dead letters, and in the log. Status 1 when neither tells of it.

    Status 5 when one of them could not be asked, which hides nothing of the other. The log names events of `relay
    send`, and others where they were posted alone.
    """
    given = chosen(context)
    start = moment(since, given.stack.now())
    letters: list[Letter] = []

    def found(letter: Letter) -> None:
        if letter.is_named(message_id):
            letters.append(letter)

    asked = Asked()
    hidden = asked.of("the dead letters", lambda: each_letter(given, found))
    lines = asked.of("the log of deliver", lambda: _lines(given, message_id, start))
    on_queue = asked.of("what is on the queue", lambda: _on_queue(given))
    asked.check_any()
    told = [(line, said) for line in lines or () if (said := _said(line, message_id))]
    if given.json:
        log = [{"time": line.at.isoformat(timespec="milliseconds"), "said": said} for line, said in told]
        output.as_json(
            {
                "dead_letters": [letter.shown() for letter in letters] if hidden or letters else None,
                "log": None if lines is None else log,
                "on_queue": on_queue,
                "hidden_dead_letters": hidden and hidden.others,
                "unknown": asked.unknown,
            }
        )
    else:
        for line, said in told:
            output.line(f"{line.at:%Y-%m-%d %H:%M:%S} UTC  {said}")
        for letter in letters:
            detail = letter.attribute("error_detail")
            at = f"{letter.sent_at:%Y-%m-%d %H:%M:%S}"
            output.line(f"{at} UTC  dead letter {letter.message_id}: {letter.reason}: {detail}")
        if told and not letters and hidden is not None and not any(hidden) and _is_open(told[-1][1]):
            output.line(_MAY_HAVE_GONE_ON)
        if on_queue is not None:
            output.line(f"{messages(on_queue)} on the queue; {_NOT_LOOKED_INTO}")
    if hidden is None or asked.unknown:
        raise NotKnown(f"not all of it could be asked: {'; '.join(asked.unknown)}")
    if not letters and not told:
        perhaps = ", or it is one of those that are hidden" if hidden.others else ""
        raise NotAsWished(
            f"neither a dead letter nor the log since {start:%Y-%m-%d %H:%M:%S} UTC tells of {message_id}{perhaps};"
            " of an event that was posted with others the log does not"
        )
    end_as_wished(Hidden(left=hidden.left))


def _lines(given: Chosen, message_id: str, start: datetime) -> list[Line]:
    names = [payload_id([message_id]), *([message_id] if _PLAIN.fullmatch(message_id) else [])]
    return FunctionLogs.of(given.stack).since(start, [f'"{name}"' for name in names], ("deliver",))


def _said(line: Line, message_id: str) -> str:
    """Say what ``line`` tells of the event; empty if nothing."""
    if line.fields.get("payload_id") == payload_id([message_id]):
        return f"{_POSTED_ALONE}{line.fields.get('status') or 'nothing'}"
    if message_id in _names(line, "message_ids"):
        return _TAKEN
    if message_id in _names(line, "traced"):
        return "held for " + ", ".join(_names(line, "reasons"))
    return ""


def _is_open(said: str) -> bool:
    """Whether the event may have reached another end since."""
    return said != _TAKEN and not said.startswith(f"{_POSTED_ALONE}2")


def _names(line: Line, field: str) -> list[str]:
    found = line.fields.get(field)
    return list(map(str, found)) if isinstance(found, list) else []


def _on_queue(given: Chosen) -> int:
    names: list[QueueAttributeNameType] = [
        "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
    ]  # fmt: skip
    answer = given.stack.sqs.get_queue_attributes(QueueUrl=given.stack.output("QueueUrl"), AttributeNames=names)
    return sum(int(answer["Attributes"].get(name, "0")) for name in names)
