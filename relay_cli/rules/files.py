"""Files of rules, read and compiled by what the build compiles them with."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from relay_cli import output
from relay_cli.errors import WrongInput
from rules_compiler import RulesInvalid, compiled_file

_PLACES = (Path("layers/rules/rules.yaml"), Path("rules.yaml"))


@dataclass(frozen=True)
class RulesFile:
    """A file of rules at ``path``, as rules.json."""

    path: Path
    compiled: bytes

    @cached_property
    def value(self) -> dict[str, Any]:
        """rules.json as a value."""
        found: dict[str, Any] = json.loads(self.compiled)
        return found

    def summary(self) -> dict[str, object]:
        """What is told of it."""
        names = [rule["name"] for rule in self.value["rules"]]
        return {"version": self.value["version"], "needs_keys": self.value["needs_keys"], "rules": names}

    def told(self) -> str:
        """The same in a sentence."""
        names = [str(rule["name"]) for rule in self.value["rules"]]
        if not names:
            return "no rules: events stay as they come"
        word = "rule" if len(names) == 1 else "rules"
        keys = ", needs keys for pseudonyms" if self.value["needs_keys"] else ""
        return f"{len(names)} {word} ({', '.join(names)}), version {self.value['version']}{keys}"


def rules_file(given: Path | None) -> Path:
    """``given``, or the file at one of the usual places; raises WrongInput."""
    if given is not None:
        return given
    found = next((place for place in _PLACES if place.is_file()), None)
    if found is None:
        raise WrongInput(f"no file of rules is given, and none is at {' or '.join(map(str, _PLACES))}")
    return found


def faults_of(path: Path) -> RulesFile | RulesInvalid:
    """The rules in the file, or all that is wrong with them; raises WrongInput where it cannot be read."""
    try:
        return RulesFile(path, compiled_file(path))
    except RulesInvalid as invalid:
        return invalid
    except OSError as error:
        raise WrongInput(f"{path} cannot be read: {error.strerror}") from None


def read_rules(given: Path | None) -> RulesFile:
    """The rules in the file; a wrong one ends the command, each fault on a line of its own."""
    found = faults_of(rules_file(given))
    if isinstance(found, RulesFile):
        return found
    for line in found.lines():
        output.say(line)
    raise typer.Exit(WrongInput.status)
