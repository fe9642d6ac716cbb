"""Which version of each function traffic reaches: what the event source mapping and the HTTP API name."""

import re
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from relay_cli.paging import pages
from relay_cli.stack import RelayStack

_DELIVER = "DeliverFunctionName"
_FUNCTION = re.compile(r"arn:[\w-]+:lambda:[\w-]*:\d*:function:[\w-]+(?::[\w$-]+)?")


def mappings(stack: RelayStack) -> list[dict[str, Any]]:
    """The event source mappings of the queue to the deliver function; other functions that read it are not listed."""
    name = stack.output(_DELIVER)
    call, queue = stack.functions.list_event_source_mappings, stack.output("QueueArn")
    listed = pages(call, "Marker", "NextMarker", EventSourceArn=queue)
    found = [mapping for page in listed for mapping in page["EventSourceMappings"]]
    return [mapping for mapping in found if name_in(str(mapping.get("FunctionArn", ""))) == name]


def deliver(stack: RelayStack) -> str:
    """What the queue's mapping invokes: the function's ARN, with alias or version where it names one."""
    with suppress(ClientError):
        return deliver_or_none(stack) or stack.output(_DELIVER)
    return stack.output(_DELIVER)


def deliver_or_none(stack: RelayStack) -> str | None:
    """The same; None where there is no mapping."""
    found = mappings(stack)
    return str(found[0]["FunctionArn"]) if found else None


def ingest(stack: RelayStack) -> str | None:
    """What the HTTP API's integration invokes, in the same form; None where there is none."""
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
    """The function's name in its ``arn``, qualified or not."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn
