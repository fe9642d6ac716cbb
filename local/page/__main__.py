"""`python -m local.page PORT STATE_DIR`: serves the page of the stack in STATE_DIR until it is ended."""

import sys
from pathlib import Path

import uvicorn

from local.page.observer import Observer
from local.page.server import app
from local.places import StateDir


def main() -> None:
    """Serve on the port given; exits with status 1, saying so, when it is taken."""
    port, state = int(sys.argv[1]), StateDir(Path(sys.argv[2]))
    uvicorn.run(
        app(Observer(state)),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        # Streams have no end of their own.
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
