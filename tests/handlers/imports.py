"""What a function's process has imported once it is ready: each name costs a part of every cold start.

``python -m tests.handlers.imports`` writes the lists anew; first measure what is added: ``make bench PART=cold-start``.
"""

import os
import subprocess
import sys
from pathlib import Path

READY = {
    "ingest": "import ingest_handler as h; h._telemetry(); h._intake()",
    "deliver": "import deliver_handler as h; h._telemetry(); h._deliverer()",
}
_ROOT = Path(__file__).parents[2]
_PATHS = [str(_ROOT / path) for path in ("layers/relay", "functions/ingest", "functions/deliver")]
_SETTINGS = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "QUEUE_URL": "https://sqs.test/queue",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.test/dead",
    "INGEST_KEYS_SECRET_ID": "keys",
    "DREAMDATA_SECRET_ID": "key",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "test",
}
# Told apart by name: a package's own patch releases may move its inner modules, the interpreter's do.
_LIST = (
    "import sys; print(*sorted(n for n in sys.modules if n.split('.')[0] not in sys.stdlib_module_names), sep='\\n')"
)


def imported(function: str, **settings: str) -> list[str]:
    """The modules outside the standard library, sorted; ``settings`` are more of the environment's."""
    env = {**_SETTINGS, **settings, "PYTHONPATH": os.pathsep.join(_PATHS), "HOME": "/nonexistent"}
    command = [sys.executable, "-c", f"{READY[function]}; {_LIST}"]
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in said if not name.startswith("__")]


def list_of(function: str) -> Path:
    """The file that holds what is known to be imported."""
    return Path(__file__).with_name(f"imports_of_{function}.txt")


if __name__ == "__main__":
    for name in READY:
        list_of(name).write_text("\n".join(imported(name)) + "\n")
