"""Whether what runs is set as the stack was deployed, may run, and may be invoked: all that a hand may have changed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from relay_cli import running
from relay_cli.smoke.results import FAILED, Result, ok_if
from relay_cli.smoke.run import Run

GROUP = "settings"
QUEUES = "{function} knows the stack's queues"
MAY_RUN = "{function} may run"
# Variables by the output, and by the parameter, that tells what stands in them.
_BY_OUTPUT: Mapping[str, Mapping[str, str]] = {
    "ingest": {"INGEST_KEYS_SECRET_ID": "IngestKeysSecretArn"},
    "deliver": {"DREAMDATA_SECRET_ID": "DreamdataSecretArn"},
}
_QUEUES = {"QUEUE_URL": "QueueUrl", "DEAD_LETTER_QUEUE_URL": "DeadLetterQueueUrl"}
_BY_PARAMETER: Mapping[str, Mapping[str, str]] = {
    "ingest": {
        "SECRET_OUTAGE_HOURS": "SecretOutageHours",
        "UNREADABLE_BODIES": "UnreadableBodies",
        "MAPPING_PATH": "DomainMappingPath",
    },
    "deliver": {
        "SECRET_OUTAGE_HOURS": "SecretOutageHours",
        "UNREADABLE_BODIES": "UnreadableBodies",
        "DREAMDATA_ENDPOINT": "DreamdataEndpoint",
        "PAYLOAD_COMPRESSION": "PayloadCompression",
        "PARALLEL_POSTS": "ParallelPosts",
    },
}


def checks(run: Run) -> Iterator[Result]:
    """Of what the HTTP API and the queue's event source mapping invoke."""
    targets = {"ingest": running.ingest(run.stack), "deliver": running.deliver_or_none(run.stack)}
    for function, target in targets.items():
        # That nothing invokes it is told elsewhere.
        if target is not None:
            yield from _as_deployed(run, function, target)
            yield _may_run(run, function, running.name_in(target))
    for mapping in running.mappings(run.stack):
        yield _mapping_as_deployed(run, mapping)
    if targets["ingest"] is not None:
        yield _api_may_invoke(run, targets["ingest"])


def _as_deployed(run: Run, function: str, target: str) -> Iterator[Result]:
    runs = run.stack.functions.get_function_configuration(FunctionName=target)
    found = {**runs.get("Environment", {}).get("Variables", {}), **_described(runs)}
    queues = {name: run.stack.output(output) for name, output in _QUEUES.items()}
    yield _compared(QUEUES.format(function=function), queues, found)
    yield _compared(f"{function} is set as it was deployed", _wanted(run, function), found)


def _compared(name: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Result:
    # Only names are told: a value is nobody's to read here.
    other = sorted(variable for variable, value in wanted.items() if found.get(variable, "") != value)
    told = f"not as the stack's parameters and outputs say: {', '.join(other)}; deploy again with a change of it"
    return ok_if(not other, GROUP, name, f"{len(wanted)} settings", told)


def _described(runs: Mapping[str, Any]) -> dict[str, str]:
    logging = runs.get("LoggingConfig", {})
    return {
        "MemorySize": str(runs.get("MemorySize")),
        "Architectures": ",".join(runs.get("Architectures", ["x86_64"])),
        "Tracing": str(runs.get("TracingConfig", {}).get("Mode", "PassThrough")),
        # Above INFO Lambda drops the lines with the metrics, and no alarm of the relay's own goes on any more.
        "ApplicationLogLevel": str(logging.get("ApplicationLogLevel", "")),
        "LogFormat": str(logging.get("LogFormat", "")),
        "LogGroup": str(logging.get("LogGroup", "")),
    }


def _wanted(run: Run, function: str) -> dict[str, str]:
    """What ``function`` has to be set to, as far as this stack's outputs and parameters tell."""
    given = run.parameters
    by_parameter = {
        **_BY_PARAMETER[function],
        "MemorySize": f"{function.capitalize()}Memory",
        "Architectures": "Architecture",
        "Tracing": "Tracing",
        "ApplicationLogLevel": "LogLevel",
    }
    by_output = {
        **_BY_OUTPUT[function],
        "POWERTOOLS_METRICS_NAMESPACE": "MetricsNamespace",
        "LogGroup": f"{function.capitalize()}LogGroupName",
    }
    wanted = {name: run.stack.output(output) for name, output in by_output.items()}
    wanted |= {name: given[parameter] for name, parameter in by_parameter.items() if parameter in given}
    return {**wanted, "LogFormat": "JSON", "POWERTOOLS_SERVICE_NAME": function}


def _mapping_as_deployed(run: Run, mapping: Mapping[str, Any]) -> Result:
    """Pollers that an update has left out stay, and are billed."""
    given = run.parameters
    provisioned = given.get("DeliverMinimumPollers", "0") not in ("0", "off")
    none = dict.fromkeys(given, "")
    wanted = {
        name: values[parameter]
        for name, parameter, values in (
            ("BatchSize", "DeliverBatchSize", given),
            ("MaximumBatchingWindowInSeconds", "DeliverBatchingWindow", given),
            ("MaximumConcurrency", "DeliverMaximumConcurrency", none if provisioned else given),
            ("MinimumPollers", "DeliverMinimumPollers", given if provisioned else none),
            ("MaximumPollers", "DeliverMaximumPollers", given if provisioned else none),
        )
        if parameter in values
    }
    flat = {**mapping, **mapping.get("ScalingConfig", {}), **mapping.get("ProvisionedPollerConfig", {})}
    found = {name: str(flat.get(name, "")) for name in wanted}
    return _compared("the event source mapping is set as it was deployed", wanted, found)


def _may_run(run: Run, function: str, name: str) -> Result:
    reserved = run.stack.functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    return ok_if(
        reserved != 0,
        GROUP,
        MAY_RUN.format(function=function),
        "no limit of its own" if reserved is None else f"{reserved} at once",
        f"{function.capitalize()}ReservedConcurrency is 0: Lambda never runs it",
    )


def _api_may_invoke(run: Run, target: str) -> Result:
    name = "the HTTP API may invoke ingest"
    qualifier = {"Qualifier": target.rpartition(":")[2]} if running.is_qualified(target) else {}
    try:
        policy = run.stack.functions.get_policy(FunctionName=running.name_in(target), **qualifier)["Policy"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        policy = "{}"
    statements = json.loads(policy).get("Statement", ())
    good = any(_lets_the_api(statement, target, run.stack.output("HttpApiId")) for statement in statements)
    if good:
        return ok_if(True, GROUP, name, "by the function's policy", "")
    told = f"no statement of {target.partition(':function:')[2]} lets it: every request is answered 500; deploy again"
    return Result(GROUP, name, FAILED, told)


def _lets_the_api(statement: Mapping[str, Any], target: str, api: str) -> bool:
    principal = statement.get("Principal", {})
    service = principal.get("Service") if isinstance(principal, dict) else ""
    # Asked for the function alone, an emulator gives its aliases' statements, too.
    return (
        statement.get("Effect") == "Allow"
        and service == "apigateway.amazonaws.com"
        and statement.get("Resource") == target
        and f":{api}/" in json.dumps(statement.get("Condition", {}))
    )
