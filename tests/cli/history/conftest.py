"""`relay import` against the ingest function's core, served."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relay_cli import context
from relay_cli.history import batching, posting
from relay_cli.stack import RelayStack
from tests.cli.conftest import KEYS, OUTPUTS, Bench
from tests.fakes.relay import RELAY_KEY
from tests.fakes.served_ingest import ServedIngest, Trouble

MAP = """\
source: crm
csv: {delimiter: ";"}
decimal: ","
time_zone: Europe/Copenhagen
id: Deal ID
events:
  - type: identify
    userId: Contact ID
    traits: {email: E-mail, name: Name}
    timestamp: {column: Created, format: "%d.%m.%Y %H:%M"}
  - type: track
    when: {column: Amount}
    userId: Contact ID
    event: {constant: Deal Won}
    timestamp: {column: Closed, format: excel}
    properties: {amount: {column: Amount, type: decimal}, note: Note}
"""
HEADER = "Contact ID;E-mail;Name;Created;Deal ID;Amount;Closed;Note\n"


def row(number: int, **cells: str) -> str:
    """A row of the CSV that MAP is for."""
    usual = {
        "contact": f"c{number}", "mail": f"u{number}@example.com", "name": f"Søren {number}",
        "created": "31.03.2024 01:30", "deal": f"d{number}", "amount": "1234,50", "closed": "45382,5", "note": "",
    }  # fmt: skip
    return ";".join((usual | cells).values()) + "\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the map in it, which the command runs in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map.yaml").write_text(MAP)
    return tmp_path


@pytest.fixture
def serve(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ServedIngest]]:
    """Starts the relay's API, with troubles; what was started before is left."""
    bench.secrets.put(KEYS, json.dumps({"default": RELAY_KEY, "wrong": "no-key"}))
    monkeypatch.setattr(posting, "BACKOFF_S", 0.001)
    monkeypatch.setattr(batching, "MOST_EVENTS", 100)
    started: list[ServedIngest] = []

    def start(*troubles: Trouble | None, **options: Callable[[int], None]) -> ServedIngest:
        server = ServedIngest(*troubles, **options).__enter__()
        started.append(server)
        stack = RelayStack("shop", OUTPUTS, server.url, bench)
        monkeypatch.setattr(context, "find_stack", lambda *_: stack)
        return server

    yield start
    for server in started:
        server.__exit__()
