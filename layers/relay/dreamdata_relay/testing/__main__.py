"""``relay-sandbox``, or ``python -m dreamdata_relay.testing``: the sandbox without the operator's command."""

import argparse
import sys

from dreamdata_relay.testing import USUAL_PORT
from dreamdata_relay.testing.server import SandboxServer
from dreamdata_relay.testing.serving import guidance, ready_line, serve, summary


def main() -> int:
    """Serve until Ctrl-C; the exit status is 2 if the port is taken."""
    parser = argparse.ArgumentParser(
        prog="relay-sandbox", description="Take events as the relay does, and send nothing on: for tests."
    )
    parser.add_argument(
        "--port", type=int, default=USUAL_PORT, help="on 127.0.0.1; 0: any free one; default %(default)s"
    )
    parser.add_argument("--key", help="the only key to accept; default: any")
    parser.add_argument("--json", action="store_true", help="print one line of JSON as soon as it is ready")
    given = parser.parse_args()

    def ready(server: SandboxServer) -> None:
        sys.stdout.write(f"{ready_line(server) if given.json else guidance(server)}\n")
        sys.stdout.flush()

    try:
        server = serve(given.port, given.key, ready)
    except (OSError, OverflowError) as error:
        sys.stderr.write(f"relay-sandbox: port {given.port}: {getattr(error, 'strerror', None) or error}\n")
        return 2
    sys.stderr.write(f"relay-sandbox: {summary(server)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
