"""Checks the ways past the HTTP API: SendMessage, an EventBridge rule, an SNS subscription; resources are temporary."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from relay_cli.paging import pages
from relay_cli.smoke.results import FAILED, OK, Result
from relay_cli.smoke.run import Run
from relay_cli.stack import told

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef, TargetTypeDef
    from mypy_boto3_sns import SNSClient

GROUP = "ways in"
WAYS = ("sqs", "eventbridge", "sns")


class Senders:
    """The rule and the topic of a run; ``checks`` reports on both."""

    def __init__(self, run: Run) -> None:
        # The same for every run of a stack: what a killed run left is taken over, and removed.
        self._run = run
        self.name = f"relay-smoke-{hashlib.sha256(run.stack.output('QueueArn').encode()).hexdigest()[:12]}"
        self._events: EventBridgeClient = run.stack.client("events")
        self._sns: SNSClient = run.stack.client("sns")
        partition, region, account = (run.stack.output("QueueArn").split(":")[part] for part in (1, 3, 4))
        self._topic = f"arn:{partition}:sns:{region}:{account}:{self.name}"
        # What may be there: also where AWS's answer was lost, but not where it refused.
        self._made: set[str] = set()

    def make(self) -> Iterator[Result]:
        """Make the rule and the topic; what fails is a failed check, and is not used."""
        yield self._tried("eventbridge", self._make_rule, f"rule {self.name} on the default bus")
        yield self._tried("sns", self._make_topic, f"topic {self.name}")

    def send(self, way: str) -> None:
        """Send a probe by ``way``."""
        probe = json.dumps(self._run.probe(way))
        if way == "sqs":
            self._run.stack.sqs.send_message(QueueUrl=self._run.stack.output("QueueUrl"), MessageBody=probe)
        elif way == "sns":
            self._sns.publish(TopicArn=self._topic, Message=probe)
        else:
            entry: PutEventsRequestEntryTypeDef = {"Source": self.name, "DetailType": "relay smoke", "Detail": probe}
            answer = self._events.put_events(Entries=[entry])
            if answer.get("FailedEntryCount"):
                self._run.sent[way] -= 1

    def remove(self) -> Iterator[Result]:
        """Remove both, whatever happened, and name what stays."""
        steps: tuple[tuple[str, str, Callable[[], Any]], ...] = (
            ("eventbridge", "targets", lambda: self._events.remove_targets(Rule=self.name, Ids=[self.name])),
            ("eventbridge", "rule", lambda: self._events.delete_rule(Name=self.name)),
            ("sns", "topic", self._remove_topic),
        )
        left = []
        for _, what, step in (found for found in steps if found[0] in self._made):
            try:
                step()
            except (ClientError, BotoCoreError) as error:
                if not _is_gone(error):
                    left.append(f"{what} {self.name} stays: {told(error)}")
        detail = "; ".join(left) or "rule, topic and subscription are removed"
        yield Result(GROUP, "temporary resources", FAILED if left else OK, detail)

    def _make_rule(self) -> None:
        pattern = json.dumps({"source": [self.name]})
        self._events.put_rule(Name=self.name, EventPattern=pattern, State="ENABLED", Description="of relay smoke")
        target: TargetTypeDef = {"Id": self.name, "Arn": self._run.stack.output("QueueArn")}
        answer = self._events.put_targets(Rule=self.name, Targets=[target])
        if answer.get("FailedEntryCount"):
            raise ClientError({"Error": {"Code": "FailedEntry", "Message": "the target was not taken"}}, "PutTargets")

    def _make_topic(self) -> None:
        self._sns.create_topic(Name=self.name)
        self._sns.subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=self._run.stack.output("QueueArn"))

    def _remove_topic(self) -> None:
        # Its subscriptions go with it only after days: taken off first.
        listed = list(pages(self._sns.list_subscriptions_by_topic, TopicArn=self._topic))
        for subscription in (found for page in listed for found in page["Subscriptions"]):
            if subscription["SubscriptionArn"].startswith("arn:"):
                self._sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        self._sns.delete_topic(TopicArn=self._topic)

    def _tried(self, way: str, make: Callable[[], None], what: str) -> Result:
        self._made.add(way)
        try:
            make()
        except (ClientError, BotoCoreError) as error:
            if _is_first_refused(error):
                self._made.discard(way)
            return Result(GROUP, f"{way} is set up", FAILED, told(error))
        self._run.sent.setdefault(way, 0)
        return Result(GROUP, f"{way} is set up", OK, what)


@contextmanager
def senders(run: Run, found: Callable[[Result], None]) -> Iterator[Senders]:
    """Yield the senders with the rule and the topic, and remove both afterwards. ``found`` gets each check."""
    made = Senders(run)
    try:
        for result in made.make():
            found(result)
        yield made
    finally:
        for result in made.remove():
            found(result)


def send_first(run: Run, made: Senders) -> Iterator[Result]:
    """Send one probe by each way that is set up."""
    run.sent.setdefault("sqs", 0)
    for way in WAYS:
        if way not in run.sent:
            continue
        try:
            made.send(way)
        except (ClientError, BotoCoreError) as error:
            run.sent[way] -= 1
            yield Result(GROUP, f"{way} is sent", FAILED, told(error))


def _is_first_refused(error: Exception) -> bool:
    """Whether the very first call was denied: then there is nothing to remove."""
    return (
        isinstance(error, ClientError)
        and error.operation_name in ("PutRule", "CreateTopic")
        and error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError")
    )


def _is_gone(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in (
        "ResourceNotFoundException",
        "NotFound",
        "NotFoundException",
    )
