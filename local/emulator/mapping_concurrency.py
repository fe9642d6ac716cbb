"""Sets a number that reaches an event source mapping by a parameter as one: in the emulator it stays text.

CloudFormation hands every parameter on as text, and AWS reads `ScalingConfig.MaximumConcurrency` as the number it is.
ministack compares the text with a number, fails, and polls no queue at all. So the value that the template gave is set
once more, as a number, through the Lambda API.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def set_as_number(functions: "LambdaClient", function_name: str) -> None:
    """Set the maximum concurrency of the function's mappings to what it is; `functions` is a boto3 Lambda client."""
    for mapping in functions.list_event_source_mappings(FunctionName=function_name)["EventSourceMappings"]:
        # boto3 shows a number in either case: there is no telling whether it needs mending.
        if value := mapping.get("ScalingConfig", {}).get("MaximumConcurrency"):
            functions.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": int(value)}
            )
