"""`python -m local.front STATE_DIR HTTP_PORT HTTPS_PORT`: serves the API of the stack in STATE_DIR until it is ended.

A port that is taken gives way to any free one. The first line of standard output tells, once both are served, which
they are: `{"http": 21470, "https": 21471}`.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from local.front.app import guarded
from local.front.backend import Backend
from local.front.certificates import Certificates
from local.front.record import Record
from local.front.serving import Sockets, listening, serve
from local.places import StateDir


async def _until_a_signal(state: StateDir, sockets: Sockets, certificates: Certificates) -> None:
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)

    def tell() -> None:
        sys.stdout.write(json.dumps({name: found.getsockname()[1] for name, found in sockets.items()}) + "\n")
        sys.stdout.flush()

    await serve(guarded(Backend(state).answer, Record(state.path)), sockets, certificates, tell, end)


def main() -> None:
    """Serve; exits with status 1 on wrong arguments."""
    if len(sys.argv) != 4 or not all(argument.isdecimal() for argument in sys.argv[2:]):
        sys.exit("usage: python -m local.front STATE_DIR HTTP_PORT HTTPS_PORT (started by: make up)")
    state = StateDir(Path(sys.argv[1]))
    sockets: Sockets = {"http": listening(int(sys.argv[2])), "https": listening(int(sys.argv[3]))}
    certificates = Certificates(state.certificates)
    certificates.make()
    asyncio.run(_until_a_signal(state, sockets, certificates))


if __name__ == "__main__":
    main()
