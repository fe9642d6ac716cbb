"""One stack for all fault runs: IAM enforced, on ports of its own, ended with them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from local import processes, servers
from local.lifecycle import down, up
from local.places import StateDir
from local.stack import Stack
from local.steps import Steps

_STRICT = Path(__file__).with_name("strict_emulator.py")


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    state = StateDir(tmp_path_factory.mktemp("strict"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "start", _strictly(processes.start))
        try:
            yield up(state, Steps())[0]
        finally:
            down(state)


def _strictly(start: Any) -> Any:
    """``local.processes.start`` with the strict emulator in the emulator's place."""

    def started(name: str, command: Sequence[str | Path], *more: Any, **named: Any) -> Any:
        if name == "emulator":
            *before, main = command
            command = [*before, _STRICT, main]
        return start(name, command, *more, **named)

    return started
