"""The console script `relay`."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from relay_cli.interrupts import end_at_once, exit_status
from relay_cli.standard_streams import open_all

_FLAGS = ("--json", "--local")
_VALUED = ("--stack", "--region", "--profile")
# Set by tools/relay: how the user named it.
_TYPED = "RELAY_TYPED_AS"


def main() -> None:
    """Run the command line, and end the process."""
    end_at_once()
    open_all()
    # What takes a while to be imported comes after.
    from relay_cli.app import app
    from relay_cli.to_type import Invocation, invoked, program

    status, typed = 0, program(os.environ.pop(_TYPED, "") or sys.argv[0])
    # A script that reads stdout may end before this does.
    try:
        with invoked(Invocation(typed)):
            app(prog_name=typed, args=options_first(sys.argv[1:]))
    except BrokenPipeError:
        os._exit(0)
    except OSError as error:
        # Help and usage, for which there is no place.
        status = 2
        with suppress(OSError):
            sys.stderr.write(f"relay: {error}\n")
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    _end(exit_status(status))


def _end(status: int) -> None:
    """End without the interpreter's own shutdown, in which an interrupt would leave a traceback."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(status)


def options_first(arguments: Sequence[str]) -> list[str]:
    """Return ``arguments`` with the options of every command moved before the command's name."""
    first: list[str] = []
    rest: list[str] = []
    left = list(arguments)
    while left:
        argument = left.pop(0)
        if argument == "--":
            return first + rest + [argument, *left]
        if argument in _FLAGS or argument.startswith(tuple(f"{name}=" for name in _VALUED)):
            first.append(argument)
        elif argument in _VALUED:
            first += [argument, *left[:1]]
            left = left[1:]
        else:
            rest.append(argument)
    return first + rest
