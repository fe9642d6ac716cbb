"""Files of rules, read and compiled by what the build compiles them with."""

from pathlib import Path

from relay_cli.compiled import Compiled, sound, usual_place
from relay_cli.errors import WrongInput
from rules_compiler import RulesInvalid, compiled_file

_PLACES = (Path("layers/rules/rules.yaml"), Path("rules.yaml"))


class RulesFile(Compiled):
    """A file of rules at ``path``, as rules.json."""

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
    return usual_place(given, _PLACES, Path.is_file, "no file of rules is given, and none is at")


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
    return sound(faults_of(rules_file(given)))
