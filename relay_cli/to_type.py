"""Renders the commands that this one prints to be typed.

Whoever pastes one is to reach the stack that was looked at, by the program that was run: the program is written as it
was typed, and the options that choose a stack are repeated.
"""

import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_NAME = "relay"
# Where the local stack's files are, if not in the project's own folder.
LOCAL_DIR_VARIABLE = "RELAY_LOCAL_DIR"


@dataclass(frozen=True, slots=True)
class Invocation:
    """How a command is typed: ``options`` stand before its name, ``aws_options`` behind any of the AWS CLI's.

    ``local_dir`` is the folder of the local stack's files, None if it is the project's own or another stack is meant.
    """

    program: str = _NAME
    options: tuple[str, ...] = ()
    aws_options: tuple[str, ...] = ()
    local_dir: Path | None = None

    @property
    def settings(self) -> str:
        """Return what stands before any command that works on the same local stack; it ends with a blank, or is empty.

        It is for `make` and for other programs of the project, too.
        """
        return "" if self.local_dir is None else f"{LOCAL_DIR_VARIABLE}={shlex.quote(str(self.local_dir))} "

    def command(self, words: str, *values: object) -> str:
        """Return a command of `relay`'s: ``words`` as they stand, then ``values``, quoted: they may be anybody's."""
        ours = " ".join((shlex.quote(self.program), *map(shlex.quote, self.options), words))
        given = [str(value) for value in values]
        dashes = ["--"] if any(value.startswith("-") for value in given) else []
        return self.settings + " ".join([ours, *dashes, *map(shlex.quote, given)])


_current = Invocation()
# Whatever was rendered by this process.
_rendered: set[str] = set()


def current() -> Invocation:
    """Return how the command that runs was typed."""
    return _current


def to_type(words: str, *values: object) -> str:
    """Return a command that works on the stack of the one that runs; see :meth:`Invocation.command`."""
    return _noted(_current.command(words, *values))


def aws_to_type(words: str) -> str:
    """Return a command of the AWS CLI with the region and the profile of the one that runs."""
    return _noted(" ".join(["aws", words, *map(shlex.quote, _current.aws_options)]))


def rendered() -> frozenset[str]:
    """Return the commands that were rendered, so that none is printed in two rows."""
    return frozenset(_rendered)


def _noted(command: str) -> str:
    _rendered.add(command)
    return command


@contextmanager
def invoked(invocation: Invocation) -> Iterator[None]:
    """Let commands to type be of ``invocation`` within this context."""
    global _current  # there is one command line
    before, _current = _current, invocation
    try:
        yield
    finally:
        _current = before


def program(typed: str) -> str:
    """Return what to type for the program that was run as ``typed``: its bare name, if the PATH leads to the same."""
    if Path(typed).name == "__main__.py":
        return _NAME
    found = shutil.which(_NAME)
    same = found is not None and os.path.realpath(found) == os.path.realpath(typed)
    return _NAME if same else typed
