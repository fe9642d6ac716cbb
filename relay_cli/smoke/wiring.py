"""Checks whether the stack's parts are connected: mapping, queues, key, alarms."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from relay_cli import alarms, running
from relay_cli.dreamdata_key import STATES, DreamdataSecret
from relay_cli.key_state import PRESENT
from relay_cli.smoke.results import FAILED, OK, SKIPPED, WARNING, Result, ok_if
from relay_cli.smoke.run import Run

GROUP = "wiring"
READS = "deliver reads the queue"
_ON = ("Enabled", "Enabling", "Updating", "Creating")


def checks(run: Run) -> Iterator[Result]:
    """Check without changing anything."""
    for part in PARTS:
        yield from part(run)


def _key(run: Run) -> Iterator[Result]:
    state = DreamdataSecret(run.stack.dreamdata_secrets, run.stack.output("DreamdataSecretArn")).state()
    yield ok_if(state == PRESENT, GROUP, "Dreamdata key", STATES[PRESENT], STATES.get(state, state))


def _mapping(run: Run) -> Iterator[Result]:
    found = running.mappings(run.stack)
    states = [str(mapping.get("State")) for mapping in found]
    good = bool(states) and all(state in _ON for state in states)
    none = "no event source mapping joins the queue and the deliver function"
    told = f"the event source mapping is {', '.join(states)}: nothing is delivered" if states else none
    yield ok_if(good, GROUP, READS, ", ".join(states), told)
    for mapping in found:
        partial = "ReportBatchItemFailures" in mapping.get("FunctionResponseTypes", ())
        yield ok_if(
            partial, GROUP, "partial batch responses", "on", "off: one held message brings all of its batch back"
        )
        filters = mapping.get("FilterCriteria", {}).get("Filters", ())
        told = f"the event source mapping has {len(filters)} filters: Lambda deletes what none of them lets through"
        yield ok_if(not filters, GROUP, "every message is read", "no filters", told)


def _queue(run: Run) -> Iterator[Result]:
    attributes = run.stack.sqs.get_queue_attributes(
        QueueUrl=run.stack.output("QueueUrl"), AttributeNames=["RedrivePolicy", "Policy"]
    ).get("Attributes", {})
    yield _redrive_policy(run, json.loads(attributes.get("RedrivePolicy") or "{}"))
    statements = json.loads(attributes.get("Policy") or "{}").get("Statement", ())
    let_in = {str(_service(statement)) for statement in statements if statement.get("Effect") == "Allow"}
    shut_out = sorted({"events.amazonaws.com", "sns.amazonaws.com"} - let_in)
    told = f"the queue's policy lets these send nothing: {', '.join(shut_out)}"
    yield ok_if(not shut_out, GROUP, "EventBridge and SNS may send", "by the queue's policy", told)


def _service(statement: Mapping[str, Any]) -> Any:
    principal = statement.get("Principal")
    return principal.get("Service") if isinstance(principal, dict) else None


def _redrive_policy(run: Run, policy: Mapping[str, Any]) -> Result:
    name = "redrive policy"
    if policy.get("deadLetterTargetArn") != run.stack.output("DeadLetterQueueArn"):
        told = "the queue's redrive policy does not name the stack's dead-letter queue"
        return Result(GROUP, name, FAILED, told)
    configuration = run.stack.functions.get_function_configuration(FunctionName=running.deliver(run.stack))
    known = configuration.get("Environment", {}).get("Variables", {}).get("MAX_RECEIVE_COUNT", "")
    most = str(policy.get("maxReceiveCount"))
    told = f"{most} receives, and MAX_RECEIVE_COUNT of deliver is {known or 'not set'}"
    return ok_if(
        most == known,
        GROUP,
        name,
        f"after {most} receives to the dead-letter queue",
        f"{told}: a message that is out of tries would lose its reason",
    )


def _alarms(run: Run) -> Iterator[Result]:
    found = alarms.alarms(run.stack)
    # The one that a template of somebody's own must not be without either.
    wanted = {"DeadLettersAlarm", *run.stack.of_type("AWS::CloudWatch::Alarm")}
    missing = sorted(wanted - {alarm.logical for alarm in found})
    yield ok_if(not missing, GROUP, "alarms", f"{len(found)} are there", f"deleted: {', '.join(missing)}")
    on = [alarm.logical for alarm in found if alarm.is_on]
    yield Result(GROUP, "alarms that are on", WARNING if on else OK, ", ".join(on) or "none")
    quiet, name = alarms.silent(found), "alarms tell somebody"
    if quiet and len(quiet) == len(found) and run.stack.is_local:
        yield Result(GROUP, name, SKIPPED, "no alarm of a local stack tells anybody: no mail leaves the emulator")
    elif quiet and len(quiet) == len(found):
        told = "no alarm tells anybody: deployed with neither AlarmEmail nor AlarmTopicArn"
        yield Result(GROUP, name, WARNING, told)
    elif quiet:
        yield Result(GROUP, name, FAILED, f"without an action, or with its actions off: {', '.join(quiet)}")
    elif deaf := alarms.deaf_topics(run.stack, found):
        yield Result(GROUP, name, FAILED, f"nobody has subscribed and confirmed: {', '.join(deaf)}")
    else:
        yield Result(GROUP, name, OK, ", ".join(sorted({action for alarm in found for action in alarm.actions})))


# What the caller may not look at in one of them hides nothing of the others.
PARTS = (_mapping, _queue, _key, _alarms)
