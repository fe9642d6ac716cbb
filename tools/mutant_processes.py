"""Which lines of the package a test runs, and functions run in a process of their own."""

import os
import resource
import select
import signal
import sys
import traceback
from collections import defaultdict
from types import CodeType

from tools.mutants import KEPT, PACKAGE

_MEMORY_BYTES = 4 << 30
_TOOL = sys.monitoring.PROFILER_ID


class Lines:
    """The package's lines that run, each told once a test."""

    def __init__(self):
        self.found = defaultdict(set)
        self._of = {
            str(path): ".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in PACKAGE.rglob("*.py")
        }
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "mutants")
        monitoring.register_callback(_TOOL, monitoring.events.LINE, self._line)
        monitoring.set_events(_TOOL, monitoring.events.LINE)

    def begin(self):
        """Forget what ran: another test begins."""
        self.found = defaultdict(set)
        sys.monitoring.restart_events()

    def _line(self, code: CodeType, line: int):
        if module := self._of.get(code.co_filename):
            self.found[module].add(line)
        return sys.monitoring.DISABLE


def forked(run, cpu_s, wall_s):
    """What ``run`` returns in a process of its own, or a negative number where that had to be ended."""
    if (child := os.fork()) == 0:
        status = 2
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            status = run()
        except BaseException:  # noqa: BLE001 - told in the log; the process ends here in any case
            (KEPT / "fork.log").write_text(traceback.format_exc())
        finally:
            os._exit(status)
    with os.fdopen(os.pidfd_open(child), "rb", buffering=0) as ended:
        if not select.select([ended], [], [], wall_s)[0]:
            os.killpg(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
