"""Commands to type for a local stack, from the project's folder."""

from local.places import ROOT, StateDir
from relay_cli.to_type import Invocation

_RELAY = ".venv/bin/relay"


def typed(state: StateDir) -> Invocation:
    """Return how `relay` is typed for the stack of ``state``; its settings stand before any other command, too."""
    is_own = state.path.resolve() == (ROOT / ".local").resolve()
    return Invocation(_RELAY, ("--local",), local_dir=None if is_own else state.path.resolve())


def make(state: StateDir, targets: str) -> str:
    """Return a call of `make` for the stack of ``state``."""
    return f"{typed(state).settings}make {targets}"
