"""In a fresh clone several test processes want the clients at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.clients import installing

# Fails where another one is at work in the same folder.
NPM = "#!/bin/sh\nmkdir busy || exit 1\nsleep 0.3\nrmdir busy\necho done >> installed\n"


def test_clients_wanted_by_several_at_once_are_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two installations in one folder tear each other's files away."""
    npm = tmp_path / "npm"
    npm.write_text(NPM)
    npm.chmod(0o700)
    monkeypatch.setattr(installing, "NODE", tmp_path / "clients-node")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(installing.install, [str(npm)] * 4))

    assert (tmp_path / "clients-node" / "installed").read_text() == "done\n"
