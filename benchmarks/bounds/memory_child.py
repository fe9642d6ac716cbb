"""One invocation in a process of its own: prints the memory it needed above idle.

``python -m benchmarks.bounds.memory_child ingest|deliver EVENT_FILE SINK_URL`` prints four numbers in MB: resident at
idle (ready, one small invocation done); above that the peak of the runtime's own parsing of the event, and the peak
until the answer; and how far the latter is above what was resident with the event in hand.
"""

import gc
import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.bounds.work import body_of
from benchmarks.deployed import Context, settings
from benchmarks.ingest.invocation import Invocations, requests_of

_STATUS = Path("/proc/self/status")
_SMALL = [b'{"type":"page","userId":"u","messageId":"m","timestamp":"2026-11-23T12:00:00.000Z"}']


class _Key:
    def get_secret_value(self, **_: object) -> dict[str, str]:
        return {"SecretString": '{"api_key": "a-key"}'}


def records_of(bodies: list[bytes]) -> dict[str, Any]:
    """Message bodies as the Lambda event of an SQS queue."""
    system = {"ApproximateReceiveCount": "1", "SentTimestamp": "1795436874000"}
    source = {"source": {"stringValue": "http:default", "dataType": "String"}}
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"receipt-{number}",
                "body": body.decode(),
                "attributes": system,
                "messageAttributes": source,
                "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies)
        ]
    }


def _ingest(url: str) -> Callable[[dict[str, Any]], None]:
    invocations = Invocations(url)

    def invoke(event: dict[str, Any]) -> None:
        invocations.answer(event)

    invoke(requests_of([body_of(_SMALL)])[0])
    return invoke


def _deliver(url: str) -> Callable[[dict[str, Any]], None]:
    import deliver_handler

    os.environ.update(settings("deliver", url))
    with mock.patch.object(deliver_handler, "secrets_client", return_value=_Key()):
        deliver_handler._deliverer()

    def invoke(event: Mapping[str, Any]) -> None:
        answer = deliver_handler.handler(event, Context())
        if answer["batchItemFailures"]:
            raise SystemExit(f"{len(answer['batchItemFailures'])} messages were not delivered")

    with mock.patch.object(deliver_handler, "secrets_client", return_value=_Key()):
        invoke(records_of([body_of(_SMALL)]))
    return invoke


def megabytes(name: str) -> float:
    """A figure of this process in ``/proc``: ``VmRSS`` is resident now, ``VmHWM`` was at most."""
    (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024 / 1e6


def main() -> None:
    """Idle, event, answer."""
    function, file, url = sys.argv[1:]
    with redirect_stdout(io.StringIO()):
        invoke = {"ingest": _ingest, "deliver": _deliver}[function](url)
        gc.collect()
        # From here on the peak is counted anew (proc(5), clear_refs).
        Path("/proc/self/clear_refs").write_text("5")
        idle = megabytes("VmRSS")
        event = json.loads(Path(file).read_bytes())
        with_event, parsed = megabytes("VmRSS"), megabytes("VmHWM")
        invoke(event)
    peak = megabytes("VmHWM")
    print(idle, parsed - idle, peak - idle, peak - with_event)


if __name__ == "__main__":
    main()
