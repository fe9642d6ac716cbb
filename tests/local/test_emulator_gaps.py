"""What the emulator lacks: asked as it comes, and as the stack starts it.

A test of it as it comes that fails says that a newer emulator needs that patch no longer: delete the patch's module in
local/emulator, its call and this test.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local import servers
from local.aws import ACCOUNT, Aws
from local.patience import patient
from local.places import StateDir, tool
from local.processes import end_all
from local.waiting import wait_until

ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"


def started(folder: Path, program: Path) -> Iterator[Aws]:
    state = StateDir(folder)
    try:
        yield Aws(servers.start_emulator(state, ACCOUNT, program)[1])
    finally:
        end_all(state.owner)


@pytest.fixture(scope="module")
def as_it_comes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    yield from started(tmp_path_factory.mktemp("plain"), tool("ministack", "ministack"))


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    yield from started(tmp_path_factory.mktemp("patched"), servers.EMULATOR)


def deployed(aws: Aws, name: str, resources: dict[str, Any], **parameters: Any) -> str:
    """The status that a stack of these ends with."""
    template = {"Parameters": parameters, "Resources": resources}
    aws.stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))

    def status() -> str | None:
        found = str(aws.stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
        return None if found.endswith("_IN_PROGRESS") else found

    return wait_until(status, 20, name, poll_seconds=0.05)


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


METRIC = {"MetricStat": {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}}
ALARM = resource(
    "CloudWatch::Alarm",
    Metrics=[{"Id": "a", "ReturnData": False, **METRIC}, {"Id": "b", "Expression": "a * 2"}],
    ComparisonOperator="GreaterThanThreshold",
    EvaluationPeriods=1,
    Threshold=1,
)


def test_an_alarm_on_metric_math_rolls_the_stack_back(as_it_comes: Aws) -> None:
    assert "ROLLBACK" in deployed(as_it_comes, "alarm", {"Alarm": ALARM})


def test_with_its_patch_it_is_kept(patched: Aws) -> None:
    assert deployed(patched, "alarm", {"Alarm": ALARM}) == "CREATE_COMPLETE"


def test_the_routes_in_the_body_of_an_http_api_are_not_made(as_it_comes: Aws) -> None:
    body = {"openapi": "3.0.1", "info": {"title": "t"}, "paths": {"/a": {"get": {"responses": {}}}}}

    assert deployed(as_it_comes, "routes", {"Api": resource("ApiGatewayV2::Api", Body=body)}) == "CREATE_COMPLETE"

    [api] = as_it_comes.http_apis.get_apis()["Items"]
    assert as_it_comes.http_apis.get_routes(ApiId=api["ApiId"])["Items"] == []


def test_a_number_that_a_mapping_has_from_a_parameter_stays_text(as_it_comes: Aws) -> None:
    resources = {
        "Queue": resource("SQS::Queue"),
        "Function": resource(
            "Lambda::Function",
            Role=ROLE,
            Runtime="python3.13",
            Handler="index.handler",
            Code={"ZipFile": "handler = dict"},
        ),
        "Mapping": resource(
            "Lambda::EventSourceMapping",
            EventSourceArn={"Fn::GetAtt": ["Queue", "Arn"]},
            FunctionName={"Ref": "Function"},
            Enabled=False,
            ScalingConfig={"MaximumConcurrency": {"Ref": "Most"}},
        ),
    }

    assert deployed(as_it_comes, "mapping", resources, Most={"Type": "Number", "Default": 5}) == "CREATE_COMPLETE"

    # boto3 would show a number in either case.
    url = f"{as_it_comes.endpoint_url}/2015-03-31/event-source-mappings/"
    [mapping] = urllib3.request("GET", url, retries=False, timeout=patient(10.0)).json()["EventSourceMappings"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": "5"}


def function(aws: Aws, name: str, code: str) -> Any:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    return aws.functions.create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
    )


MANY = 5_000
LOGS = f"""import sys
def handler(event, context):
    print(*range({MANY}), sep="\\n")
    if event.get("fails"):
        raise ValueError("told so")
    return event
"""


@pytest.mark.parametrize("event", [{}, {"fails": True}])
def test_with_its_patch_all_that_an_invocation_has_logged_is_there_when_it_has_answered(
    patched: Aws, event: dict[str, Any]
) -> None:
    """However much that is, and of one that failed, too; and nothing beside it."""
    name = f"logs-{len(event)}"
    function(patched, name, LOGS)
    patched.functions.invoke(FunctionName=name, Payload=json.dumps(event))

    asked: dict[str, Any] = {"logGroupName": f"/aws/lambda/{name}"}
    said = []
    while True:
        answer = patched.client("logs").filter_log_events(**asked)
        said += [line["message"].strip() for line in answer["events"]]
        if "nextToken" not in answer:
            break
        asked["nextToken"] = answer["nextToken"]

    assert [line for line in said if line.isdigit()] == [str(number) for number in range(MANY)]
    assert not [line for line in said if "all that this invocation" in line]
