"""settings.yaml: what is to be done about violations. The first entry of `modes` that matches counts, else `mode`."""

import re
from typing import Any

from plan_compiler.folder import EVENT_TYPES
from rules_compiler.problems import Problems
from rules_compiler.reading import Reading, kind
from rules_compiler.yaml_tree import Node, Other, Text, read_tree

FORMAT = 1
MODES = ("off", "warn", "omit", "quarantine", "refuse")
KINDS = ("unplanned_event", "missing_required", "wrong_type", "additional_member", "other")
MOST_MODES = 500
_RELAY_KEY = re.compile(r"[A-Za-z0-9._-]{1,100}")


def read_settings(text: bytes, file: str) -> dict[str, Any]:
    """The settings as plan.json has them; raises RulesInvalid with all that is wrong."""
    problems = Problems(file)
    found = _Settings(Reading(problems)).read(read_tree(text, problems))
    problems.raise_any()
    return found


class _Settings:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def read(self, tree: Node) -> dict[str, Any]:
        """All of the file."""
        reading = self._reading
        members = reading.members(tree, "the file", ("version", "mode", "modes"), ("version",))
        if "version" in members:
            version = members["version"].node
            if not (isinstance(version, Other) and version.json == str(FORMAT)):
                reading.wrong(version, f"version is {FORMAT}, the format's, not {kind(version)}")
        found: dict[str, Any] = {"mode": self._mode(members["mode"].node) if "mode" in members else "warn"}
        if "modes" in members:
            found["modes"] = [self._entry(item) for item in reading.items(members["modes"].node, "modes", MOST_MODES)]
        return found

    def _mode(self, node: Node) -> str | None:
        # Quoted or not: some readers of YAML take the word for false, but nothing else can be meant here.
        if isinstance(node, Text) and node.value == "off":
            return "off"
        return self._reading.one_of(node, "mode", MODES)

    def _entry(self, node: Node) -> dict[str, Any]:
        reading = self._reading
        members = reading.members(node, "an entry of modes", ("match", "mode"), ("match", "mode"))
        found: dict[str, Any] = {}
        if "match" in members:
            found |= self._match(members["match"].node)
        if "mode" in members:
            found["mode"] = self._mode(members["mode"].node)
        return found

    def _match(self, node: Node) -> dict[str, list[str]]:
        reading = self._reading
        members = reading.members(node, "match", ("type", "event", "key", "kind"))
        if not members:
            reading.wrong(node, "match has no condition; mode above is for everything")
        found: dict[str, list[str]] = {}
        if "type" in members:
            found["types"] = self._words(members["type"].node, "type", EVENT_TYPES)
        if "event" in members:
            found["events"] = self._words(members["event"].node, "event")
        if "key" in members:
            found["keys"] = self._words(members["key"].node, "key")
            if not all(map(_RELAY_KEY.fullmatch, found["keys"])):
                reading.wrong(members["key"], "no relay key's name (and the key itself has no place here)")
        if "kind" in members:
            found["kinds"] = self._words(members["kind"].node, "kind", KINDS)
        return found

    def _words(self, node: Node, what: str, known: tuple[str, ...] | None = None) -> list[str]:
        reading = self._reading
        items = reading.one_or_more(node, what)
        words = [reading.one_of(one, what, known) if known else reading.text(one, what, 200) for one in items]
        return [word for word in words if word is not None]
