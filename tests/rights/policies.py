"""The template's policies with made-up names where CloudFormation fills them in, and what IAM says of them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from local.patience import patient
from local.places import ROOT, TOOLS
from tests.clients.installing import alone
from tests.rights.calls import Operation, method_of
from tools.transform import transformed

_ACCOUNT = "eu-west-1:123456789012"
_ARNS = {
    "AWS::SQS::Queue": f"arn:aws:sqs:{_ACCOUNT}:{{}}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{_ACCOUNT}:secret:{{}}-AbCdEf",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_ACCOUNT}:log-group:{{}}:*",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_ACCOUNT}:function:{{}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{_ACCOUNT}:{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/{}",
}
_PARAMETERS = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "relay",
    "KmsKeyArn": f"arn:aws:kms:{_ACCOUNT}:key/11112222-3333-4444-5555-666677778888",
    "DreamdataSecretArn": f"arn:aws:secretsmanager:{_ACCOUNT}:secret:dreamdata-AbCdEf",
}
_KEY_OF_A_SECRET = f"arn:aws:kms:{_ACCOUNT}:key/99992222-3333-4444-5555-666677778888"
_NOTHING = {"Ref": "AWS::NoValue"}


class Filled:
    """The template after the transform; of each ``Fn::If`` the branch that is taken where ``conditions`` hold."""

    def __init__(self, conditions: bool) -> None:
        self._resources: dict[str, Any] = transformed()["Resources"]
        self._branch = 1 if conditions else 2

    def policies(self) -> dict[str, dict[str, Any]]:
        """Every policy document by its role's name and its own, or by the name of the queue's or topic's policy.

        Without principals: IAM knows none in an identity's policy, and what else there is to find is the same.
        """
        found: dict[str, dict[str, Any]] = {}
        for name, resource in self._resources.items():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::IAM::Role":
                for policy in self._filled(properties.get("Policies", [])):
                    found[f"{name}.{policy['PolicyName']}"] = policy["PolicyDocument"]
            elif "PolicyDocument" in properties:
                document = self._filled(properties["PolicyDocument"])
                for statement in document["Statement"]:
                    del statement["Principal"]
                found[name] = document
        return found

    def actions(self, role: str) -> set[str]:
        """The actions that a role's policies allow."""
        return {
            action
            for name, document in self.policies().items()
            if name.startswith(f"{role}.")
            for statement in document["Statement"]
            if statement["Effect"] == "Allow"
            for action in _listed(statement["Action"])
        }

    def role_of(self, function: str) -> str:
        """The logical id of a function's role."""
        return str(self._resources[function]["Properties"]["Role"]["Fn::GetAtt"][0])

    def _filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(one) for one in value if self._chosen(one) != _NOTHING]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Fn::If": _}:
                return self._filled(self._chosen(value))
            case {"Ref": str(name)}:
                return _PARAMETERS.get(name) or (self._arn(name) if name in self._resources else _sample(name))
            case {"Fn::GetAtt": [str(name), *_]}:
                return self._arn(name)
            case {"Fn::Sub": str(text)}:
                return self._substituted(text, {})
            case {"Fn::Sub": [str(text), dict(variables)]}:
                return self._substituted(text, self._filled(variables))
            case {"Fn::Split": [str(separator), text]}:
                return self._filled(text).split(separator)
            case {"Fn::Select": [number, texts]}:
                return self._filled(texts)[int(number)]
        return {name: self._filled(one) for name, one in value.items() if self._chosen(one) != _NOTHING}

    def _chosen(self, value: Any) -> Any:
        while isinstance(value, dict) and "Fn::If" in value:
            value = value["Fn::If"][self._branch]
        return value

    def _substituted(self, text: str, variables: dict[str, Any]) -> str:
        def value(found: re.Match[str]) -> str:
            name = found[1]
            if name in variables:
                return str(variables[name])
            logical = name.split(".")[0]
            return self._arn(logical) if logical in self._resources else str(self._filled({"Ref": name}))

        return re.sub(r"\$\{([^}]+)\}", value, text)

    def _arn(self, name: str) -> str:
        return _ARNS[self._resources[name]["Type"]].format(name)


def _sample(parameter: str) -> str:
    """A value for a parameter that names a key, or anything else."""
    return _KEY_OF_A_SECRET if "Key" in parameter else parameter


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def asked(policies: dict[str, Any], services: Iterable[str]) -> dict[str, Any]:
    """What tools/policies.py answers."""
    with alone(TOOLS / "policies.lock"):
        subprocess.run([sys.executable, str(ROOT / "tools" / "setup.py"), "policies"], check=True, cwd=ROOT)
    done = subprocess.run(
        [str(TOOLS / "policies" / "bin" / "python"), "-P", str(ROOT / "tools" / "policies.py")],
        input=json.dumps({"policies": policies, "services": sorted(services)}),
        capture_output=True,
        text=True,
        timeout=patient(60),
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def prefix_of(operation: Operation) -> str:
    """How IAM names an operation's service."""
    return "apigateway" if operation.service == "apigatewayv2" else operation.service


def actions_for(operations: Iterable[Operation], known: dict[str, list[str]]) -> set[str]:
    """The IAM actions that ``operations`` ask for.

    SQS judges a batch by the action of the single call, and API Gateway every call by its HTTP method.
    """
    found = set()
    for operation in operations:
        prefix = prefix_of(operation)
        names = (operation.name, operation.name.removesuffix("Batch"), method_of(operation))
        action = next((name for name in names[: 3 if prefix == "apigateway" else 2] if name in known[prefix]), None)
        assert action, f"IAM knows no action for {operation.service}'s {operation.name}"
        found.add(f"{prefix}:{action}")
    return found
