"""`relay smoke` on the local stack: whole, with one thing broken at a time, and ended in the middle."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from local.patience import patient
from local.stack import Stack
from tests.e2e.smoke_breaks import (
    a_filter_of_the_mapping,
    a_function_that_never_runs,
    a_log_level_that_hides_the_metrics,
    a_mapping_set_by_hand,
    a_mapping_that_is_off,
    a_role_with_a_right_too_many,
    a_role_without_a_right,
    a_stale_alias,
    a_variable,
    an_alarm_without_an_action,
    an_attribute_of_the_queue,
    no_alarm_of_dead_letters,
    no_dreamdata_key,
    no_permission_of_the_api,
    only_denied,
)
from tests.e2e.test_operator import COMMAND, environment


def smoke(stack: Stack, *options: str, status: int = 0) -> dict[str, Any]:
    """The report."""
    command = [COMMAND, "--local", "--json", "smoke", *options]
    done = subprocess.run(
        command, env=environment(stack), capture_output=True, text=True, timeout=patient(600), check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def of_outcome(report: Mapping[str, Any], outcome: str) -> dict[str, str]:
    return {check["check"]: check["detail"] for check in report["checks"] if check["outcome"] == outcome}


def leftovers(stack: Stack) -> list[str]:
    """What a run of the command makes, in so far as it is still there."""
    rules = [rule["Name"] for rule in stack.aws.events.list_rules()["Rules"]]
    topics = [topic["TopicArn"] for topic in stack.aws.sns.list_topics()["Topics"]]
    subscriptions = [found["TopicArn"] for found in stack.aws.sns.list_subscriptions()["Subscriptions"]]
    probes = [message.body for message in (*stack.dead_letters(), *stack.queued()) if "relay-smoke" in message.body]
    return [name for name in (*rules, *topics, *subscriptions) if "relay-smoke" in name] + probes


@pytest.mark.timeout(240)
def test_a_stack_that_works_passes_and_is_left_as_it_was(stack: Stack) -> None:
    """The one marked event reaches Dreamdata, no probe does; what the emulator cannot do is skipped with its reason."""
    report = smoke(stack, "--deliver", "--seconds", "600")
    assert of_outcome(report, "failed") == {}
    assert {"http-plain", "http-gzip", "sqs", "eventbridge", "sns", "redrive", "log line", "one event"} <= set(
        of_outcome(report, "ok")
    )
    skipped = of_outcome(report, "skipped")
    assert set(skipped) == {"the alarm goes on", "alarms tell somebody", "metrics"}
    assert all("emulator" in why for why in skipped.values())
    (event,) = (event for event in stack.sandbox.events() if "relay-smoke" in event.raw)
    assert json.loads(event.raw)["event"] == "Relay smoke test"
    assert leftovers(stack) == []


def test_only_looking_sends_and_makes_nothing(stack: Stack) -> None:
    """For production."""
    before = len(stack.dead_letters())
    report = smoke(stack, "--read-only")
    assert {check["group"] for check in report["checks"]} == {"versions", "settings", "wiring", "rights", "telemetry"}
    assert (leftovers(stack), len(stack.dead_letters())) == ([], before)


@pytest.mark.parametrize(
    ("broken", "check", "word"),
    [
        (a_mapping_that_is_off, "deliver reads the queue", "Disabled"),
        (a_role_without_a_right, "deliver may do what it needs", "denied: sqs:ChangeMessageVisibility on queue"),
        (a_role_with_a_right_too_many, "ingest may do nothing else", "secretsmanager:GetSecretValue on Dreamdata key"),
        (a_stale_alias, "deliver runs what was deployed last", "PARALLEL_POSTS"),
        (an_alarm_without_an_action, "alarms tell somebody", "KeyRefusedAlarm"),
        (no_dreamdata_key, "Dreamdata key", "nobody has put a key"),
        (
            a_variable("ingest", "QUEUE_URL", "http://127.0.0.1:1/other"),
            "ingest knows the stack's queues",
            "QUEUE_URL",
        ),
        (
            a_variable("deliver", "DREAMDATA_ENDPOINT", "https://other.example.com/v1/batch"),
            "deliver is set as it was deployed",
            "DREAMDATA_ENDPOINT",
        ),
        (a_variable("deliver", "MAX_RECEIVE_COUNT", "500"), "redrive policy", "MAX_RECEIVE_COUNT of deliver is 500"),
        (a_log_level_that_hides_the_metrics, "deliver is set as it was deployed", "ApplicationLogLevel"),
        (no_permission_of_the_api, "the HTTP API may invoke ingest", "answered 500"),
        (a_function_that_never_runs("ingest"), "ingest may run", "IngestReservedConcurrency is 0"),
        (a_function_that_never_runs("deliver"), "deliver may run", "DeliverReservedConcurrency is 0"),
        (an_attribute_of_the_queue("RedrivePolicy", lambda _: None), "redrive policy", "does not name"),
        (
            an_attribute_of_the_queue("RedrivePolicy", lambda policy: {**policy, "maxReceiveCount": 3}),
            "redrive policy",
            "3 receives",
        ),
        (an_attribute_of_the_queue("Policy", only_denied), "EventBridge and SNS may send", "events.amazonaws.com"),
        (a_mapping_set_by_hand, "the event source mapping is set as it was deployed", "MaximumConcurrency"),
        (a_filter_of_the_mapping, "every message is read", "deletes"),
        (no_alarm_of_dead_letters, "alarms", "DeadLettersAlarm"),
    ],
)
def test_one_broken_thing_is_named_and_nothing_else(
    stack: Stack, broken: Callable[[Stack], Any], check: str, word: str
) -> None:
    """Status 1."""
    with broken(stack):
        failed = of_outcome(smoke(stack, "--read-only", status=1), "failed")
    assert set(failed) == {check}
    assert word in failed[check]
    assert of_outcome(smoke(stack, "--read-only"), "failed") == {}


@pytest.mark.timeout(240)
def test_a_queue_that_is_not_read_gets_no_probes(stack: Stack) -> None:
    """They would wait there; what comes over HTTP is still sent, refused and removed."""
    with a_mapping_that_is_off(stack):
        report = smoke(stack, status=1)
        assert set(of_outcome(report, "failed")) == {"deliver reads the queue"}
        assert "probes are removed" in of_outcome(report, "ok")
        assert "sqs, eventbridge, sns" in of_outcome(report, "skipped")
        assert leftovers(stack) == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_removes_what_it_made_and_tells_what_it_has(stack: Stack, number: signal.Signals) -> None:
    """The signal's status. The probes' letters are gone, also those on their way; so are the rule and the topic."""
    command = [COMMAND, "--local", "--json", "smoke"]
    with subprocess.Popen(
        command, env=environment(stack), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        assert running.stderr
        # By then the rule, the topic and the first probes are there.
        assert any("no key" in line for line in running.stderr)
        os.kill(running.pid, number)
        running.stderr.read()
        report = json.loads(running.stdout.read())
    assert (running.returncode, report["interrupted"]) == (128 + number, True)
    assert of_outcome(report, "failed") == {}
    assert leftovers(stack) == []


def test_what_a_killed_run_left_the_next_removes(stack: Stack) -> None:
    """Its rule and its topic have the same names."""
    command = [COMMAND, "--local", "smoke"]
    with subprocess.Popen(
        command, env=environment(stack), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stderr
        assert any("no key" in line for line in running.stderr)
        running.kill()
    assert leftovers(stack) != []
    smoke(stack, "--seconds", "600")
    assert [name for name in leftovers(stack) if name.startswith(("arn:", "relay-smoke"))] == []
