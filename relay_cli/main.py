"""The console script `relay`."""

import os

from relay_cli.app import app


def main() -> None:
    """Run the command line."""
    # A script that reads stdout may end before this does.
    try:
        app(prog_name="relay")
    except BrokenPipeError:
        os._exit(0)
