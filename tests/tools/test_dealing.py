"""How the tests are dealt out to two processes, by what pytest prints of a run."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# None of them starts a stack.
FEW = (
    "tests/page/test_charts.py",
    "tests/page/test_tail.py",
    "tests/local/test_waiting.py",
    "tests/unit/test_rooms.py",
)


def test_those_that_share_a_stack_run_in_one_process() -> None:
    """All others go where there is time."""
    command = [sys.executable, "-m", "pytest", *FEW, "--numprocesses", "2", "--verbose", "-p", "no:cacheprovider"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout
    processes = defaultdict(set)
    for process, folder in re.findall(r"\[(gw\d)\].* tests/(\w+)/", run.stdout):
        processes[folder].add(process)
    assert (len(processes["page"]), len(processes["local"]), len(processes["unit"])) == (1, 1, 2)
    assert processes["page"] != processes["local"]
