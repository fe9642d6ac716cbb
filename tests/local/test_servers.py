"""A server counts as started only when it is the one that answers."""

from pathlib import Path

import pytest

from local import servers
from local.places import StateDir
from local.ports import free_port
from local.processes import end_all
from tests.fakes.server import HttpServer


def test_another_emulator_on_the_port_is_not_taken_for_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = StateDir(tmp_path)
    # Taken between the look for a free port and its use, by one that answers as an emulator does.
    with HttpServer() as other:
        taken = int(other.server_address[1])
        given = iter((taken,))
        monkeypatch.setattr(servers, "free_port", lambda _: next(given, None) or free_port(0))
        try:
            background, url = servers.start_emulator(state, "000000000000")
            assert background.is_alive()
            assert url != f"http://127.0.0.1:{taken}"
        finally:
            end_all(state.owner)
