"""Patch: the emulator's HTTP APIs read a gzip body that calls itself JSON as text, which destroys it.

RudderStack's Python client sends such bodies by default. AWS does not say how it hands them over; here they come as
base64, like every other gzip body. The function answers a body that was destroyed on its way with a 400 that says so.
"""

from collections.abc import Callable
from typing import Any

from local.emulator.patching import replace

_GZIP = b"\x1f\x8b"


def apply() -> None:
    """Make the emulator's HTTP APIs tell gzip bodies by their bytes."""
    replace("ministack.services.apigateway", "_invoke_lambda_proxy", _by_their_bytes)


def as_binary(headers: Any, body: bytes | None) -> Any:
    """The request's headers, with a Content-Type that makes the emulator hand a gzip ``body`` over as base64."""
    if not body or not body.startswith(_GZIP):
        return headers
    return {**headers, "content-type": "application/octet-stream"}


def _by_their_bytes(invoke: Callable[..., Any]) -> Callable[..., Any]:
    def proxy(
        integration: Any,
        api_id: Any,
        stage: Any,
        path: Any,
        method: Any,
        headers: Any,
        body: Any,
        *rest: Any,
        **named: Any,
    ) -> Any:
        return invoke(integration, api_id, stage, path, method, as_binary(headers, body), body, *rest, **named)

    return proxy
