"""Keeps what an operator typed and what was not used, in a file whose path is printed."""

import os
import shlex
import tempfile

from relay_cli.output import say
from relay_cli.to_type import to_type


def keep(text: bytes, message_id: str) -> None:
    """Write ``text`` to a new file that only its owner can read, and say how to go on with it."""
    try:
        handle, name = tempfile.mkstemp(prefix="relay-letter-", suffix=".json")
        with os.fdopen(handle, "wb") as file:
            file.write(text)
    except OSError as error:
        say(f"relay: what was typed could not be kept: {error.strerror}")
        return
    go_on = to_type(f"dead edit --from {shlex.quote(name)}", message_id)
    say(f"what was typed is kept in {name}: {go_on}")
