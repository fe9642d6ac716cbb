"""A transformed template as CloudFormation resolves it: with values for its parameters, without AWS.

What only AWS can tell stands as a made-up ARN that holds the resource's identity: another one where a property changes
that CloudFormation cannot change in place. So whatever refers to a replaced resource is seen to change with it.
"""

import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/relay/6f1c3a70-0000-4000-8000-000000000000",
    "AWS::StackName": "relay",
    "AWS::URLSuffix": "amazonaws.com",
}
_REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")
_NOTHING = object()


@functools.cache
def create_only(kind: str) -> frozenset[str]:
    """The top-level properties of a resource type that CloudFormation cannot change in place, by its own schema."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return frozenset(path.split("/")[2] for path in schema.get("createOnlyProperties", []))


class Resolved:
    """A transformed ``template`` with ``parameters`` (defaults where absent) and ``pseudo`` parameters."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, str], pseudo: Mapping[str, str] | None = None
    ) -> None:
        self.template = template
        self._values: dict[str, Any] = {**PSEUDO, **(pseudo or {})}
        for name, declared in template["Parameters"].items():
            self._values[name] = str(parameters.get(name, declared["Default"]))
        self._identities: dict[str, str] = {}

    def resources(self) -> dict[str, dict[str, Any]]:
        """The resources whose conditions hold, their properties resolved, by logical id."""
        found = {}
        for name, resource in self.template["Resources"].items():
            if "Condition" not in resource or self.holds(resource["Condition"]):
                found[name] = {**resource, "Properties": self.value(resource.get("Properties", {}))}
        return found

    def identity(self, logical_id: str) -> str:
        """Another one exactly when CloudFormation would replace the resource."""
        if logical_id not in self._identities:
            resource = self.template["Resources"][logical_id]
            fixed = {
                name: self.value(value)
                for name, value in resource.get("Properties", {}).items()
                if name in create_only(resource["Type"])
            }
            text = json.dumps([logical_id, fixed], sort_keys=True)
            self._identities[logical_id] = hashlib.sha256(text.encode()).hexdigest()[:12]
        return self._identities[logical_id]

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template does."""
        return self._truth(self.template["Conditions"][condition])

    def violations(self) -> list[str]:
        """What the template's rules say against these parameters."""
        return [
            assertion["AssertDescription"]
            for rule in self.template.get("Rules", {}).values()
            if "RuleCondition" not in rule or self._truth(rule["RuleCondition"])
            for assertion in rule["Assertions"]
            if not self._truth(assertion["Assert"])
        ]

    def value(self, part: Any) -> Any:
        """``part`` of the template, resolved."""
        if isinstance(part, list):
            values = [self._part(item) for item in part]
            return [value for value in values if value is not _NOTHING]
        if not isinstance(part, dict):
            return part
        if len(part) == 1:
            ((function, argument),) = part.items()
            if function == "Ref":
                return self._ref(argument)
            if function.startswith("Fn::"):
                return self._call(function.removeprefix("Fn::"), argument)
        values = {name: self._part(item) for name, item in part.items()}  # type: ignore[assignment]
        return {name: value for name, value in values.items() if value is not _NOTHING}  # type: ignore[attr-defined]

    def _part(self, part: Any) -> Any:
        return _NOTHING if part == {"Ref": "AWS::NoValue"} else self.value(part)

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        return self._values[name] if name in self._values else self._attribute(name)

    def _attribute(self, logical_id: str, attribute: str = "") -> str:
        suffix = f"/{attribute}" if attribute else ""
        return f"arn:aws:made-up:eu-west-1:111122223333:{logical_id}:name:{self.identity(logical_id)}{suffix}"

    def _call(self, function: str, argument: Any) -> Any:
        if function == "If":
            condition, yes, no = argument
            return self._part(yes if self.holds(condition) else no)
        if function == "GetAtt":
            logical_id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
            return self._attribute(logical_id, attribute)
        if function == "Sub":
            return self._sub(argument)
        if function == "Join":
            return argument[0].join(self.value(argument[1]))
        if function == "Split":
            return self.value(argument[1]).split(argument[0])
        if function == "Select":
            return self.value(argument[1])[int(argument[0])]
        raise ValueError(f"Fn::{function} is not known here")

    def _sub(self, argument: str | list[Any]) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def replaced(found: re.Match[str]) -> str:
            name = found[1]
            if name in variables:
                return str(self.value(variables[name]))
            logical_id, dot, attribute = name.partition(".")
            return self._attribute(logical_id, attribute) if dot else str(self._ref(name))

        return _REFERENCE.sub(replaced, text)

    def _truth(self, condition: Mapping[str, Any]) -> bool:
        ((function, argument),) = condition.items()
        if function == "Condition":
            return self.holds(argument)
        if function == "Fn::Equals":
            first, second = (self.value(part) for part in argument)
            return bool(str(first) == str(second))
        truths: Sequence[bool] = [self._truth(part) for part in argument]
        return {"Fn::Not": not truths[0], "Fn::And": all(truths), "Fn::Or": any(truths)}[function]
