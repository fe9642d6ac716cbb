"""One invocation of the deliver function's core in a process of its own: prints what it cost.

``python -m benchmarks.bounds.batch_child EVENT_FILE ANSWER LETTERS`` prints JSON: ``cpu`` seconds of the invocation,
``peak`` of the process in MB, the event included, ``good``: how many good neighbours were delivered, ``failed`` and
``posts``.
"""

import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import deliver_handler
from benchmarks.bounds.batches import GOOD
from benchmarks.bounds.memory_child import megabytes
from benchmarks.bounds.work import Quiet
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.deliver.responses import Answer, NoAnswer
from dreamdata_relay.deliver.service import Deliverer
from dreamdata_relay.secrets.keys import DreamdataKey
from dreamdata_relay.secrets.remembered import RememberedSecret

_REMAINING_S = 60.0
# Lambda gives a whole one at 1,769 MB, and less in proportion.
_VCPU = 512 / 1_769


class _Clock(SystemClock):
    """The clock of a function of 512 MB: it has 0.29 of a processor, and is as late as if it had waited."""

    _slept = 0.0

    def monotonic(self) -> float:
        return time.process_time() / _VCPU + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


class _Key:
    def fetch(self) -> str:
        return '{"api_key": "a-key-of-dreamdata+1"}'


class _Sqs:
    """boto3's client as far as it takes memory: each call as the JSON text that is sent, and nothing kept."""

    def __init__(self, there: bool) -> None:
        self._there = there

    def _call(self, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        json.dumps(Entries).encode()
        if not self._there:
            raise ConnectionError
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return self._call(Entries)

    def delete_message_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return self._call(Entries)

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return self._call(Entries)


class Dreamdata:
    """Answers as told; ``good`` is which neighbours it took."""

    longest_s = 18.0

    def __init__(self, answer: str) -> None:
        self._answer = answer
        self.good: set[str] = set()
        self.posts = 0

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
        """Look for the good ones in what is taken."""
        self.posts += 1
        status = int(self._answer[:3])
        if self._answer == "400 to some":
            status = 400 if b"refuse me" in body else 200
        if status == 200:
            self.good |= {name for name in GOOD if name.encode() in body}
        return Answer(status, start=b'{"error":"no"}')


def main() -> None:
    """Read, deliver, tell."""
    file, answer, letters = sys.argv[1:]
    clock, dreamdata = _Clock(), Dreamdata(answer)
    queue = SqsQueue(_Sqs(there=True), "queue", clock)
    deliverer = Deliverer(
        queue=queue,
        held=queue,
        dead_letters=SqsQueue(_Sqs(there=letters == "True"), "letters", clock),
        endpoint=dreamdata,
        key=DreamdataKey(RememberedSecret(_Key(), clock)),
        clock=clock,
        telemetry=Quiet(),
        jitter=random.Random(1).random,  # noqa: S311  # the same for the same batch
    )
    event = json.loads(Path(file).read_bytes())
    messages = [deliver_handler._message(record, None) for record in event["Records"]]
    parsed = megabytes("VmHWM")
    started, began = time.process_time(), clock.monotonic()
    failed = deliverer.deliver(messages, _REMAINING_S)
    took = time.process_time() - started
    found = {
        "seconds": clock.monotonic() - began,
        "cpu": took,
        "peak": megabytes("VmHWM"),
        "parsed": parsed,
        "good": len(dreamdata.good),
    }
    print(json.dumps({**found, "failed": len(failed), "messages": len(messages), "posts": dreamdata.posts}))


if __name__ == "__main__":
    main()
