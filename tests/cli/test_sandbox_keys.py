"""Relay keys in mode ``sandbox``: made, listed, revoked, and never taken for one that delivers."""

import json
from pathlib import Path
from typing import Any

import pytest

from dreamdata_relay.secrets.keys import KnownKey, RelayKeys
from dreamdata_relay.secrets.remembered import RememberedSecret
from relay_cli import context
from relay_cli.stack import RelayStack
from tests.cli.conftest import KEYS, OUTPUTS, Bench
from tests.fakes.clock import FakeClock
from tests.fakes.served_ingest import ServedIngest


class Secret:
    """The secret's text, as the ingest function reads it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def fetch(self) -> str:
        return self._text


def ingest_keys(bench: Bench) -> RelayKeys:
    """As the ingest function has them."""
    return RelayKeys(RememberedSecret(Secret(bench.secrets.current(KEYS)), FakeClock()))


@pytest.fixture
def made(bench: Bench) -> str:
    """A key that was just made."""
    done = bench.run("keys", "add", "ci", "--sandbox")
    assert (done.exit_code, "sent nowhere" in done.stderr) == (0, True)
    return done.stdout.strip()


def test_the_ingest_function_knows_it_by_its_mode(bench: Bench, made: str) -> None:
    assert ingest_keys(bench).find(made) == KnownKey("ci", sandbox=True)


def test_one_without_the_option_delivers(bench: Bench) -> None:
    key = bench.run("keys", "add", "shop").stdout.strip()

    assert ingest_keys(bench).find(key) == KnownKey("shop", sandbox=False)


def test_it_is_listed_with_its_mode_and_age_and_not_shown(bench: Bench, made: str) -> None:
    listed = {one["name"]: one for one in bench.json("keys", "list")}
    table = bench.run("keys", "list").stdout

    assert {name: one["mode"] for name, one in listed.items()} == {"default": "live", "ci": "sandbox"}
    assert listed["ci"]["since_exactly"] is True
    assert table.splitlines()[0].split()[:2] == ["name", "mode"]
    assert made not in table


def test_without_one_the_table_has_no_column_for_it(bench: Bench) -> None:
    assert "mode" not in bench.run("keys", "list").stdout.splitlines()[0]


def test_another_change_leaves_it_as_it_is(bench: Bench, made: str) -> None:
    assert bench.run("keys", "add", "shop").exit_code == 0

    assert json.loads(bench.secrets.current(KEYS))["ci"] == {"key": made, "mode": "sandbox"}
    assert bench.run("keys", "revoke", "ci", "--force").exit_code == 0
    assert ingest_keys(bench).find(made) is None


def test_the_last_key_that_delivers_is_not_revoked_for_it(bench: Bench, made: str) -> None:
    """With a sandbox's alone no sender would be let in."""
    done = bench.run("keys", "revoke", "default", "--force")

    assert (done.exit_code, "the last key" in done.stderr) == (1, True)
    assert bench.run("keys", "revoke", "ci", "--force").exit_code == 0


@pytest.fixture
def relay(bench: Bench, made: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A relay that is served, with the key in its secret."""
    with ServedIngest() as server:
        server.bench.secrets.text = bench.secrets.current(KEYS)
        stack = RelayStack("shop", OUTPUTS, server.url, bench)
        monkeypatch.setattr(context, "find_stack", lambda *_: stack)
        yield server


def test_an_event_that_is_sent_with_it_is_not_waited_for(bench: Bench, relay: ServedIngest) -> None:
    """It is checked, and that is its end."""
    done = bench.run("send", "--key", "ci")

    assert (done.exit_code, done.stdout.split(":")[0]) == (0, "sandbox")
    assert bench.json("send", "--key", "ci")["end"] == "sandbox"
    assert relay.bench.queued_events() == []


@pytest.mark.parametrize("command", [("import", "events.ndjson"), ("trigger", "track")], ids=" ".join)
def test_nothing_is_sent_with_it_that_has_to_arrive(
    bench: Bench, relay: ServedIngest, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A history would count as imported, and a sample as lost."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "events.ndjson").write_text('{"type": "track", "userId": "u", "event": "E", "messageId": "m"}\n')

    done = bench.run(*command, "--key", "ci")

    assert "ci is a key in mode sandbox" in done.output
    assert done.exit_code != 0
    assert relay.bodies == []
