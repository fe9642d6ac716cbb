"""Nobody's system is changed unasked."""

import subprocess
from typing import Any

import pytest

from tools import chromium


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """No browser is there; the commands that would install one."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(chromium, "found", lambda: None)
    monkeypatch.setattr("tools.chromium.subprocess.run", run)
    monkeypatch.setattr("tools.chromium.os.geteuid", lambda: 0)
    monkeypatch.setattr("tools.chromium.shutil.which", lambda name: f"/usr/bin/{name}")
    for name in ("CI", "RELAY_INSTALL_CHROMIUM"):
        monkeypatch.delenv(name, raising=False)
    return commands


def test_a_missing_browser_is_told_and_not_installed(
    installs: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also as root."""
    assert chromium.main() == 0
    assert installs == []
    assert "are skipped" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["CI", "RELAY_INSTALL_CHROMIUM"])
def test_it_is_installed_where_that_is_asked_for(
    installs: list[list[str]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """And said before."""
    monkeypatch.setenv(name, "1")
    assert chromium.main() == 0
    assert installs == [*map(list, chromium.INSTALL)]
