"""For each parameter of the template another value, and the template before and after it is given."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from tools.resolved import Resolved
from tools.transform import read_template, transformed

# What no list and no range of allowed values tells.
EXAMPLES = {
    "DreamdataEndpoint": "https://eu.example.com/v1/batch",
    "DreamdataSecretArn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/dreamdata-Ab12Cd",
    "KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:111122223333:alarms",
    "AlarmEmail": "somebody@example.com",
}
# What has to be set, before and after, for a parameter to be used at all.
NEEDED: dict[str, dict[str, str]] = {
    "DeploymentType": {"GradualDeployment": "true"},
}


def parameters() -> dict[str, dict[str, Any]]:
    """The template's parameters."""
    found: dict[str, dict[str, Any]] = read_template()["Parameters"]
    return found


def another(name: str) -> str:
    """A value of the parameter that is allowed and not its default."""
    declared = parameters()[name]
    if name in EXAMPLES:
        return EXAMPLES[name]
    if "AllowedValues" in declared:
        return next(str(value) for value in declared["AllowedValues"] if str(value) != str(declared["Default"]))
    return str(declared["Default"] + (1 if declared["Default"] < declared["MaxValue"] else -1))


def is_allowed(name: str, value: str) -> bool:
    """Whether CloudFormation would take ``value`` for the parameter."""
    declared = parameters()[name]
    if "AllowedValues" in declared:
        return value in map(str, declared["AllowedValues"])
    if declared["Type"] == "Number":
        return bool(declared["MinValue"] <= float(value) <= declared["MaxValue"])
    values = value.split(",") if declared["Type"] == "CommaDelimitedList" else [value]
    pattern = re.compile(declared["AllowedPattern"])
    return all(pattern.search(part) and len(part) <= declared.get("MaxLength", 4096) for part in values)


def before_and_after(name: str, setting: Mapping[str, str] | None = None) -> tuple[Resolved, Resolved]:
    """The stack with the parameter's default and with another value; ``setting``, and what it needs, holds for both."""
    base = {**NEEDED.get(name, {}), **(setting or {})}
    return resolved(**base), resolved(**base, **{name: another(name)})


def resolved(**values: str) -> Resolved:
    """The template as CloudFormation resolves it with these parameters."""
    return Resolved(_transformed(json.dumps(values, sort_keys=True)), values)


@functools.cache
def _transformed(values: str) -> dict[str, Any]:
    return transformed(**json.loads(values))
