"""The emulator's own start, behind the stack's guard and with two gaps of it bridged.

It answers any Host, and lets every origin's pages read the answers. A page of any site could read the secrets and run
code as the developer. So the guard of all servers of the stack stands before it.

An alarm on metric math makes it refuse the whole stack.
ministack keeps alarms but knows only those on one metric each; a stack with another is rolled back. Here such an alarm
is kept as one on a metric that nobody writes, named after its expression: it is there to be listed, and never fires.
The template stays what it is.

A gzip body that calls itself JSON, as RudderStack's Python client sends it by default, is read as text and destroyed.
How AWS hands such a body over it does not say; here it comes as base64, like every other gzip body. The function itself
answers a body that was destroyed on its way with a 400 that says so.

Run by the emulator's Python, which has ministack and nothing of this project: `python -P emulator_main.py`.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def on_one_metric(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties of an alarm with metric math as those of one on a metric; any other alarm's as they are."""
    metrics = properties.get("Metrics")
    if not metrics:
        return properties
    watched = next((metric for metric in metrics if metric.get("ReturnData", True)), metrics[0])
    plain = {name: value for name, value in properties.items() if name != "Metrics"}
    return {**plain, "Namespace": "MetricMath", "MetricName": str(watched.get("Expression") or watched.get("Id"))}


def as_binary(headers: Any, body: bytes | None) -> Any:
    """The request's headers, with a Content-Type that makes the emulator hand a gzip ``body`` over as base64."""
    if not body or not body.startswith(b"\x1f\x8b"):
        return headers
    return {**headers, "content-type": "application/octet-stream"}


def bridge_gzip() -> None:
    """Make the emulator's HTTP APIs tell gzip bodies by their bytes."""
    gateway: Any = importlib.import_module("ministack.services.apigateway")
    invoke: Callable[..., Any] = gateway._invoke_lambda_proxy

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

    gateway._invoke_lambda_proxy = proxy


def guard() -> None:
    """Put the guard before all that the emulator serves; loaded by its path, since nothing here can be imported."""
    spec = importlib.util.spec_from_file_location("web_guard", Path(__file__).with_name("web_guard.py"))
    if spec is None or spec.loader is None:
        raise ImportError("web_guard.py is not beside this file")
    web_guard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(web_guard)
    emulator: Any = importlib.import_module("ministack.app")
    emulator.app = web_guard.WebGuard(emulator.app)


def main() -> Any:
    """Start ministack."""
    guard()
    bridge_gzip()
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    original: Callable[[str, dict[str, Any]], Any] = provisioners._cw_metric_alarm_record
    provisioners._cw_metric_alarm_record = lambda name, properties: original(name, on_one_metric(properties))
    return importlib.import_module("ministack.app").main()


if __name__ == "__main__":
    sys.exit(main())
