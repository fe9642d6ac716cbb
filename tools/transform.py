"""The template as plain CloudFormation: what SAM makes of template.yaml, without AWS.

``python -m tools.transform [Parameter=value ...]`` prints it, for linters whose rules do not see the SAM form.
"""

import functools
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"


class _NoManagedPolicies(ManagedPolicyLoader):  # type: ignore[misc]  # the translator brings no types
    """Every role is written out in the template; a managed policy would need AWS to be looked up, and fails here."""

    def __init__(self) -> None:
        super().__init__(None)

    def load(self) -> dict[str, str]:
        """Return no policy."""
        return {}


def read_template() -> dict[str, Any]:
    """template.yaml with ``!Ref`` and the like as ``{"Ref": ...}``."""
    parsed: dict[str, Any] = json.loads(_as_json(TEMPLATE.read_text(encoding="utf-8")))
    return parsed


@functools.cache
def _as_json(text: str) -> str:
    # Reading the YAML takes a quarter of a second, a copy of what was read next to nothing.
    return json.dumps(cfn_yaml.loads(text))


def transformed(**parameters: str) -> dict[str, Any]:
    """The template after SAM's transform with ``parameters``."""
    return transform_template(read_template(), **parameters)


def transform_template(template: dict[str, Any], **parameters: str) -> dict[str, Any]:
    """``template``, which is used up, after SAM's transform; local code paths stand as made-up S3 addresses."""
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if not str(resource.get("Properties", {}).get(name, "s3://")).startswith("s3://"):
                resource["Properties"][name] = "s3://artifacts/code.zip"
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    result: dict[str, Any] = transform(template, parameters, _NoManagedPolicies())
    return result


if __name__ == "__main__":
    # It tells of features that only the service itself can switch.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    print(json.dumps(transformed(**dict(argument.split("=", 1) for argument in sys.argv[1:])), indent=1))
