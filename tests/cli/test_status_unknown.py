"""`relay status` where AWS does not answer one of its calls: that is told, beside all that is known."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from relay_cli import context
from relay_cli.stack import RelayStack
from tests.cli.conftest import DEAD, DREAMDATA, OUTPUTS, QUEUE, Bench
from tests.fakes.aws import client_error

# Each call of status, by the client's service and method, with the argument that tells it from another of that method.
CALLS: dict[str, tuple[str, str, dict[str, str]]] = {
    "queue": ("sqs", "get_queue_attributes", {"QueueUrl": QUEUE}),
    "dead letters": ("sqs", "get_queue_attributes", {"QueueUrl": DEAD}),
    "log of ingest": ("logs", "filter_log_events", {"logGroupName": OUTPUTS["IngestLogGroupName"]}),
    "log of deliver": ("logs", "filter_log_events", {"logGroupName": OUTPUTS["DeliverLogGroupName"]}),
    "metrics": ("cloudwatch", "get_metric_data", {}),
    "resources": ("cloudformation", "list_stack_resources", {}),
    "alarms": ("cloudwatch", "describe_alarms", {}),
    "secret": ("secretsmanager", "get_secret_value", {}),
    "mappings": ("lambda", "list_event_source_mappings", {}),
    "topic": ("sns", "list_subscriptions_by_topic", {}),
}
# What is told of this outage, and the calls without which it cannot be.
FACTS = {
    "1 message on the queue": {"queue"},
    "1 waiting, 0 held or in work": {"queue"},
    "Dreamdata has answered 5": {"metrics"},
    "Dreamdata has answered 503 since ": {"metrics", "log of deliver"},
    "; last delivery ": {"metrics"},
    "were held (unavailable, last at ": {"metrics", "log of deliver"},
    "deliver.EventsDelivered in 15 min": {"metrics"},
    "times that messages were held in 15 min  1": {"metrics"},
    "dead letters                             1": {"dead letters"},
    "- 1 dead letter: relay --stack shop dead list": {"dead letters"},
    "- alarm shop-DeadLettersAlarm-1: see ": {"alarms", "resources"},
    "ingest ERROR: unexpected error": {"log of ingest"},
    "deliver WARNING: messages held": {"log of deliver"},
}
NOT_REACHED = EndpointConnectionError(endpoint_url="https://aws.test")


class Aws:
    """The bench's AWS, of which the calls in ``failing`` raise ``error``."""

    def __init__(self, bench: Bench) -> None:
        self._made = bench.client
        self.failing: tuple[str, ...] = ()
        self.error: Exception = NOT_REACHED
        self.calls = 0

    def client(self, service: str, **_: Any) -> Any:
        """As the bench's."""
        return _Client(self, service, self._made(service))

    def check(self, service: str, method: str, asked: dict[str, Any]) -> None:
        """Raise what the call is to raise."""
        self.calls += 1
        for name in self.failing:
            of, called, arguments = CALLS[name]
            if (of, called) == (service, method) and arguments.items() <= asked.items():
                raise self.error


class _Client:
    def __init__(self, aws: Aws, service: str, client: Any) -> None:
        self._aws, self._service, self._client = aws, service, client

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def called(**asked: Any) -> Any:
            self._aws.check(self._service, method, asked)
            return getattr(self._client, method)(**asked)

        return called


@pytest.fixture
def aws(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Nothing fails yet."""
    aws = Aws(bench)
    monkeypatch.setattr(bench, "client", aws.client)
    # Each command asks anew.
    monkeypatch.setattr(context, "find_stack", lambda *_: RelayStack("shop", OUTPUTS, "", bench))
    return aws


def fail(aws: Aws, error: Exception, *names: str) -> None:
    """Let these calls fail, and no others."""
    aws.error, aws.failing = error, names


@pytest.fixture
def outage(bench: Bench, aws: Aws) -> Bench:
    """Dreamdata answers 503; an event is held, another is a dead letter, an alarm is on."""
    bench.alarms.append("shop-DeadLettersAlarm-1")
    bench.count("EventsDelivered", 1000)
    bench.sqs.put(QUEUE, "{}")
    bench.sqs.put(DEAD, "{}")
    bench.count("HeldAge", 300, 20)
    bench.count("EventsHeld", 300)
    bench.count("Answers5xx", 301)
    bench.log(301, "WARNING", "payload posted", status=503)
    bench.log(300, "WARNING", "messages held", reasons=["unavailable"])
    bench.log(200, "ERROR", "unexpected error", "ingest", error="KeyError")
    return bench


def error_of(name: str, code: str) -> Exception:
    operation = "".join(part.capitalize() for part in CALLS[name][1].split("_"))
    return client_error(code, operation)


def test_the_whole_is_told_where_every_call_is_answered(outage: Bench, aws: Aws) -> None:
    """Else the next test would look for what is never there. Every call of the table is made."""
    done = outage.run("status")
    assert [fact for fact in FACTS if fact not in done.stdout] == []
    assert (done.exit_code, "not known:" in done.stdout) == (1, False)
    for name in CALLS:
        fail(aws, error_of(name, "AccessDenied"), name)
        assert outage.run("status").exit_code == 5, name


@pytest.mark.parametrize("error", ["AccessDenied", "ResourceNotFoundException", "ThrottlingException", "not reached"])
@pytest.mark.parametrize("name", CALLS)
def test_one_call_that_is_not_answered_hides_nothing_else(outage: Bench, aws: Aws, name: str, error: str) -> None:
    """It is named with its reason, the status is one of its own, and nothing is told that is only not known."""
    failing = NOT_REACHED if error == "not reached" else error_of(name, error)
    fail(aws, failing, name)
    done = outage.run("status")
    gone = (name, error) == ("secret", "ResourceNotFoundException")
    assert (done.exit_code, done.stderr) == (1 if gone else 5, "")
    told, _, unknown = done.stdout.partition("not known:\n")
    said = {"not reached": "AWS was not reached", "ThrottlingException": "AWS throttles"}.get(error, error)
    assert (unknown.count("\n"), said in unknown) == ((0, False) if gone else (1, True))
    kept = [fact for fact, without in FACTS.items() if name not in without and fact not in told]
    assert kept == []
    lost = [fact for fact, without in FACTS.items() if name in without and fact in told]
    assert lost == []
    assert "all is well" not in told
    assert "no delivery within" not in told
    assert "none is known of" not in told


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_known_is_null(outage: Bench, aws: Aws, name: str) -> None:
    """In JSON, where a program would take an empty list or a zero for the truth."""
    fail(aws, error_of(name, "AccessDenied"), name)
    shown = json.loads(outage.run("status", "--json").stdout)
    nulls = {"queue": ["queue"], "dead letters": ["dead_letters"], "metrics": ["events", "times_held"]}
    nulls |= {"mappings": ["reading_queue"]}
    assert [shown[field] for field in nulls.get(name, [])] == [None] * len(nulls.get(name, []))
    assert len(shown["unknown"]) == 1
    states = {"secret": "unknown", "metrics": "unknown"}
    assert (shown["dreamdata_key"]["state"] == "unknown") is (name in states)


def test_a_secret_that_is_deleted_is_what_is_wrong_and_not_what_is_not_known(outage: Bench, aws: Aws) -> None:
    """Beside the outage, each with its own times."""
    outage.count("EventsDelivered", 290)
    fail(aws, error_of("secret", "InvalidRequestException"), "secret")
    done = outage.run("status")
    first = done.stdout.splitlines()[0]
    assert done.exit_code == 1
    assert "Functions may go on with the key that they have read until " in first
    assert "its secret is deleted, or about to be" in first
    outage.log(20, "ERROR", "nothing is delivered", reasons=["key:secret_withdrawn"])
    assert "Nothing can be delivered, the Dreamdata key: its secret is deleted" in outage.run("status").stdout
    assert outage.run("key", "check").stdout.startswith("secret_deleted: its secret is deleted")


def test_where_aws_answers_nothing_the_error_is_the_answer(outage: Bench, aws: Aws) -> None:
    """Status 4, in a line; where it is not reached it is not asked ten times, each for half a minute."""
    fail(aws, client_error("AccessDenied", "GetQueueAttributes"), *CALLS)
    done = outage.run("status")
    assert (done.exit_code, done.stdout) == (4, "")
    assert done.stderr == "relay: GetQueueAttributes: AccessDenied: AccessDenied\n"
    aws.calls = 0
    fail(aws, NOT_REACHED, *CALLS)
    assert (outage.run("status").exit_code, aws.calls) == (4, 2)


def test_credentials_that_are_missing_are_no_answer_of_awss(outage: Bench, aws: Aws) -> None:
    """Status 3, and what to do."""
    fail(aws, NoCredentialsError(), "secret")
    done = outage.run("status")
    assert (done.exit_code, "log in" in done.stderr) == (3, True)


def test_a_function_whose_log_is_not_read_is_not_told_to_be_silent(bench: Bench, aws: Aws) -> None:
    """What it says when it counts nothing is there alone."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsAccepted", 1000, service="ingest")
    assert "has said nothing" in bench.run("status").stdout
    fail(aws, error_of("log of deliver", "AccessDenied"), "log of deliver")
    assert "has said nothing" not in bench.run("status").stdout


def test_a_quiet_stack_of_which_something_is_not_known_is_not_told_to_be_well(bench: Bench, aws: Aws) -> None:
    """Nor is a key that nothing is known of told as one that nobody has used."""
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(days=1)
    fail(aws, error_of("metrics", "AccessDenied"), "metrics")
    done = bench.run("status")
    assert (done.exit_code, "all is well" in done.stdout, "wants attention" in done.stdout) == (5, False, False)
    assert "what the function has counted is not known" in done.stdout
    assert "nothing was posted lately" not in done.stdout
