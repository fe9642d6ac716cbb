"""A stack of fakes for the checks of `relay smoke`, as they find it on AWS."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from relay_cli.smoke.results import Result
from relay_cli.smoke.run import Run
from relay_cli.stack import RelayStack
from tests.cli.conftest import ARN, OUTPUTS, Bench, paged
from tests.fakes.aws import client_error
from tests.fakes.clock import FakeClock

LAYER = "arn:aws:lambda:eu-west-1:1:layer:RelayLayer:2"
ARNS = {
    "QueueArn": "arn:aws:sqs:eu-west-1:1:queue",
    "DeadLetterQueueArn": "arn:aws:sqs:eu-west-1:1:dead",
    "IngestFunctionName": "ingestfunctionname",
    "HttpApiId": "api",
}


PARAMETERS = {
    "Architecture": "arm64",
    "IngestMemory": "512",
    "DeliverMemory": "512",
    "LogLevel": "INFO",
    "Tracing": "PassThrough",
    "ParallelPosts": "2",
    "DomainMappingPath": "",
}


@dataclass
class SmokeBench(Bench):
    """``configurations`` by function ARN or name; ``calls`` of the services that a run makes things in, in order.

    ``raises`` maps a call's name to the code of the error that it ends with.
    """

    configurations: dict[str, dict[str, Any]] = field(default_factory=dict)
    integrations: list[str] = field(default_factory=lambda: [ARN + "ingestfunctionname:live"])
    calls: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    raises: dict[str, str] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    weights: dict[str, float] = field(default_factory=dict)
    counted: list[float] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=lambda: dict(PARAMETERS))
    reserved: dict[str, int] = field(default_factory=dict)
    mapping: dict[str, Any] = field(default_factory=dict)
    permissions: list[dict[str, Any]] = field(default_factory=list)
    contexts: dict[str, list[dict[str, list[str]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.resources.append(("RelayLayer", "AWS::Lambda::LayerVersion", LAYER))
        for function in ("ingest", "deliver"):
            name = f"{function}functionname"
            for arn, version in ((name, "$LATEST"), (f"{ARN}{name}:live", "7")):
                self.configurations[arn] = configuration(version, function)
        self.permissions.append(permission(f"{ARN}ingestfunctionname:live"))

    @classmethod
    def with_keys(cls) -> "SmokeBench":
        """One whose secrets hold a relay key and a Dreamdata key."""
        bench = cls()
        bench.secrets.put(OUTPUTS["IngestKeysSecretArn"], '{"default": "k"}')
        bench.secrets.put(OUTPUTS["DreamdataSecretArn"], '{"api_key": "the-key"}')
        return bench

    def client(self, service: str, **more: Any) -> Any:
        """A boto3 client of ``service``."""
        if service == "lambda":
            known = super().client(service)
            listed = known.list_event_source_mappings
            known.list_event_source_mappings = lambda **asked: _merged(listed(**asked), self.mapping)
            known.get_function_configuration = lambda FunctionName: self.configurations[FunctionName]
            known.get_function_concurrency = lambda FunctionName: self._concurrency(FunctionName)
            known.get_policy = lambda **_: self._policy()
            known.get_alias = lambda **_: {"RoutingConfig": {"AdditionalVersionWeights": self.weights}}
            return known
        if service == "cloudwatch" and self.counted:
            return SimpleNamespace(
                describe_alarms=super().client(service).describe_alarms,
                get_metric_data=lambda **_: {"MetricDataResults": [{"Id": "refused", "Values": self.counted}]},
            )
        if service == "cloudformation":
            known = super().client(service)
            given = [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()]
            known.describe_stacks = lambda StackName: {"Stacks": [{"StackName": StackName, "Parameters": given}]}
            return known
        if service == "apigatewayv2":
            uris = [
                {"IntegrationUri": f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations"}
                for arn in self.integrations
            ]
            return SimpleNamespace(get_integrations=lambda **asked: paged(uris, "Items", asked))
        if service == "iam":
            return SimpleNamespace(simulate_principal_policy=self._simulated)
        if service in ("events", "sns"):
            return _Recorder(self, {"subscriptions": super().client("sns").list_subscriptions_by_topic})
        return super().client(service, **more)

    def run_of(self, clock: FakeClock, seconds: float = 180.0, interrupted: Callable[[], bool] = lambda: False) -> Run:
        """A run on this stack, begun when the queues' clock says."""
        stack = RelayStack("shop", {**OUTPUTS, **ARNS}, "http://127.0.0.1:1", self)
        return Run(stack, clock, datetime.fromtimestamp(self.sqs.now, UTC), "default", seconds, interrupted, "0" * 12)

    def _concurrency(self, name: str) -> dict[str, int]:
        return {"ReservedConcurrentExecutions": self.reserved[name]} if name in self.reserved else {}

    def _policy(self) -> dict[str, str]:
        if not self.permissions:
            raise client_error("ResourceNotFoundException", "GetPolicy")
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": self.permissions})}

    def _simulated(self, **asked: Any) -> dict[str, Any]:
        if "SimulatePrincipalPolicy" in self.raises:
            raise client_error(self.raises["SimulatePrincipalPolicy"], "SimulatePrincipalPolicy")
        results = [
            {"EvalActionName": action, "EvalDecision": self._decision(action, asked)} for action in asked["ActionNames"]
        ]
        return paged(results, "EvaluationResults", asked, "Marker")

    def _decision(self, action: str, asked: dict[str, Any]) -> str:
        (resource,) = asked["ResourceArns"]
        given = {entry["ContextKeyName"]: entry["ContextKeyValues"] for entry in asked.get("ContextEntries", ())}
        self.contexts.setdefault(resource, []).append(given)
        return "implicitDeny" if f"{action} {resource}" in self.denied else "allowed"


class _Recorder:
    """EventBridge and SNS: every call is noted and answered."""

    def __init__(self, bench: SmokeBench, more: dict[str, Any]) -> None:
        self._bench = bench
        self._more = more

    def __getattr__(self, name: str) -> Any:
        def call(**asked: Any) -> dict[str, Any]:
            self._bench.calls.append(name)
            if name == "delete_topic":
                self._bench.deleted.append(asked["TopicArn"])
            if name in self._bench.raises:
                raise client_error(self._bench.raises[name], name.title().replace("_", ""))
            if name == "list_subscriptions_by_topic":
                return {"Subscriptions": [{"SubscriptionArn": arn} for arn in self._bench.subscriptions]}
            return {"TopicArn": "arn:aws:sns:eu-west-1:1:relay-smoke"}

        return call


def configuration(version: str, function: str) -> dict[str, Any]:
    """As GetFunctionConfiguration answers of a function that is set as PARAMETERS and the outputs say."""
    variables = {
        "QUEUE_URL": OUTPUTS["QueueUrl"],
        "DEAD_LETTER_QUEUE_URL": OUTPUTS["DeadLetterQueueUrl"],
        "POWERTOOLS_METRICS_NAMESPACE": OUTPUTS["MetricsNamespace"],
        "POWERTOOLS_SERVICE_NAME": function,
    }
    if function == "ingest":
        variables["INGEST_KEYS_SECRET_ID"] = OUTPUTS["IngestKeysSecretArn"]
    else:
        variables |= {"DREAMDATA_SECRET_ID": OUTPUTS["DreamdataSecretArn"], "PARALLEL_POSTS": "2"}
    return {
        "Version": version,
        "CodeSha256": "c",
        "MemorySize": 512,
        "Role": "arn:aws:iam::1:role/r",
        "Environment": {"Variables": variables},
        "Architectures": ["arm64"],
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "LogGroup": OUTPUTS[f"{function.capitalize()}LogGroupName"],
        },
        "Layers": [{"Arn": LAYER}],
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }


def _merged(listed: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """A page of mappings with ``more`` in each."""
    return {**listed, "EventSourceMappings": [{**found, **more} for found in listed["EventSourceMappings"]]}


def permission(target: str) -> dict[str, Any]:
    """A statement of a function's policy that lets the HTTP API invoke ``target``."""
    source = f"arn:aws:execute-api:eu-west-1:1:{ARNS['HttpApiId']}/*/*"
    return {
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": target,
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }


def outcomes(results: Iterable[Result]) -> dict[str, tuple[str, str]]:
    """Outcome and detail by the check's name."""
    return {result.name: (result.outcome, result.detail) for result in results}


def log_line(at_ms: int, **changed: Any) -> tuple[str, int, str]:
    """What deliver says of refused events, as CloudWatch keeps it."""
    stamp = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"level": "WARNING", "message": "events dead-lettered", "timestamp": stamp, **changed}
    return OUTPUTS["DeliverLogGroupName"], at_ms, json.dumps(line)
