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
    "RulesLayerArn": "arn:aws:lambda:eu-west-1:111122223333:layer:privacy-rules:3",
    "PrivacyKeys": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:team/privacy-Ab12Cd",
    "KmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:111122223333:alarms",
    "AlarmEmail": "somebody@example.com",
    "DreamdataSecretKmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/5678abcd-12ab-34cd-56ef-1234567890ab",
    "FormerKmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/0000abcd-12ab-34cd-56ef-1234567890ab",
    "DeliverMinimumPollers": "2",
    "DeliverSubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "DeliverSecurityGroupIds": "sg-0123456789abcdef0",
    "SenderAccountIds": "444455556666,777788889999",
    "SenderOrganizationId": "o-a1b2c3d4e5",
    "DomainName": "events.example.com",
    "DomainCertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
    "DomainMappingPath": "relay/events",
    "DomainTruststoreUri": "s3://truststores/senders.pem",
    "DomainTruststoreVersion": "version-2",
    "RolePath": "/team/relay/",
    "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/boundary",
}
_OTHER_CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/0000abcd-12ab-34cd-56ef-1234567890ab"
_DOMAIN = {"DomainName": EXAMPLES["DomainName"], "DomainCertificateArn": EXAMPLES["DomainCertificateArn"]}
# What has to be set, before and after, for a parameter to be used at all.
NEEDED: dict[str, dict[str, str]] = {
    "Suppression": {"PrivacyKeys": "own"},
    "DeploymentType": {"GradualDeployment": "true"},
    "DreamdataSecretKmsKeyArn": {"DreamdataSecretArn": EXAMPLES["DreamdataSecretArn"]},
    "DeliverMaximumPollers": {"DeliverMinimumPollers": "2"},
    "DeliverSecurityGroupIds": {
        "DeliverSubnetIds": EXAMPLES["DeliverSubnetIds"],
        "DeliverSecurityGroupIds": "sg-00000000000000000",
    },
    "DomainCertificateArn": {**_DOMAIN, "DomainCertificateArn": _OTHER_CERTIFICATE},
    "DomainMappingPath": _DOMAIN,
    "DomainTruststoreUri": _DOMAIN,
    "DomainTruststoreVersion": {**_DOMAIN, "DomainTruststoreUri": EXAMPLES["DomainTruststoreUri"]},
    "DisableDefaultEndpoint": _DOMAIN,
}
# What is set together with a parameter.
TOGETHER: dict[str, dict[str, str]] = {
    "DeliverSubnetIds": {"DeliverSecurityGroupIds": EXAMPLES["DeliverSecurityGroupIds"]},
    "DomainName": {"DomainCertificateArn": EXAMPLES["DomainCertificateArn"]},
}


@functools.cache
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
    return bool(re.search(declared["AllowedPattern"], value)) and len(value) <= declared.get("MaxLength", 4096)


def before_and_after(name: str, setting: Mapping[str, str] | None = None) -> tuple[Resolved, Resolved]:
    """The stack with the parameter's default and with another value; ``setting``, and what it needs, holds for both."""
    base = {**NEEDED.get(name, {}), **(setting or {})}
    return resolved(**base), resolved(**{**base, **TOGETHER.get(name, {}), name: another(name)})


def resolved(**values: str) -> Resolved:
    """The template as CloudFormation resolves it with these parameters."""
    return Resolved(_transformed(json.dumps(values, sort_keys=True)), values)


@functools.cache
def _transformed(values: str) -> dict[str, Any]:
    return transformed(**json.loads(values))
