"""Starts the emulator behind the stack's guard, with its patches: `python -P start.py`, by the emulator's Python.

That Python has ministack and nothing of this project. The emulator answers any Host, and lets every origin's pages read
the answers: a page of any site could read the secrets and run code as the developer. So the guard of all servers of the
stack stands before it.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]


def main() -> Any:
    """Start ministack."""
    emulator: Any = importlib.import_module("ministack.app")
    # On the path only while these are imported: the emulator and the functions that it runs do not see the project.
    sys.path.insert(0, str(_ROOT))
    from local import web_guard
    from local.emulator import metric_math_alarms, whole_logs, witness

    sys.path.remove(str(_ROOT))
    emulator.app = web_guard.WebGuard(emulator.app, changes_by_get=True)
    metric_math_alarms.apply()
    whole_logs.apply()
    # Last, so that it sees what comes and what goes, and not what the patches make of it.
    witness.apply()
    return emulator.main()


if __name__ == "__main__":
    sys.exit(main())
