"""What the template promises its operators, checked on the form that CloudFormation gets."""

import json
import re
from typing import Any

import pytest

from dreamdata_relay.settings import COMPRESSIONS
from relay_cli.smoke import rights

Resources = dict[str, dict[str, Any]]
# What holds events or keys stays, unless the very deployment that made it has failed.
KEPT = ("RetainExceptOnCreate", "Retain")
_NAMES = {
    "AWS::SQS::Queue": "QueueName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
}


def of_type(resources: Resources, kind: str) -> Resources:
    """The resources of one type."""
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Every statement that a role may have, whatever the conditions."""
    policies = [policy["Fn::If"][1] if "Fn::If" in policy else policy for policy in role["Properties"]["Policies"]]
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def test_no_resource_has_a_fixed_physical_name(resources: Resources) -> None:
    """Two stacks fit one account and region, and a stack fits beside what one of its name has left."""
    named = [name for name, r in resources.items() if _NAMES.get(r["Type"], "\0") in r.get("Properties", {})]
    assert named == ["ApiLogGroup"]
    assert "AWS::StackId" in str(resources["ApiLogGroup"]["Properties"]["LogGroupName"])


def test_messages_stay_hidden_for_six_function_timeouts(template: dict[str, Any], resources: Resources) -> None:
    """The queue's visibility timeout is at least six times the deliver function's, and the longest window on top."""
    visibility = resources["Queue"]["Properties"]["VisibilityTimeout"]
    longest_window = template["Parameters"]["DeliverBatchingWindow"]["MaxValue"]
    assert visibility >= 6 * resources["DeliverFunction"]["Properties"]["Timeout"] + longest_window


def test_lambda_is_told_of_partial_failures(resources: Resources) -> None:
    """Without ReportBatchItemFailures one held message would bring back all."""
    (mapping,) = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_horizon_is_longer_than_a_three_day_outage(resources: Resources) -> None:
    """400 receives at 22 minutes on average; both queues keep messages for 14 days."""
    queue = resources["Queue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] * 22 * 60 > 3 * 86_400
    assert queue["MessageRetentionPeriod"] == 14 * 86_400
    assert resources["DeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("function", ["IngestFunction", "DeliverFunction"])
def test_every_function_logs_into_a_group_with_retention(resources: Resources, function: str) -> None:
    """Logs that Lambda makes by itself are kept, and billed, for ever."""
    group = resources[function]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    assert "RetentionInDays" in resources[group]["Properties"]


def test_no_role_uses_a_managed_policy_or_any_resource(resources: Resources) -> None:
    """Each statement names what it is for; AWS's managed policies allow every queue of the account."""
    for role in of_type(resources, "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]
        for statement in statements(role):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            # X-Ray has no resources that a policy could name, nor has what is to become a network interface.
            free = ("xray:Put", "ec2:")
            assert statement["Resource"] != "*" or all(action.startswith(free) for action in actions), statement
            assert not any("*" in action for action in actions), statement


def test_active_tracing_brings_the_rights_it_needs_and_only_then(resources: Resources) -> None:
    """Lambda refuses a function with active tracing whose role may not write traces."""
    for role in (resources["IngestRole"], resources["DeliverRole"]):
        choices = [policy["Fn::If"] for policy in role["Properties"]["Policies"] if "Fn::If" in policy]
        (choice,) = [choice for choice in choices if choice[0] == "TracesActively"]
        (statement,) = choice[1]["PolicyDocument"]["Statement"]
        assert statement["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        assert choice[2] == {"Ref": "AWS::NoValue"}


def test_a_key_of_the_owners_may_be_used_through_the_relays_services_only(resources: Resources) -> None:
    """Without the parameter no role speaks of KMS at all."""
    for role in (resources["IngestRole"], resources["DeliverRole"]):
        choices = [policy["Fn::If"] for policy in role["Properties"]["Policies"] if "Fn::If" in policy]
        (choice,) = [choice for choice in choices if choice[0] == "UsesOwnKey"]
        (statement,) = choice[1]["PolicyDocument"]["Statement"]
        assert statement["Resource"] == {"Ref": "KmsKeyArn"}
        *always, of_list = statement["Condition"]["StringEquals"]["kms:ViaService"]
        assert len(always) == 2
        assert (of_list["Fn::If"][0], of_list["Fn::If"][2]) == ("Suppresses", {"Ref": "AWS::NoValue"})
        assert choice[2] == {"Ref": "AWS::NoValue"}


@pytest.mark.parametrize("queue", ["Queue", "DeadLetterQueue"])
def test_a_queue_has_one_kind_of_encryption(resources: Resources, queue: str) -> None:
    """SQS refuses both at once."""
    properties = resources[queue]["Properties"]
    nothing = {"Ref": "AWS::NoValue"}
    assert properties["SqsManagedSseEnabled"] == {"Fn::If": ["UsesOwnKey", nothing, True]}
    assert properties["KmsMasterKeyId"] == {"Fn::If": ["UsesOwnKey", {"Ref": "KmsKeyArn"}, nothing]}


def test_no_log_level_silences_the_metrics(template: dict[str, Any]) -> None:
    """Lambda takes log lines without a level, as the metrics' are, for INFO and drops what is below the level set."""
    assert set(template["Parameters"]["LogLevel"]["AllowedValues"]) <= {"TRACE", "DEBUG", "INFO"}


@pytest.mark.parametrize("queue", ["Queue", "DeadLetterQueue"])
def test_queues_are_encrypted_kept_and_reached_over_tls_only(resources: Resources, queue: str) -> None:
    """Deleting or replacing the stack loses no event; nobody may send or read in the clear."""
    assert (resources[queue]["DeletionPolicy"], resources[queue]["UpdateReplacePolicy"]) == KEPT
    assert "SqsManagedSseEnabled" in resources[queue]["Properties"]
    rules = [
        statement
        for policy in of_type(resources, "AWS::SQS::QueuePolicy").values()
        if policy["Properties"]["Queues"] == [{"Ref": queue}]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "Fn::If" not in statement
    ]
    deny = [s for s in rules if s["Effect"] == "Deny"]
    assert deny[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert deny[0]["Action"] == "sqs:*"
    for allow in (s for s in rules if s["Effect"] == "Allow"):
        assert allow["Action"] == "sqs:SendMessage"
        assert "${AWS::AccountId}" in allow["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]


def test_every_parameter_is_described_limited_and_documented(template: dict[str, Any], configuration: str) -> None:
    """A value that cannot work is refused before anything is deployed."""
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        limits = {"AllowedValues", "AllowedPattern", "MinValue", "MaxValue"} & parameter.keys()
        assert limits, name
        assert f"`{name}`" in configuration, name
    grouped = [
        name
        for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        for name in group["Parameters"]
    ]
    assert sorted(grouped) == sorted(template["Parameters"])


def test_gzip_is_for_those_who_ask_for_it(template: dict[str, Any], resources: Resources) -> None:
    """Dreamdata's guide does not promise it; the function takes the values that the parameter allows."""
    parameter = template["Parameters"]["PayloadCompression"]
    assert (parameter["Default"], tuple(parameter["AllowedValues"])) == ("none", COMPRESSIONS)
    variables = resources["DeliverFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["PAYLOAD_COMPRESSION"] == {"Ref": "PayloadCompression"}
    assert resources["CompressionGivenUpAlarm"]["Condition"] == "CompressesPayloads"
    assert template["Conditions"]["CompressesPayloads"] == {"Fn::Equals": [{"Ref": "PayloadCompression"}, "gzip"]}


def test_a_functions_environment_is_text(resources: Resources) -> None:
    """CloudFormation makes text of a number there; not everything that reads the template does."""
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        variables = function["Properties"]["Environment"]["Variables"]
        assert [key for key, value in variables.items() if not isinstance(value, str | dict)] == [], name
    receives = resources["Queue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
    variables = resources["DeliverFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["MAX_RECEIVE_COUNT"] == str(receives)


def test_every_output_is_described(template: dict[str, Any]) -> None:
    """Outputs are what users copy from."""
    assert all(output["Description"] for output in template["Outputs"].values())


def test_no_secret_reaches_outputs_or_environments(template: dict[str, Any], resources: Resources) -> None:
    """Only where a secret is, never what it holds."""
    places = [template["Outputs"]]
    places += [f["Properties"]["Environment"] for f in of_type(resources, "AWS::Lambda::Function").values()]
    text = json.dumps(places)
    assert "resolve:secretsmanager" not in text
    assert "SecretString" not in text


def test_the_placeholder_is_the_one_that_the_deliver_function_knows(resources: Resources) -> None:
    """With another text the function would send it to Dreamdata as a key."""
    from dreamdata_relay.secrets.keys import PLACEHOLDER

    held = resources["DreamdataSecret"]["Properties"]["SecretString"]
    assert json.loads(held) == {"api_key": PLACEHOLDER}


def test_the_endpoint_is_https_or_loopback(template: dict[str, Any]) -> None:
    """The key travels with every payload."""
    pattern = re.compile(template["Parameters"]["DreamdataEndpoint"]["AllowedPattern"])
    good = ["https://api.dreamdata.cloud/v1/batch", "http://127.0.0.1:8080/v1/batch", "http://localhost/v1/batch"]
    bad = ["http://api.dreamdata.cloud/v1/batch", "http://127.0.0.1.example.org/v1/batch", "https://u:p@x/", "ftp://x"]
    assert all(pattern.search(url) for url in good)
    assert not any(pattern.search(url) for url in bad)


def test_one_catch_all_route_without_a_stage_in_the_path(resources: Resources) -> None:
    """SDKs resolve /v1/batch against the host: a stage in the URL would lose their events."""
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api").values()
    assert list(api["Properties"]["Body"]["paths"]) == ["$default"]
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    assert stage["Properties"]["StageName"] == "$default"


def test_the_access_log_holds_nothing_that_a_caller_wrote(resources: Resources) -> None:
    """No header (the relay key), no path or query, no body."""
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage").values()
    variables = set(re.findall(r"\$context\.[\w.]+", stage["Properties"]["AccessLogSettings"]["Format"]))
    assert variables <= {
        "$context.requestId",
        "$context.requestTime",
        "$context.httpMethod",
        "$context.status",
        "$context.responseLength",
        "$context.responseLatency",
        "$context.integrationErrorMessage",
    }


def test_losing_the_stack_loses_no_key(resources: Resources) -> None:
    """Secrets stay when the stack is deleted."""
    for secret in of_type(resources, "AWS::SecretsManager::Secret").values():
        assert (secret["DeletionPolicy"], secret["UpdateReplacePolicy"]) == KEPT


def test_an_existing_secret_is_named_by_its_whole_arn(template: dict[str, Any]) -> None:
    """The role is granted this very ARN: without its last six characters IAM would refuse every read."""
    pattern = re.compile(template["Parameters"]["DreamdataSecretArn"]["AllowedPattern"])
    start = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:"
    assert all(pattern.search(arn) for arn in ("", start + "dreamdata-Ab12Cd", start + "team/dreamdata.key-Ab12Cd"))
    assert not any(pattern.search(arn) for arn in (start + "dreamdata", start + "*", "dreamdata-Ab12Cd"))


@pytest.mark.parametrize("function", ["IngestFunction", "DeliverFunction"])
def test_lambda_keeps_the_reports_that_the_runbook_needs(resources: Resources, function: str) -> None:
    """As JSON, so that a line has a level; at WARN Lambda still writes a report of each invocation that fails."""
    logging = resources[function]["Properties"]["LoggingConfig"]
    assert logging["LogFormat"] == "JSON"
    assert logging["SystemLogLevel"] in ("DEBUG", "INFO", "WARN")


@pytest.mark.parametrize("function", ["ingest", "deliver"])
def test_the_smoke_test_asks_for_the_rights_that_the_template_gives(resources: Resources, function: str) -> None:
    """All that a role has whatever the parameters, and no more: a check that asks for less would miss a lost right."""
    policies = resources[f"{function.capitalize()}Role"]["Properties"]["Policies"]
    given = [
        action
        for policy in policies
        if "Fn::If" not in policy
        for statement in policy["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
        for _ in _listed(statement["Resource"])
    ]
    asked = [action for actions in rights.ALLOWED[function].values() for action in actions]
    assert sorted(asked) == sorted(given)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
