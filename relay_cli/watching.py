"""What `relay status` looks at: queues, what the functions counted and logged, alarms, the key."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from relay_cli import readings, running
from relay_cli.alarms import Alarm, alarms, deaf_topics, silent
from relay_cli.deliver_facts import DeliverFacts
from relay_cli.dreamdata_key import DreamdataSecret
from relay_cli.key_state import key_state
from relay_cli.log_lines import FunctionLogs, Line
from relay_cli.moments import long
from relay_cli.readings import Readings
from relay_cli.stack import RelayStack
from relay_cli.status import Status

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

# In words of CloudWatch's filters: our own lines and the runtime's by their level; the platform's, which have none, by
# how an invocation or a start-up ended; and the few that come as text.
_BAD_LEVELS = ("ERROR", "WARNING", "WARN", "CRITICAL", "FATAL")
_BAD_ENDS = ("timeout", "error", "failure")
_JSON_TROUBLE = " || ".join(
    [f'$.level = "{level}"' for level in _BAD_LEVELS]
    + ['$.log_level = "ERROR"', '$.type = "platform.logsDropped"']
    + [f'$.record.status = "{end}"' for end in _BAD_ENDS]
)
TROUBLE = (
    f"{{ {_JSON_TROUBLE} }}",
    '?"Task timed out" ?"Runtime exited" ?"Runtime.ExitError" ?"Runtime.OutOfMemory" ?LAMBDA_WARNING ?"Status: timeout"'
    ' ?"Status: error" ?"[ERROR]"',
)
_COUNTS: "dict[str, QueueAttributeNameType]" = {
    "waiting": "ApproximateNumberOfMessages",
    "hidden": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}
_NOBODY_TOLD = "no alarm tells anybody: deploy with AlarmEmail or AlarmTopicArn, or look here now and then"
_LAST_TROUBLE = 5
# Shown over the window: each metric with the function that counts it.
RATES = (
    ("EventsAccepted", "ingest"),
    ("RequestsRefused", "ingest"),
    ("RequestsFailed", "ingest"),
    ("EventsDelivered", "deliver"),
    ("EventsRefused", "ingest"),
    ("EventsRefused", "deliver"),
)
# SQS hides a message for half a day at most: what is held now has said so within this time.
LOOK_BACK = timedelta(hours=13)
# Lines are looked for further and further back, until they tell why messages are held.
_ASKED_TO_WAIT = "{ $.retry_after > 0 }"
_LOOKS_BACK = (timedelta(minutes=45), LOOK_BACK)


def look(stack: RelayStack, now: datetime, window: timedelta) -> Status:
    """The state of ``stack`` at ``now``, with rates over the ``window`` before it."""
    queue = _counts(stack, stack.output("QueueUrl"))
    since = now - window
    counts, lines = known(stack, now, since, wanted=any(queue.values()))
    facts = DeliverFacts(counts, lines, now)
    dead = _counts(stack, stack.output("DeadLetterQueueUrl"))
    own = alarms(stack)
    rates = {f"{service}.{metric}": counts.total(metric, service, since) for metric, service in RATES}
    unauthorized = counts.total("RequestsUnauthorized", "ingest", since)
    secret = DreamdataSecret(stack.dreamdata_secrets, stack.output("DreamdataSecretArn"))
    state, put_at = secret.looked_at()
    reading, unread = _reads_queue(stack)
    recent = [line for line in lines if line.at >= since and line.is_trouble and not line.is_forerunner]
    return Status(
        at=now,
        queue=queue,
        dead_letters=dead["waiting"] + dead["hidden"],
        rates=rates,
        held=counts.total("EventsHeld", "deliver", since),
        facts=facts,
        key=key_state(state, put_at, facts, now),
        alarms=[alarm for alarm in own if alarm.is_on],
        untold=_untold(stack, own),
        notes=([_NOBODY_TOLD] if own and len(silent(own)) == len(own) else [])
        + _refusals(rates, unauthorized)
        + _wrong_clock(stack),
        reading=reading,
        unread=unread,
        # What senders get wrong is no trouble of the relay's: a note has their number.
        trouble=[line for line in recent if not _is_of_a_sender(line)][-_LAST_TROUBLE:],
        look_back=LOOK_BACK,
    )


def known(stack: RelayStack, now: datetime, since: datetime, wanted: bool) -> tuple[Readings, list[Line]]:
    """What the functions counted, and their lines; ``wanted``: why messages are held is looked for far back."""
    logs = FunctionLogs.of(stack)
    start = min(since, now - LOOK_BACK)
    if stack.is_local:
        lines = logs.since(start)
        return readings.logged(lines), lines
    # Of a minute that is counted all lines are read: else the first of them would be taken for the minute's first.
    lines = logs.since(since.replace(second=0, microsecond=0), TROUBLE)
    counts = readings.counted(stack, start, now)
    held = counts.of("HeldAge")
    if wanted and held and held[0].at < since:
        # Whom Dreamdata asked to wait for hours says nothing meanwhile.
        lines = _joined(lines, logs.since(start, (_ASKED_TO_WAIT,), ("deliver",)))
        for back in _LOOKS_BACK:
            if any(line.fields.get("reasons") for line in lines if line.function == "deliver"):
                break
            lines = _joined(lines, logs.since(min(since, now - back), TROUBLE[:1], ("deliver",)))
    return counts, lines


def _joined(lines: list[Line], more: list[Line]) -> list[Line]:
    """Both, each line once, in order."""
    known = {repr(line) for line in lines}
    return sorted([*lines, *(line for line in more if repr(line) not in known)], key=lambda line: line.at)


def _is_of_a_sender(line: Line) -> bool:
    status = line.fields.get("status")
    return line.function == "ingest" and isinstance(status, int) and 400 <= status < 500


def _refusals(rates: dict[str, int], unauthorized: int) -> list[str]:
    """What senders got wrong."""
    refused = rates["ingest.RequestsRefused"]
    if not refused:
        return []
    without = f", {unauthorized} of them for want of a relay key" if unauthorized else ""
    return [f"{refused} requests of senders were refused{without}: relay tail --errors --function ingest"]


def _wrong_clock(stack: RelayStack) -> list[str]:
    seconds = stack.behind_aws.total_seconds()
    if not seconds:
        return []
    how = "behind" if seconds > 0 else "ahead of"
    return [f"this machine's clock is {long(abs(seconds))} {how} AWS's; all times here are AWS's"]


def _counts(stack: RelayStack, url: str) -> dict[str, int]:
    attributes = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS.values()))["Attributes"]
    return {name: int(attributes.get(attribute, "0")) for name, attribute in _COUNTS.items()}


def _untold(stack: RelayStack, own: list[Alarm]) -> list[str]:
    quiet = silent(own)
    found = [f"alarm {name} tells nobody: it has no action, or its actions are off" for name in quiet]
    deaf = [f"the alarms' topic {topic} has no confirmed subscriber" for topic in deaf_topics(stack, own)]
    # Where none tells anybody it was deployed so.
    return deaf + (found if len(quiet) < len(own) else [])


def _reads_queue(stack: RelayStack) -> tuple[bool | None, str]:
    """Whether the mapping from queue to function is on, None where this caller may not see it; and why it is not."""
    try:
        states = [mapping.get("State") for mapping in running.mappings(stack)]
    except ClientError:
        return None, ""
    if not states:
        return False, "there is no event source mapping to the deliver function"
    if any(state in ("Enabled", "Enabling", "Updating", "Creating") for state in states):
        return True, ""
    return False, "its event source mapping is disabled"
