"""Collects what `relay status` needs: queues, the functions' counts and logs, alarms, the key."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from relay_cli import running
from relay_cli.account import account_of
from relay_cli.alarms import Alarm, alarms, is_heard, silent, topics
from relay_cli.asked import Asked
from relay_cli.deliver_facts import DeliverFacts
from relay_cli.dreamdata_key import DreamdataSecret
from relay_cli.key_state import UNKNOWN, key_state
from relay_cli.log_lines import Line
from relay_cli.moments import long
from relay_cli.stack import RelayStack
from relay_cli.status import Status
from relay_cli.telling import LOOK_BACK, known
from relay_cli.to_type import to_type

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: "dict[str, QueueAttributeNameType]" = {
    "waiting": "ApproximateNumberOfMessages",
    "hidden": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}
_NOBODY_TOLD = "no alarm tells anybody: deploy with AlarmEmail or AlarmTopicArn, or look here now and then"
_LAST_TROUBLE = 5
_READING = ("Enabled", "Enabling", "Updating", "Creating")
# Shown over the window: each metric with the function that counts it.
RATES = (
    ("EventsAccepted", "ingest"),
    ("RequestsRefused", "ingest"),
    ("RequestsFailed", "ingest"),
    ("EventsDelivered", "deliver"),
    ("EventsRefused", "ingest"),
    ("EventsRefused", "deliver"),
)


def look(stack: RelayStack, window: timedelta) -> Status:
    """Return the state of ``stack`` now, with rates over the preceding ``window``.

    What AWS does not tell this caller is reported as unknown, beside the rest. Raises AwsFailed if it tells nothing.
    """
    asked, begun = Asked(), stack.now()
    since = begun - window
    queue = asked.of("what is on the queue", lambda: counts_of(stack, stack.output("QueueUrl")))
    found = known(stack, begun, since, asked, wanted=queue is None or any(queue.values()))
    # Reading takes seconds: what is told is of the end of it, and nothing of what is told is later.
    now = stack.now()
    facts = DeliverFacts(found.counts, found.lines, now, None if queue is None else sum(queue.values()))
    dead = asked.of("how many dead letters there are", lambda: counts_of(stack, stack.output("DeadLetterQueueUrl")))
    own = asked.of("the alarms", lambda: alarms(stack)) or []
    secret = DreamdataSecret(stack.dreamdata_secrets, stack.output("DreamdataSecretArn"))
    held = asked.of("what the Dreamdata secret holds", secret.looked_at)
    state, put_at, keyless_since = held or (UNKNOWN, None, None)
    states = asked.of("whether the queue is read", lambda: states_of_mappings(stack))
    untold = _untold(stack, own, asked)
    asked.check_any()
    rates = {f"{service}.{metric}": found.counts.total(metric, service, since) for metric, service in RATES}
    unauthorized = found.counts.total("RequestsUnauthorized", "ingest", since)
    recent = [line for line in found.lines if line.at >= since and line.is_trouble and not line.is_forerunner]
    return Status(
        at=now,
        queue=queue,
        dead_letters=None if dead is None else dead["waiting"] + dead["hidden"],
        rates=rates if found.counted else None,
        account=account_of(found.counts, since, now) if found.counted else None,
        held=found.counts.total("EventsHeld", "deliver", since) if found.counted else None,
        facts=facts,
        key=key_state(state, put_at, facts if found.counted else None, now, keyless_since),
        alarms=[alarm for alarm in own if alarm.is_on],
        untold=untold,
        notes=([_NOBODY_TOLD] if _is_without_address(stack, own) else [])
        + _refusals(rates, unauthorized)
        + _wrong_clock(stack),
        unread=_unread(states),
        reading=None if states is None else not _unread(states),
        # What senders get wrong is no trouble of the relay's: a note has their number.
        trouble=[line for line in recent if not _is_of_a_sender(line)][-_LAST_TROUBLE:],
        logged=found.logged,
        unknown=asked.unknown,
        look_back=LOOK_BACK,
    )


def _is_of_a_sender(line: Line) -> bool:
    status = line.fields.get("status")
    return line.function == "ingest" and isinstance(status, int) and 400 <= status < 500


def _refusals(rates: dict[str, int], unauthorized: int) -> list[str]:
    """Return a note of what senders got wrong."""
    refused = rates["ingest.RequestsRefused"]
    if not refused:
        return []
    without = f", {unauthorized} of them for want of a relay key" if unauthorized else ""
    return [f"{refused} requests of senders were refused{without}: {to_type('tail --errors --function ingest')}"]


def _wrong_clock(stack: RelayStack) -> list[str]:
    seconds = stack.behind_aws.total_seconds()
    if not seconds:
        return []
    how = "behind" if seconds > 0 else "ahead of"
    return [f"this machine's clock is {long(abs(seconds))} {how} AWS's; all times here are AWS's"]


def counts_of(stack: RelayStack, url: str) -> dict[str, int]:
    """Return the number of messages of each kind on the queue at ``url``."""
    attributes = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS.values()))["Attributes"]
    return {name: int(attributes.get(attribute, "0")) for name, attribute in _COUNTS.items()}


def _is_without_address(stack: RelayStack, own: list[Alarm]) -> bool:
    """Whether it was deployed so that no alarm tells anybody; no mail leaves the emulator anyway."""
    return bool(own) and len(silent(own)) == len(own) and not stack.is_local


def _untold(stack: RelayStack, own: list[Alarm], asked: Asked) -> list[str]:
    quiet = silent(own)
    found = [f"alarm {name} tells nobody: it has no action, or its actions are off" for name in quiet]
    heard = {
        topic: asked.of(f"who hears the alarms' topic {topic}", partial(is_heard, stack, topic))
        for topic in topics(own)
    }
    deaf = [
        f"the alarms' topic {topic} has no confirmed subscriber" for topic, is_so in heard.items() if is_so is False
    ]
    # Where none tells anybody it was deployed so.
    return deaf + (found if len(quiet) < len(own) else [])


def states_of_mappings(stack: RelayStack) -> list[str]:
    """Return the states of the mappings from the queue to the deliver function."""
    return [str(mapping.get("State")) for mapping in running.mappings(stack)]


def _unread(states: list[str] | None) -> str:
    """Say why mappings in ``states`` do not read the queue; empty if they do, or if nothing is known of them."""
    if states is None or any(state in _READING for state in states):
        return ""
    return (
        "its event source mapping is disabled" if states else "there is no event source mapping to the deliver function"
    )
