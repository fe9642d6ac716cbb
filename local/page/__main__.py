"""`python -m local.page PORT STATE_DIR`: serves the page of the stack in STATE_DIR until it is ended."""

import sys
from pathlib import Path
from types import FrameType

import uvicorn

from local.commands import typed
from local.page.observer import Observer
from local.page.server import app
from local.places import StateDir
from relay_cli.to_type import invoked


class _Server(uvicorn.Server):
    """A server whose streams, which have no end of their own, end with it."""

    def __init__(self, config: uvicorn.Config, observer: Observer) -> None:
        super().__init__(config)
        self._observer = observer

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal to end."""
        self._observer.stop()
        super().handle_exit(sig, frame)


def main() -> None:
    """Serve on the port given; exits with status 1, saying so, when it is taken."""
    if len(sys.argv) != 3 or not sys.argv[1].isdecimal():
        sys.exit("usage: python -m local.page PORT STATE_DIR (started by: make up)")
    port, state = int(sys.argv[1]), StateDir(Path(sys.argv[2]))
    observer = Observer(state)
    config = uvicorn.Config(
        app(observer), host="127.0.0.1", port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    # What the page says to type is for this stack.
    with invoked(typed(state)):
        _Server(config, observer).run()


if __name__ == "__main__":
    main()
