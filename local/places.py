"""Where things are: the project, its tools, and the folder with a stack's state."""

import os
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".local" / "tools"
BUILDS = ROOT / ".local" / "build"
SAMPLES = ROOT / "events"

STATE_VARIABLE = "RELAY_LOCAL_DIR"


@dataclass(frozen=True, slots=True)
class StateDir:
    """The folder of one stack: two stacks on one machine differ in it and share nothing else but the built code."""

    path: Path

    @classmethod
    def default(cls) -> "StateDir":
        """`.local` in the project, or what the environment variable RELAY_LOCAL_DIR names."""
        return cls(Path(os.environ.get(STATE_VARIABLE) or ROOT / ".local").resolve())

    @property
    def stack_file(self) -> Path:
        """The description of the stack that is up; absent when none is."""
        return self.path / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Held while a stack is being started or ended."""
        return self.path / "lock"

    @property
    def logs(self) -> Path:
        """One file for each process and for each function."""
        return self.path / "logs"

    @property
    def rules_file(self) -> Path:
        """The compiled privacy rules of the functions: the emulator does not put layers where AWS does."""
        return self.path / "rules.json"

    @property
    def scratch(self) -> Path:
        """The emulator's temporary files: unpacked functions and layers."""
        return self.path / "tmp"

    @property
    def certificates(self) -> Path:
        """What https on this machine takes; kept when the stack ends, so that it has to be trusted once only."""
        return self.path / "certificates"

    @property
    def owner(self) -> str:
        """What marks every process of this stack, in its environment."""
        return str(self.path)


def tool(environment: str, program: str) -> Path:
    """The program of a tool's own environment; raises LocalError when it is not installed."""
    path = TOOLS / environment / "bin" / program
    if not path.is_file():
        raise LocalError(f"{program} is missing in {TOOLS / environment}; install it with: python3 tools/setup.py")
    return path
