"""The functions of a local stack run the rules that its build has compiled, with keys where those make pseudonyms."""

from pathlib import Path

import pytest

from local.places import StateDir
from local.rules import put_rules
from local.servers import start_emulator
from rules_compiler import compiled
from tests.unit.rules_files import of_action

NONE = "version: 1\nrules: []\n"


@pytest.mark.parametrize(
    ("rules", "parameters"),
    [
        (NONE, {}),
        (of_action("drop: context.ip"), {}),
        (of_action("pseudonymise: userId"), {"PrivacyKeys": "own"}),
    ],
)
def test_the_builds_rules_are_put_beside_the_stack(tmp_path: Path, rules: str, parameters: dict[str, str]) -> None:
    state, built = StateDir(tmp_path / "state"), tmp_path / "build" / "RulesLayer" / "relay_rules" / "rules.json"
    built.parent.mkdir(parents=True)
    built.write_bytes(compiled(rules.encode()))
    assert put_rules(state, tmp_path / "build" / "template.yaml") == parameters
    assert state.rules_file.read_bytes() == built.read_bytes()


def test_the_emulators_functions_are_told_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They inherit its environment."""
    seen: list[dict[str, str]] = []

    def noted(_name: str, _command: object, _log: object, env: dict[str, str], *_: object) -> None:
        seen.append(env)
        raise InterruptedError

    monkeypatch.setattr("local.servers.start", noted)
    monkeypatch.setattr("local.servers.tool", lambda *_: Path("ministack"))
    with pytest.raises(InterruptedError):
        start_emulator(StateDir(tmp_path), "0")
    assert [Path(env["RULES_FILE"]) for env in seen] == [StateDir(tmp_path).rules_file]
