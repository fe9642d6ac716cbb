"""Whether traffic reaches the newest version of each function: its code, the stack's layer, its settings."""

from collections.abc import Iterator, Mapping
from typing import Any

from relay_cli import running
from relay_cli.smoke.results import FAILED, OK, WARNING, Result, ok_if
from relay_cli.smoke.run import Run

GROUP = "versions"
_PLAIN = ("CodeSha256", "Runtime", "Handler", "MemorySize", "Timeout", "Architectures", "Role", "LoggingConfig")


def checks(run: Run) -> Iterator[Result]:
    """Of both functions, as the HTTP API and the queue's event source mapping invoke them."""
    targets = {"ingest": running.ingest(run.stack), "deliver": running.deliver_or_none(run.stack)}
    for function, target in targets.items():
        if target is None:
            yield Result(GROUP, f"{function} is invoked", FAILED, "nothing in the stack's resources invokes it")
            continue
        client = run.stack.functions
        runs = client.get_function_configuration(FunctionName=target)
        newest = client.get_function_configuration(FunctionName=running.name_in(target))
        yield from _compared(run, function, target, runs, newest)
        yield from _shifting(run, function, target)


def _compared(
    run: Run, function: str, target: str, runs: Mapping[str, Any], newest: Mapping[str, Any]
) -> Iterator[Result]:
    version = f"version {runs.get('Version')}" + (
        f" by {target.rpartition(':')[2]}" if running.is_qualified(target) else ""
    )
    stale = [*(name for name in _PLAIN if runs.get(name) != newest.get(name)), *_environment(runs, newest)]
    stale += ["Tracing"] if _tracing(runs) != _tracing(newest) else []
    stale += ["VpcConfig"] if _network(runs) != _network(newest) else []
    yield ok_if(
        not stale and _layers(runs) == _layers(newest),
        GROUP,
        f"{function} runs what was deployed last",
        version,
        f"{version} is stale: {', '.join(stale) or 'Layers'} of $LATEST differ; deploy again, or point the alias to it",
    )
    layers = set(run.stack.of_type("AWS::Lambda::LayerVersion").values())
    # Of privacy rules that somebody has in a layer of their own.
    layers |= {arn} if (arn := run.parameters.get("RulesLayerArn")) else set()
    yield ok_if(
        bool(layers) and layers == set(_layers(runs)),
        GROUP,
        f"{function} runs the stack's layers",
        ", ".join(arn.partition(":layer:")[2] for arn in _layers(runs)),
        f"{version} has {', '.join(_layers(runs)) or 'none'}; the stack's are {', '.join(sorted(layers)) or 'none'}",
    )
    yield _active(function, str(runs.get("State", "Active")), str(newest.get("LastUpdateStatus", "Successful")))


def _active(function: str, state: str, update: str) -> Result:
    name = f"{function} is active"
    if state in ("Active", "Pending") and update == "InProgress":
        # Until it is over the version of before answers.
        return Result(GROUP, name, WARNING, "an update of it is under way: look again in a minute")
    return Result(GROUP, name, OK if (state, update) == ("Active", "Successful") else FAILED, f"{state}, {update}")


def _shifting(run: Run, function: str, target: str) -> Iterator[Result]:
    """A gradual deployment that is not over: a part of the traffic reaches another version."""
    alias = target.rpartition(":")[2]
    if not running.is_qualified(target) or alias.isdigit():
        return
    found = run.stack.functions.get_alias(FunctionName=running.name_in(target), Name=alias)
    if weights := (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights"):
        parts = ", ".join(f"{weight:.0%} to version {version}" for version, weight in sorted(weights.items()))
        yield Result(GROUP, f"{function}'s traffic is shifting", WARNING, f"{parts}: the deployment is not over")


def _layers(configuration: Mapping[str, Any]) -> list[str]:
    return [layer["Arn"] for layer in configuration.get("Layers", ())]


def _environment(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The names of the variables that differ; a value is nobody's to read here."""
    first, second = (found.get("Environment", {}).get("Variables", {}) for found in (one, other))
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))


def _tracing(configuration: Mapping[str, Any]) -> str:
    return str(configuration.get("TracingConfig", {}).get("Mode", "PassThrough"))


def _network(configuration: Mapping[str, Any]) -> list[str]:
    found = configuration.get("VpcConfig", {})
    return sorted([*found.get("SubnetIds", ()), *found.get("SecurityGroupIds", ())])
