"""Finds the version of each function that traffic reaches, as the event source mapping and the HTTP API name it."""

import re
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from relay_cli.paging import pages
from relay_cli.stack import RelayStack

_DELIVER = "DeliverFunctionName"
_FUNCTION = re.compile(r"arn:[\w-]+:lambda:[\w-]*:\d*:function:[\w-]+(?::[\w$-]+)?")


def mappings(stack: RelayStack) -> list[dict[str, Any]]:
    """Return the event source mappings from the queue to the deliver function, not those to other functions."""
    name = stack.output(_DELIVER)
    call, queue = stack.functions.list_event_source_mappings, stack.output("QueueArn")
    listed = pages(call, "Marker", "NextMarker", EventSourceArn=queue)
    found = [mapping for page in listed for mapping in page["EventSourceMappings"]]
    return [mapping for mapping in found if name_in(str(mapping.get("FunctionArn", ""))) == name]


def deliver(stack: RelayStack) -> str:
    """Return what the queue's mapping invokes: the function's ARN, with an alias or version if it has one."""
    with suppress(ClientError):
        return deliver_or_none(stack) or stack.output(_DELIVER)
    return stack.output(_DELIVER)


def deliver_or_none(stack: RelayStack) -> str | None:
    """Return the same, or None without a mapping."""
    found = mappings(stack)
    return str(found[0]["FunctionArn"]) if found else None


def ingest(stack: RelayStack) -> str | None:
    """Return what the HTTP API's integration invokes, in the same form; None without an integration."""
    name = stack.output("IngestFunctionName")
    client = stack.client("apigatewayv2")
    for page in pages(client.get_integrations, ApiId=stack.output("HttpApiId")):
        for integration in page["Items"]:
            found = _FUNCTION.search(str(integration.get("IntegrationUri", "")))
            if found and name_in(found[0]) == name:
                return found[0]
    return None


def is_qualified(arn: str) -> bool:
    """Whether ``arn`` names an alias or a version."""
    return len(arn.split(":")) > 7


def name_in(arn: str) -> str:
    """Return the function's name in its ``arn``, qualified or not."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn
