"""What an update changes reaches traffic: new code, a new layer, and every parameter that a function uses.

Without gradual deployment requests and messages go to the functions themselves. With it they go to an alias, which
follows a version; CloudFormation publishes one only where the version's own definition changes.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tools.changes import NEEDED, TOGETHER, another, before_and_after, is_allowed, parameters, resolved
from tools.resolved import Resolved
from tools.transform import read_template, transform_template

FUNCTIONS = ("IngestFunction", "DeliverFunction")
# Of the function, not of a version of it; CloudFormation would refuse a version in which nothing else is new.
UNVERSIONED = {"ReservedConcurrentExecutions", "RecursiveLoop", "Tags"}
GRADUAL = {"GradualDeployment": "true"}


def configuration(stack: Resolved, function: str) -> Mapping[str, Any]:
    """What a version of the function holds."""
    properties = stack.resources()[function]["Properties"]
    return {name: value for name, value in properties.items() if name not in UNVERSIONED}


def version(stack: Resolved, function: str) -> str:
    """What the alias points to; another one is a new version."""
    alias = stack.resources()[f"{function}Aliaslive"]["Properties"]
    return str(alias["FunctionVersion"])


def receiver_of_requests(stack: Resolved) -> str:
    """The function, or its alias, that the API invokes."""
    route = stack.resources()["HttpApi"]["Properties"]["Body"]["paths"]["$default"]
    uri: str = route["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]["uri"]
    return uri.partition("/functions/")[2].removesuffix("/invocations").removesuffix("/Arn")


def receiver_of_messages(stack: Resolved) -> str:
    """The function, or its alias, that gets the queue's messages."""
    return str(stack.resources()["DeliverFunctionQueue"]["Properties"]["FunctionName"])


def rebuilt(changed: str, setting: Mapping[str, str]) -> tuple[Resolved, Resolved]:
    """The stack before and after the code of a function, or the layer's content, is another."""
    template = read_template()
    for name, resource in template["Resources"].items():
        for uri in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][uri] = f"s3://artifacts/{name}-1"
    after = copy.deepcopy(template)
    (uri,) = {"CodeUri", "ContentUri"} & after["Resources"][changed]["Properties"].keys()
    after["Resources"][changed]["Properties"][uri] = f"s3://artifacts/{changed}-2"
    return tuple(Resolved(transform_template(each, **setting), setting) for each in (template, after))  # type: ignore[return-value]


@pytest.mark.parametrize("name", parameters())
def test_every_parameter_has_another_value_that_is_allowed(name: str) -> None:
    """The tests below would prove nothing with one that CloudFormation refuses, or that nothing uses."""
    assert is_allowed(name, str(parameters()[name]["Default"]))
    assert is_allowed(name, another(name))
    assert all(is_allowed(*item) for item in {**NEEDED.get(name, {}), **TOGETHER.get(name, {})}.items())
    before, after = before_and_after(name)
    assert before.violations() == after.violations() == []
    assert before.resources() != after.resources()


def test_by_default_requests_and_messages_go_to_the_functions_themselves() -> None:
    """What is updated is what runs; there is nothing to be forgotten in between."""
    stack = resolved()
    resources = stack.resources()
    assert receiver_of_requests(stack) == resources["IngestPermission"]["Properties"]["FunctionName"]
    assert ":IngestFunction:" in receiver_of_requests(stack)
    assert ":DeliverFunction:" in receiver_of_messages(stack)


def test_gradually_requests_and_messages_go_to_the_aliases() -> None:
    """Traffic that went past the alias could not be shifted."""
    stack = resolved(**GRADUAL)
    resources = stack.resources()
    assert receiver_of_requests(stack) == resources["IngestFunctionAnyPermission"]["Properties"]["FunctionName"]
    assert ":IngestFunctionAliaslive:" in receiver_of_requests(stack)
    assert ":DeliverFunctionAliaslive:" in receiver_of_messages(stack)


@pytest.mark.parametrize("name", parameters())
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_gradual_deployment_publishes_for_every_parameter_that_the_function_uses(function: str, name: str) -> None:
    """And for no other: CloudFormation fails where Lambda has nothing new to publish."""
    before, after = before_and_after(name, {} if name == "GradualDeployment" else GRADUAL)
    is_changed = configuration(before, function) != configuration(after, function)
    assert (version(before, function) != version(after, function)) == is_changed


def test_some_parameters_are_used_by_a_function() -> None:
    """Else the test above would hold for a template without functions."""
    used = {
        function: {name for name in parameters() if _uses(function, name)} - {"GradualDeployment"}
        for function in FUNCTIONS
    }
    assert {"IngestMemory", "Architecture", "LogLevel", "Tracing"} <= used["IngestFunction"]
    assert {"DreamdataEndpoint", "DreamdataSecretArn", "PayloadCompression", "Tracing"} <= used["DeliverFunction"]


def _uses(function: str, name: str) -> bool:
    before, after = before_and_after(name, {} if name == "GradualDeployment" else GRADUAL)
    return configuration(before, function) != configuration(after, function)


@pytest.mark.parametrize("changed", ["RelayLayer", "RulesLayer", *FUNCTIONS])
@pytest.mark.parametrize("setting", [{}, GRADUAL], ids=["direct", "gradual"])
def test_new_code_and_a_new_layer_reach_what_runs(changed: str, setting: Mapping[str, str]) -> None:
    """The functions themselves by default, a new version behind the alias otherwise."""
    before, after = rebuilt(changed, setting)
    for function in FUNCTIONS:
        is_changed = changed in {function, "RelayLayer", "RulesLayer"}
        assert (configuration(before, function) != configuration(after, function)) == is_changed
        if setting:
            assert (version(before, function) != version(after, function)) == is_changed
    assert receiver_of_requests(before) == receiver_of_requests(after)
    assert receiver_of_messages(before) == receiver_of_messages(after)


@pytest.mark.parametrize("setting", [{}, GRADUAL], ids=["direct", "gradual"])
def test_nothing_is_published_where_nothing_changed(setting: Mapping[str, str]) -> None:
    """A second deployment of the same is one of nothing."""
    first, second = (Resolved(transform_template(read_template(), **setting), setting) for _ in range(2))
    assert first.resources() == second.resources()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_changed_property_of_the_template_publishes(function: str) -> None:
    """A release that raises a time-out, say, and leaves code and layer alone."""
    template = read_template()
    before = Resolved(transform_template(copy.deepcopy(template), **GRADUAL), GRADUAL)
    template["Resources"][function]["Properties"]["Timeout"] -= 1
    after = Resolved(transform_template(template, **GRADUAL), GRADUAL)
    assert version(before, function) != version(after, function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_turning_gradual_deployments_on_or_off_has_something_to_publish(function: str) -> None:
    """The version's description changes with it; Lambda publishes none of a function that has not changed."""
    before, after = before_and_after("GradualDeployment")
    assert version(before, function) != version(after, function)
    assert configuration(before, function) != configuration(after, function)


def longest() -> dict[str, str]:
    """What a large installation sets, each value long but of this world."""
    return {
        **GRADUAL,
        "Architecture": "x86_64",
        "DeliverMemory": "3008",
        "ParallelPosts": "16",
        "DreamdataEndpoint": "https://relay-egress.internal.example.com/dreamdata/v1/batch",
        "DreamdataSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:" + "analytics/dreamdata-Ab12Cd",
        "RolePath": "/relay/",
        "RulesLayerArn": "arn:aws:lambda:eu-central-1:111122223333:layer:relay-rules:12",
        "DeliverSubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1,subnet-0123456789abcdef2",
        "DeliverSecurityGroupIds": "sg-0123456789abcdef0",
        "DomainName": "events.example.com",
        "DomainMappingPath": "tracking/relay",
    }


@pytest.mark.parametrize(
    ("function", "setting"), [(name, setting) for name in FUNCTIONS for setting in (dict, longest)]
)
def test_a_versions_description_is_one_that_lambda_takes(function: str, setting: Callable[[], dict[str, str]]) -> None:
    """At most 256 characters; the update fails beyond, and says so."""
    stack = resolved(**{**GRADUAL, **setting()})
    (found,) = (
        resource["Properties"]["Description"]
        for name, resource in stack.resources().items()
        if name.startswith(f"{function}Version")
    )
    assert 0 < len(found) <= 256
