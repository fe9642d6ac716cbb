"""docs/relay.md names every command and every option's way of ending, as the command itself has them."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from typer.main import get_command

from relay_cli import errors
from relay_cli.app import app
from relay_cli.smoke import delivery, letters, requests, rights, telemetry, versions, ways, wiring

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "relay.md").read_text()


def names(command: object, prefix: str) -> list[str]:
    """The commands below ``command``, each with the words before it."""
    below = getattr(command, "commands", None)
    if below is None:
        return [prefix]
    return [found for name, inner in below.items() for found in names(inner, f"{prefix} {name}")]


COMMANDS = names(get_command(app), "relay")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained(name: str) -> None:
    """In a row of the table."""
    assert f"| `{name}` |" in TEXT


def test_no_command_is_explained_that_is_none() -> None:
    """A row for each, and no more."""
    assert sorted(re.findall(r"^\| `(relay [a-z ]+)` \|", TEXT, re.MULTILINE)) == sorted(COMMANDS)


@pytest.mark.parametrize("kind", errors.RelayCommandError.__subclasses__())
def test_every_exit_status_is_explained(kind: type[errors.RelayCommandError]) -> None:
    """And in the command's own help."""
    assert f"\n| {kind.status} |" in TEXT
    assert f" {kind.status} " in (app.info.help or "")


def test_every_option_of_all_commands_is_explained() -> None:
    """Those that stand before a command."""
    options = {option for parameter in get_command(app).params for option in parameter.opts}
    assert [option for option in sorted(options) if f"`{option}`" not in TEXT] == []


@pytest.mark.parametrize("module", [delivery, letters, requests, rights, telemetry, versions, ways, wiring])
def test_every_group_of_the_smoke_test_is_explained(module: ModuleType) -> None:
    """In its table."""
    assert f"\n| `{module.GROUP}` |" in TEXT


# boto3's methods that relay_cli calls and AWS's actions, where the names differ.
_ACTIONS = {
    "send_message_batch": "SendMessage",
    "delete_message_batch": "DeleteMessage",
    "change_message_visibility_batch": "ChangeMessageVisibility",
    "get_integrations": "apigateway:GET",
}
_CALL = re.compile(r"(?:client|sqs|secrets|logs|metrics|functions|_sns|_events|\(\"\w+\"\))\.([a-z]+(?:_[a-z]+)+)\b")
_NO_CALLS = {"token_hex", "type_defs"}


def calls() -> set[str]:
    """The methods of boto3's clients that the command calls."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "relay_cli").rglob("*.py")))
    return set(_CALL.findall(text)) - _NO_CALLS


def test_the_calls_of_the_command_are_found() -> None:
    """Else the next test would find nothing to complain of."""
    assert {"simulate_principal_policy", "put_rule", "receive_message", "list_stack_resources"} <= calls()


@pytest.mark.parametrize("call", sorted(calls()))
def test_every_right_that_the_command_takes_is_listed(call: str) -> None:
    """An operator's role can be made of that list."""
    action = _ACTIONS.get(call) or "".join(part.capitalize() for part in call.split("_"))
    listed = TEXT.partition("## Rights")[2]
    assert re.search(rf"(?:`|:){action}`", listed)
