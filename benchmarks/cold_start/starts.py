"""One start of a process that imports something: the CPU it takes, the memory, and its dearest imports."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks import deployed

# Settings a function finds in its environment; nothing is called, so nothing has to be there.
SETTINGS = {
    **deployed.settings("bench"),
    # Refuses at once: all is made ready for the first call, which then is not answered.
    "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:1",
    # The layer lies read-only in Lambda: no byte code is written beside it.
    "PYTHONDONTWRITEBYTECODE": "1",
    "HOME": "/nonexistent",
}
_AROUND = """
import resource, sys, time
def _kilobytes():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
sys.path[:0] = {paths!r}
before, started = _kilobytes(), time.process_time()
{code}
print(time.process_time() - started, _kilobytes() - before)
"""
_IMPORT = re.compile(r"import time: +(\d+) \| +\d+ \| +(\S+)")


class Start(NamedTuple):
    """CPU seconds and MB of resident memory of the code alone, the interpreter's own start left out."""

    seconds: float
    megabytes: float


def start(code: str, paths: Sequence[str] = ()) -> Start:
    """Run ``code`` in a fresh process; raises RuntimeError with what it said when it fails."""
    seconds, kilobytes = _run(code, paths, []).stdout.split()
    return Start(float(seconds), int(kilobytes) / 1024)


def dearest(code: str, paths: Sequence[str] = (), most: int = 8) -> list[tuple[str, float]]:
    """The packages that take longest to import, with the ms of their own modules' code."""
    told = _run(code, paths, ["-X", "importtime"]).stderr
    spent: Counter[str] = Counter()
    for microseconds, module in _IMPORT.findall(told):
        spent[module.split(".")[0]] += int(microseconds)
    return [(package, microseconds / 1000) for package, microseconds in spent.most_common(most)]


def _run(code: str, paths: Sequence[str], options: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-c", _AROUND.format(paths=list(paths), code=code)]
    done = subprocess.run(command, capture_output=True, text=True, env=SETTINGS, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-400:])
    return done
