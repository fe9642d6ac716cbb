"""One thing broken at a time in a stack that works, and mended again: what `relay smoke` has to name."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda.type_defs import EnvironmentTypeDef, FilterCriteriaTypeDef
    from mypy_boto3_sqs.literals import QueueAttributeNameType

TOPIC = "arn:aws:sns:us-east-1:000000000000:of-a-test"
_OF_AN_ALARM = (
    "AlarmName", "AlarmDescription", "ActionsEnabled", "MetricName", "Namespace", "Statistic", "Dimensions", "Period",
    "EvaluationPeriods", "Threshold", "ComparisonOperator", "TreatMissingData",
)  # fmt: skip


@contextmanager
def a_mapping_that_is_off(stack: Stack) -> Iterator[None]:
    functions = stack.aws.functions
    (mapping,) = functions.list_event_source_mappings(EventSourceArn=stack.outputs["QueueArn"])["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _policy(stack: Stack, function: str) -> tuple["IAMClient", str, dict[str, Any]]:
    role = stack.aws.functions.get_function_configuration(FunctionName=stack.functions[function])["Role"].split("/")[-1]
    iam: IAMClient = stack.aws.client("iam")
    policy: Any = iam.get_role_policy(RoleName=role, PolicyName=function)["PolicyDocument"]
    return iam, role, policy


@contextmanager
def a_role_without_a_right(stack: Stack) -> Iterator[None]:
    iam, role, policy = _policy(stack, "deliver")
    less = json.loads(json.dumps(policy).replace('"sqs:ChangeMessageVisibility", ', ""))
    assert less != policy
    iam.put_role_policy(RoleName=role, PolicyName="deliver", PolicyDocument=json.dumps(less))
    yield
    iam.put_role_policy(RoleName=role, PolicyName="deliver", PolicyDocument=json.dumps(policy))


@contextmanager
def a_role_with_a_right_too_many(stack: Stack) -> Iterator[None]:
    iam, role, _ = _policy(stack, "ingest")
    statement = {"Effect": "Allow", "Action": "secretsmanager:*", "Resource": stack.outputs["DreamdataSecretArn"]}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role, PolicyName="too-much", PolicyDocument=document)
    yield
    iam.delete_role_policy(RoleName=role, PolicyName="too-much")


@contextmanager
def a_stale_alias(stack: Stack) -> Iterator[None]:
    """The mapping invokes the alias, a setting is changed, and the alias stays on the version of before."""
    functions, name = stack.aws.functions, stack.functions["deliver"]
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], FunctionName=f"{name}:live")
    before = functions.get_function_configuration(FunctionName=name)["Environment"]
    changed: EnvironmentTypeDef = {"Variables": {**before["Variables"], "PARALLEL_POSTS": "7"}}
    updated = functions.get_waiter("function_updated_v2")
    functions.update_function_configuration(FunctionName=name, Environment=changed)
    updated.wait(FunctionName=name)
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before["Variables"]})
    updated.wait(FunctionName=name)
    functions.update_event_source_mapping(UUID=mapping["UUID"], FunctionName=name)


@contextmanager
def an_alarm_without_an_action(stack: Stack) -> Iterator[None]:
    """All others have one."""
    metrics = stack.aws.client("cloudwatch")
    found = [
        alarm for alarm in metrics.describe_alarms()["MetricAlarms"] if alarm["AlarmName"].startswith(stack.stack_name)
    ]
    plain = [{name: alarm[name] for name in _OF_AN_ALARM if name in alarm} for alarm in found]
    for alarm in plain:
        metrics.put_metric_alarm(**alarm, AlarmActions=[] if "KeyRefusedAlarm" in alarm["AlarmName"] else [TOPIC])
    yield
    for alarm in plain:
        metrics.put_metric_alarm(**alarm, AlarmActions=[])


@contextmanager
def no_dreamdata_key(stack: Stack) -> Iterator[None]:
    secrets, name = stack.aws.secrets, stack.dreamdata_secret_id
    before = secrets.get_secret_value(SecretId=name)["SecretString"]
    secrets.put_secret_value(SecretId=name, SecretString='{"api_key": "PUT-YOUR-DREAMDATA-API-KEY-HERE"}')
    yield
    secrets.put_secret_value(SecretId=name, SecretString=before)


def _set(stack: Stack, function: str, **changed: Any) -> None:
    functions, name = stack.aws.functions, stack.functions[function]
    functions.update_function_configuration(FunctionName=name, **changed)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)


def a_variable(function: str, name: str, value: str) -> Callable[[Stack], Any]:
    """Changed by hand: on what runs and on the newest alike, so that nothing is stale."""

    @contextmanager
    def broken(stack: Stack) -> Iterator[None]:
        found = stack.aws.functions.get_function_configuration(FunctionName=stack.functions[function])
        before = found["Environment"]["Variables"]
        _set(stack, function, Environment={"Variables": {**before, name: value}})
        yield
        _set(stack, function, Environment={"Variables": before})

    broken.__name__ = f"{function}_{name.lower()}"
    return broken


@contextmanager
def a_log_level_that_hides_the_metrics(stack: Stack) -> Iterator[None]:
    name = stack.functions["deliver"]
    before = stack.aws.functions.get_function_configuration(FunctionName=name)["LoggingConfig"]
    _set(stack, "deliver", LoggingConfig={**before, "ApplicationLogLevel": "ERROR"})
    yield
    _set(stack, "deliver", LoggingConfig=before)


@contextmanager
def no_permission_of_the_api(stack: Stack) -> Iterator[None]:
    functions, name = stack.aws.functions, stack.functions["ingest"]
    before = json.loads(functions.get_policy(FunctionName=name)["Policy"])["Statement"]
    # The alias's stays.
    before = [found for found in before if not found["Resource"].endswith(":live")]
    for found in before:
        functions.remove_permission(FunctionName=name, StatementId=found["Sid"])
    yield
    for found in before:
        functions.add_permission(
            FunctionName=name,
            StatementId=found["Sid"],
            Action=found["Action"],
            Principal=found["Principal"]["Service"],
            SourceArn=found["Condition"]["ArnLike"]["AWS:SourceArn"],
        )


def a_function_that_never_runs(function: str) -> Callable[[Stack], Any]:
    @contextmanager
    def broken(stack: Stack) -> Iterator[None]:
        functions, name = stack.aws.functions, stack.functions[function]
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        yield
        functions.delete_function_concurrency(FunctionName=name)

    broken.__name__ = f"{function}_never_runs"
    return broken


def an_attribute_of_the_queue(
    attribute: "QueueAttributeNameType", change: Callable[[Any], Any]
) -> Callable[[Stack], Any]:
    @contextmanager
    def broken(stack: Stack) -> Iterator[None]:
        sqs, url = stack.aws.sqs, stack.queue_url
        before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"][attribute]
        changed = change(json.loads(before))
        sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: json.dumps(changed) if changed else ""})
        yield
        sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: before})

    broken.__name__ = f"queue_{attribute.lower()}"
    return broken


def only_denied(policy: dict[str, Any]) -> dict[str, Any]:
    """A queue's policy without what it allows."""
    return {**policy, "Statement": [found for found in policy["Statement"] if found["Effect"] == "Deny"]}


@contextmanager
def a_filter_of_the_mapping(stack: Stack) -> Iterator[None]:
    functions = stack.aws.functions
    (mapping,) = functions.list_event_source_mappings(EventSourceArn=stack.outputs["QueueArn"])["EventSourceMappings"]
    only: FilterCriteriaTypeDef = {"Filters": [{"Pattern": '{"body": {"type": ["track"]}}'}]}
    functions.update_event_source_mapping(UUID=mapping["UUID"], FilterCriteria=only)
    yield
    functions.update_event_source_mapping(UUID=mapping["UUID"], FilterCriteria={"Filters": []})


@contextmanager
def a_mapping_set_by_hand(stack: Stack) -> Iterator[None]:
    functions = stack.aws.functions
    (mapping,) = functions.list_event_source_mappings(EventSourceArn=stack.outputs["QueueArn"])["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": 2})
    yield
    functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=mapping["ScalingConfig"])


@contextmanager
def no_alarm_of_dead_letters(stack: Stack) -> Iterator[None]:
    metrics = stack.aws.client("cloudwatch")
    (found,) = (each for each in metrics.describe_alarms()["MetricAlarms"] if "-DeadLetters" in each["AlarmName"])
    metrics.delete_alarms(AlarmNames=[found["AlarmName"]])
    yield
    kept = {name: found[name] for name in (*_OF_AN_ALARM, "Metrics") if name in found}
    metrics.put_metric_alarm(**kept)
