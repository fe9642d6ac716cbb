"""Which version of each function traffic reaches: what the event source mapping and the HTTP API name."""

from typing import Any

from botocore.exceptions import ClientError

from relay_cli.paging import pages
from relay_cli.stack import RelayStack

_DELIVER = "DeliverFunctionName"


def mappings(stack: RelayStack) -> list[dict[str, Any]]:
    """The event source mappings of the queue to the deliver function; other functions that read it are not listed."""
    name = stack.output(_DELIVER)
    listed = pages(stack.functions.list_event_source_mappings, "Marker", EventSourceArn=stack.output("QueueArn"))
    found = [mapping for page in listed for mapping in page["EventSourceMappings"]]
    return [mapping for mapping in found if name_in(str(mapping.get("FunctionArn", ""))) == name]


def deliver(stack: RelayStack) -> str:
    """What the queue's mapping invokes: the function's ARN, with alias or version where it names one."""
    try:
        found = mappings(stack)
    except ClientError:
        found = []
    return str(found[0]["FunctionArn"]) if found else stack.output(_DELIVER)


def name_in(arn: str) -> str:
    """The function's name in its ``arn``, qualified or not."""
    parts = arn.split(":")
    return parts[6] if len(parts) > 6 else arn
