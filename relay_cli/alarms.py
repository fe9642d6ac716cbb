"""Reads the stack's own alarms: which are on, and whether anybody is notified."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from botocore.exceptions import ClientError

from relay_cli.paging import pages
from relay_cli.stack import RelayStack

_MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class Alarm:
    """``logical`` is its name in the template; ``actions`` are what it notifies, none while they are disabled."""

    logical: str
    name: str
    state: str
    actions: tuple[str, ...]
    threshold: float = 1.0

    @property
    def is_on(self) -> bool:
        """Whether it is in the state ALARM."""
        return self.state == "ALARM"


def alarms(stack: RelayStack) -> list[Alarm]:
    """Return all alarms of the stack, sorted by their names in the template; other stacks' alarms are left out."""
    logical = {physical: name for name, physical in stack.of_type("AWS::CloudWatch::Alarm").items()}
    # An alarm's Ref is its name; an emulator may give its ARN.
    named = {physical.rpartition(":alarm:")[2]: name for physical, name in logical.items()}
    found = []
    names = sorted(named)
    for start in range(0, len(names), _MOST_NAMES):
        for page in pages(stack.metrics.describe_alarms, AlarmNames=names[start : start + _MOST_NAMES]):
            found += [
                Alarm(
                    named[alarm["AlarmName"]],
                    alarm["AlarmName"],
                    alarm["StateValue"],
                    tuple(alarm.get("AlarmActions", ())) if alarm.get("ActionsEnabled", True) else (),
                    float(alarm.get("Threshold", 1.0)),
                )
                for alarm in page["MetricAlarms"]
                if alarm["AlarmName"] in named
            ]
    return sorted(found, key=lambda alarm: alarm.logical)


def silent(found: Iterable[Alarm]) -> list[str]:
    """Return the names in the template of those of ``found`` that notify nobody."""
    return [alarm.logical for alarm in found if not alarm.actions]


def deaf_topics(stack: RelayStack, found: Iterable[Alarm]) -> list[str]:
    """Return the SNS topics that alarms notify and that have no confirmed subscriber.

    A topic that this caller may not read counts as heard.
    """
    deaf = []
    for topic in topics(found):
        with suppress(ClientError):
            if not is_heard(stack, topic):
                deaf.append(topic)
    return deaf


def topics(found: Iterable[Alarm]) -> list[str]:
    """Return the SNS topics that alarms notify."""
    return sorted({action for alarm in found for action in alarm.actions if ":sns:" in action})


def is_heard(stack: RelayStack, topic: str) -> bool:
    """Whether anybody has subscribed to ``topic`` and confirmed it."""
    return any(
        subscription.get("SubscriptionArn", "").startswith("arn:")
        for page in pages(stack.client("sns").list_subscriptions_by_topic, TopicArn=topic)
        for subscription in page["Subscriptions"]
    )
