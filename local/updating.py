"""Updates a stack that is up, as a user does: `sam deploy` of another build, or with other parameters."""

from collections.abc import Mapping
from pathlib import Path

from local import sam
from local.aws import ENVIRONMENT
from local.emulator.mapping_concurrency import set_as_number
from local.rules import put_rules
from local.stack import Stack


def update(stack: Stack, template: Path, parameters: Mapping[str, str]) -> None:
    """Deploy the built `template` with `parameters`; raises LocalError with SAM's own reason."""
    url = f"{stack.sandbox_url}/v1/batch"
    rules = put_rules(stack.state, template)
    sam.deploy(stack.state, template, stack.aws_endpoint_url, ENVIRONMENT, url, {**rules, **parameters})
    # The routes lead to the function still; the mapping has its number as text again.
    set_as_number(stack.aws.functions, stack.outputs["DeliverFunctionName"])
