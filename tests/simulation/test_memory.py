"""The largest invocations stay well within the functions' 512 MB: each in a process of its own, by its peak."""

import subprocess
import sys

import pytest

from benchmarks.bounds.batches import GOOD
from benchmarks.bounds.worst import WORST, cost

_LIMIT_MB = 400
_START = """
import json, sys
from tests.fakes.relay import DeliverBench, IngestBench, message
from tests.fakes.relay import QUEUE
event = {"type": "track", "messageId": "m-%08d", "timestamp": "2026-11-23T12:00:00.000Z", "userId": "u", "event": "E"}
good = json.dumps(event | {"properties": {"text": "x" * 200}})
def post(body):
    status = IngestBench().post(body).status
    assert status == 200, status
def deliver(bodies):
    failed = DeliverBench().deliver([message(body, f"m{n}") for n, body in enumerate(bodies)])
    assert failed == [], failed
"""
_CASES = {
    "6 MB of good events in one request": """
body = '{"batch":[' + ",".join(good % n for n in range(16_000)) + "]}"
post(body)
""",
    "two million empty events in one request": """
post('{"batch":[' + ",".join(["{}"] * 2_000_000) + "]}")
""",
    "6 MB of chunks in one batch": """
deliver(['{"batch":[' + ",".join(good % (c * 200 + n) for n in range(180)) + "]}" for c in range(90)])
""",
    "six messages of a million bytes of nonsense": """
deliver(["[" + ",".join(["{}"] * 330_000) + "]" for _ in range(6)])
""",
}
# Not getrusage: its peak outlives the exec, so that it would be the one of the process that started this.
_END = """
(peak,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM:")]
print(int(peak.split()[1]) / 1024)
"""


@pytest.mark.parametrize("case", _CASES)
def test_an_invocation_needs_far_less_than_its_memory(case: str) -> None:
    command = [sys.executable, "-c", _START + _CASES[case] + _END]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}, check=False)

    assert done.returncode == 0, done.stderr[-500:]
    assert float(done.stdout) < _LIMIT_MB, f"{case}: {done.stdout.strip()} MB"


@pytest.mark.parametrize("case", WORST)
def test_the_dearest_batches_that_a_search_found_do_not_either(case: str) -> None:
    found = cost(WORST[case])

    assert found.peak < _LIMIT_MB, f"{case}: {found}"
    if found.owes_good:
        assert found.good == len(GOOD), f"{case}: {found}"
