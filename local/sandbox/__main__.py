"""`python -m local.sandbox PORT`: serves until it is ended.

The key is read from the first line of standard input, so that it is in no argument list and no environment; the first
line of standard output is the URL.
"""

import signal
import sys
from types import FrameType

from local.sandbox.server import SandboxServer
from local.sandbox.service import Sandbox


def main() -> None:
    """Serve on the port given; exits with status 1 when it is taken."""
    key = sys.stdin.readline().strip()
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    if not key:
        sys.exit("the sandbox needs its key as the first line of standard input")
    try:
        server = SandboxServer(Sandbox(key), port)
    except OSError as error:
        sys.exit(f"port {port} on 127.0.0.1: {error.strerror}")
    signal.signal(signal.SIGTERM, _end)
    sys.stdout.write(f"{server.url}\n")
    sys.stdout.flush()
    server.serve_forever()


def _end(_signum: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
