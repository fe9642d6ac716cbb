"""A server counts as started only when it is the one that answers."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import urllib3

from local import servers
from local.places import StateDir
from local.ports import free_port
from local.processes import end_all
from local.waiting import wait_until
from tests.fakes.server import HttpServer
from tests.patience import LONGEST_S, within


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


def test_the_page_takes_another_port_where_its_own_was_taken_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateDir(tmp_path)
    with HttpServer() as other:
        taken = int(other.server_address[1])
        given = iter((taken,))
        monkeypatch.setattr(servers, "free_port", lambda _: next(given, None) or free_port(0))
        try:
            page, url = servers.wait_for_page(state, *servers.start_page(state))
            assert page.is_alive()
            assert url != f"http://127.0.0.1:{taken}"
            assert servers.is_healthy(f"{url}/api/samples")
            # At another address of this machine it does not listen, as little as at one that others can reach.
            with pytest.raises(OSError, match=r"refused|assign"):
                socket.create_connection(("127.0.0.2", urlsplit(url).port or 0), timeout=10)
        finally:
            end_all(state.owner)


def test_a_page_ends_at_once_although_somebody_watches(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    try:
        page, url = servers.wait_for_page(state, *servers.start_page(state))
        stream = urllib3.request("GET", f"{url}/api/stream", preload_content=False, timeout=LONGEST_S)
        assert next(stream.stream(5)) == b"data:"
        with within(1.5):
            psutil.Process(page.pid).terminate()
            wait_until(lambda: None if page.is_alive() else True, 10, "the page's end", poll_seconds=0.02)
        assert b"Cancel" not in Path(page.log).read_bytes()
    finally:
        end_all(state.owner)
