"""What an update changes reaches traffic: new code, a new layer, and every parameter that a function uses.

Without gradual deployment requests and messages go to the functions themselves. With it they go to an alias, which
follows a version; CloudFormation publishes one only where the version's own definition changes.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tools.changes import EXAMPLES, NEEDED, TOGETHER, another, before_and_after, is_allowed, parameters, resolved
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
    """The longest value that the template allows of each parameter; MaxLength where a pattern has no end."""
    filled = {
        "DreamdataEndpoint": "https://relay-egress.example.com/@",
        "DreamdataSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:@-Ab12Cd",
        "PrivacyKeys": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:@-Ab12Cd",
        "RulesLayerArn": "arn:aws:lambda:eu-central-1:111122223333:layer:@:12",
        "RolePath": "/@/",
        "DomainMappingPath": "@",
    }
    of_patterns = {
        name: value.replace("@", "x" * (parameters()[name]["MaxLength"] - len(value) + 1))
        for name, value in filled.items()
    }
    of_lists = {
        name: max(map(str, declared["AllowedValues"]), key=len)
        for name, declared in parameters().items()
        if "AllowedValues" in declared
    }
    of_numbers = {name: str(each["MaxValue"]) for name, each in parameters().items() if "MaxValue" in each}
    return {
        **of_lists,
        **of_numbers,
        **of_patterns,
        **GRADUAL,
        "DeliverSubnetIds": ",".join(f"subnet-{number:017x}" for number in range(16)),
        "DeliverSecurityGroupIds": ",".join(f"sg-{number:017x}" for number in range(5)),
        "DomainName": "events.example.com",
        "DomainCertificateArn": EXAMPLES["DomainCertificateArn"],
    }


FREE_TEXTS = (
    "DreamdataEndpoint",
    "DreamdataSecretArn",
    "PrivacyKeys",
    "RulesLayerArn",
    "RolePath",
    "DomainMappingPath",
)


def descriptions(stack: Resolved, kind: str) -> dict[str, str]:
    """The description of each resource of the type, by logical id."""
    found = {name: each["Properties"] for name, each in stack.resources().items() if each["Type"] == kind}
    return {name: properties["Description"] for name, properties in found.items()}


def test_the_longest_values_are_ones_that_cloudformation_takes() -> None:
    """And no longer ones of the parameters that functions use: the test below would prove too little."""
    values = longest()
    assert [name for name, value in values.items() if not is_allowed(name, value)] == []
    assert [name for name in FREE_TEXTS if is_allowed(name, values[name] + "x")] == []
    for name, more in (
        ("DeliverSubnetIds", "subnet-00000000000000abc"),
        ("DeliverSecurityGroupIds", "sg-00000000000000abc"),
    ):
        assert not is_allowed(name, f"{values[name]},{more}")
    assert resolved(**values).violations() == []


@pytest.mark.parametrize("setting", [dict, longest])
@pytest.mark.parametrize("kind", ["AWS::Lambda::Version", "AWS::Lambda::LayerVersion"])
def test_a_description_is_one_that_lambda_takes(kind: str, setting: Callable[[], dict[str, str]]) -> None:
    """At most 256 characters, whatever the parameters: Lambda refuses more, and with it the update."""
    found = descriptions(resolved(**{**GRADUAL, **setting()}), kind)
    assert len(found) >= len(FUNCTIONS)
    assert {name: text for name, text in found.items() if not 0 < len(text) <= 256} == {}


@pytest.mark.parametrize("name", [*FREE_TEXTS, "DeliverSubnetIds", "DeliverSecurityGroupIds"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_last_character_of_a_longest_value_publishes_a_version(function: str, name: str) -> None:
    """What is told of a value is told of all of it."""
    values = longest()
    changed = "y".join(values[name].rsplit("x", 1)) if name in FREE_TEXTS else f"{values[name][:-1]}e"
    assert is_allowed(name, changed)
    before, after = resolved(**values), resolved(**{**values, name: changed})
    is_used = configuration(before, function) != configuration(after, function)
    assert (version(before, function) != version(after, function)) == is_used


def test_without_gradual_deployments_no_settings_are_counted() -> None:
    """Nothing refers to the layers' numbers then."""
    layers = descriptions(resolved(), "AWS::Lambda::LayerVersion")
    assert [name for name in layers if "Settings" in name] == []
