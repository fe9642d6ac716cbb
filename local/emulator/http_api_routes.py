"""Makes the routes of an HTTP API, which the emulator does not read from its OpenAPI body.

SAM turns an `AWS::Serverless::HttpApi` into an `AWS::ApiGatewayV2::Api` whose `Body` describes all routes. AWS reads
them from there; ministack ignores `Body`, so that a stack is deployed without complaint and every path answers 404. The
routes are therefore read from the processed template, after the deploy, and made through the API Gateway API.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from local.errors import LocalError

_INTEGRATION = "x-amazon-apigateway-integration"
_ANY_METHOD = "x-amazon-apigateway-any-method"


def routes_of(template: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The routes in a processed template: logical id of the API, route key, logical id of the function."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        for path, methods in resource["Properties"].get("Body", {}).get("paths", {}).items():
            for method, operation in methods.items():
                verb = "ANY" if method == _ANY_METHOD else method.upper()
                key = "$default" if path.lstrip("/") == "$default" else f"{verb} {path}"
                yield logical_id, key, _function_of(operation[_INTEGRATION]["uri"])


def add_routes(
    client: Any, template: Mapping[str, Any], physical_ids: Mapping[str, str], function_arn_prefix: str
) -> int:
    """Make every route of the processed `template` that the emulator has not; returns how many were made.

    `physical_ids` maps logical to physical ids; `function_arn_prefix` ends in `function:`.
    """
    made = 0
    for api, key, function in routes_of(template):
        api_id = physical_ids[api]
        if key in {route["RouteKey"] for route in client.get_routes(ApiId=api_id)["Items"]}:
            continue
        integration = client.create_integration(
            ApiId=api_id,
            IntegrationType="AWS_PROXY",
            IntegrationUri=_arn(physical_ids[function], function_arn_prefix),
            PayloadFormatVersion="2.0",
        )
        client.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integration['IntegrationId']}")
        made += 1
    return made


def _arn(physical_id: str, function_arn_prefix: str) -> str:
    """A function's physical id is its name, an alias's its ARN."""
    return physical_id if physical_id.startswith("arn:") else f"{function_arn_prefix}{physical_id}"


def _function_of(uri: Any) -> str:
    """The logical id in an integration's URI: ``Fn::Sub`` of a text and what stands for its variables.

    A variable that is chosen by a condition is taken as it is without it: the local stack is not deployed gradually.
    """
    text, variables = (uri.get("Fn::Sub", ""), {}) if isinstance(uri, dict) else (str(uri), {})
    if isinstance(text, list):
        text, variables = text
    _, found, rest = text.partition("functions/${")
    if not found:
        raise LocalError(f"a route of the template goes to no function of it: {uri}")
    name = str(rest.partition("}")[0])
    value = variables.get(name, {"Ref": name.partition(".")[0]})
    if "Fn::If" in value:
        value = value["Fn::If"][2]
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])
