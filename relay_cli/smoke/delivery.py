"""Follows one marked event all the way to Dreamdata, which counts it; only on request."""

from collections.abc import Iterator
from typing import Any

from relay_cli import sending
from relay_cli.errors import RelayCommandError
from relay_cli.log_lines import FunctionLogs
from relay_cli.relay_keys import RelayKeysSecret
from relay_cli.smoke.results import FAILED, Result, ok_if
from relay_cli.smoke.run import Run

GROUP = "delivery"
EVENT = "Relay smoke test"
_SECONDS = 60.0


def checks(run: Run) -> Iterator[Result]:
    """Check that the event is delivered, which only Dreamdata's own 2xx shows."""
    event: dict[str, Any] = {
        "type": "track",
        "event": EVENT,
        "userId": "relay-smoke",
        "messageId": run.marker_of("deliver") + "1",
        "properties": {"marker": run.marker},
    }
    key = RelayKeysSecret(run.stack.secrets, run.stack.output("IngestKeysSecretArn")).value(run.key_name)
    sent_at = run.stack.now()
    try:
        sending.post(run.stack.api_url, key, [event])
        logs = FunctionLogs.of(run.stack)
        end = sending.follow(logs, [event["messageId"]], sent_at, _SECONDS, lambda _: None, run.pause)
    except RelayCommandError as error:
        yield Result(GROUP, "one event", FAILED, str(error))
        return
    yield ok_if(end.what == "delivered", GROUP, "one event", end.detail, f"{end.what}: {end.detail}")
