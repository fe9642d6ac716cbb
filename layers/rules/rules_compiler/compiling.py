"""rules.yaml to rules.json: reads the rules, checks them as a whole, and writes what the functions read."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from rules_compiler.actions import needs_keys, read_action, read_path, read_pattern
from rules_compiler.conflicts import Conflicts
from rules_compiler.paths import is_plain
from rules_compiler.problems import Problems, shown
from rules_compiler.reading import Reading, kind
from rules_compiler.yaml_tree import MAX_FILE_BYTES, Member, Node, Other, read_tree

FORMAT = 1
EVENT_TYPES = ("identify", "track", "page", "screen", "group", "alias")
SOURCES = ("http", "queue", "sns", "eventbridge")
# Each is a value of a metric's dimension.
MOST_RULES = 100
MOST_ACTIONS = 100
# Each is compared with all others.
MOST_PATHS_IN_ALL = 500
_NAME = re.compile(r"[a-z0-9-]{1,60}")
_RELAY_KEY = re.compile(r"[A-Za-z0-9._-]{1,100}")


def compiled_file(path: Path, name: str | None = None) -> bytes:
    """rules.json of the file at ``path``, which errors call ``name``.

    Raises RulesInvalid, and OSError where it cannot be read.
    """
    with path.open("rb") as opened:
        # No more than is needed to see that it is too large.
        return compiled(opened.read(MAX_FILE_BYTES + 1), name or str(path))


def compiled(text: bytes, file: str = "rules.yaml") -> bytes:
    """rules.json of the rules in ``text``; raises RulesInvalid with everything that is wrong. ``file``: for errors."""
    problems = Problems(file)
    tree = read_tree(text, problems)
    reader = _Rules(Reading(problems))
    rules = reader.read(tree)
    problems.raise_any()
    Conflicts(rules, reader.places, problems).note()
    problems.raise_any()
    keyed = any(map(_needs_keys, rules))
    rest = {"format": FORMAT, "needs_keys": keyed, "rules": rules}
    version = hashlib.sha256(_canonical(rest)).hexdigest()[:16] if rules else ""
    return _canonical({**rest, "version": version})


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _needs_keys(rule: dict[str, Any]) -> bool:
    consent = rule.get("consent", {})
    return consent.get("otherwise") == "company_level" or any(map(needs_keys, rule["actions"]))


class _Rules:
    """Reads the file's rules."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._names: dict[str, int] = {}
        self._paths = 0
        # Where each rule begins.
        self.places: list[Node] = []

    def read(self, tree: Node) -> list[dict[str, Any]]:
        reading = self._reading
        if isinstance(tree, Other) and tree.json == "null":
            # A file that was emptied by mistake must not switch all rules off.
            reading.wrong(tree, "the file is empty; where there are no rules it says `version: 1` and `rules: []`")
            return []
        members = reading.members(tree, "the file", ("version", "rules"), ("version", "rules"))
        if "version" in members:
            version = members["version"].node
            if not (isinstance(version, Other) and version.json == str(FORMAT)):
                reading.wrong(version, f"version is {FORMAT}, the format's, not {kind(version)}")
        items = reading.items(members["rules"].node, "rules", MOST_RULES, 0) if "rules" in members else []
        return [self._rule(item) for item in items]

    def _rule(self, node: Node) -> dict[str, Any]:
        reading = self._reading
        members = reading.members(node, "a rule", ("name", "match", "require_consent", "do"), ("name",))
        rule: dict[str, Any] = {}
        self.places.append(node)
        if "name" in members:
            rule["name"] = self._name(members["name"].node)
        if "match" in members:
            rule |= self._match(members["match"].node)
        if "require_consent" in members:
            rule["consent"] = self._consent(members["require_consent"].node)
        rule["actions"] = self._actions(members["do"].node) if "do" in members else []
        if members and not {"do", "require_consent"} & members.keys():
            reading.wrong(node, "the rule does nothing: it has neither do nor require_consent")
        self._check_drop(rule, members)
        self._paths += sum(len(action.get("at", ())) for action in rule["actions"])
        if self._paths > MOST_PATHS_IN_ALL:
            reading.wrong(node, f"with this rule the file has more than {MOST_PATHS_IN_ALL:,} paths")
        return rule

    def _name(self, node: Node) -> str | None:
        name = self._reading.text(node, "name")
        if name is None:
            return None
        if not _NAME.fullmatch(name):
            self._reading.wrong(node, f"{shown(name)} is no name: 1 to 60 of a to z, 0 to 9 and -")
        elif name in self._names:
            self._reading.wrong(node, f"{name} is the name of the rule in line {self._names[name]}, too")
        self._names.setdefault(name, node.line)
        return name

    def _match(self, node: Node) -> dict[str, list[str]]:
        reading = self._reading
        members = reading.members(node, "match", ("type", "event", "key", "source"))
        if not members:
            reading.wrong(node, "match has no condition; leave it out for a rule of every event")
        found: dict[str, list[str]] = {}
        if "type" in members:
            found["types"] = self._words(members["type"], "type", EVENT_TYPES)
        if "event" in members:
            found["events"] = self._patterns(members["event"])
        if "key" in members:
            found["keys"] = [key for key in self._texts(members["key"], "key") if self._is_key(members["key"], key)]
        if "source" in members:
            found["sources"] = self._words(members["source"], "source", SOURCES)
            if "key" in members and found["sources"] and "http" not in found["sources"]:
                reading.wrong(members["key"], "only http has relay keys: with these sources the rule matches nothing")
        if "event" in members and found.get("types") and "track" not in found["types"]:
            reading.wrong(
                members["event"], "only a track has an event's name: with these types the rule matches nothing"
            )
        return found

    def _words(self, member: Member, what: str, known: tuple[str, ...]) -> list[str]:
        items = self._reading.one_or_more(member.node, what)
        return [word for item in items if (word := self._reading.one_of(item, what, known)) is not None]

    def _texts(self, member: Member, what: str) -> list[str]:
        items = self._reading.one_or_more(member.node, what)
        return [text for item in items if (text := self._reading.text(item, what)) is not None]

    def _patterns(self, member: Member) -> list[str]:
        items = self._reading.one_or_more(member.node, "event")
        return [text for item in items if (text := read_pattern(item, "event", self._reading)) is not None]

    def _is_key(self, member: Member, key: str) -> bool:
        if _RELAY_KEY.fullmatch(key):
            return True
        self._reading.wrong(member, f"{shown(key)} is no relay key's name (and the key itself has no place here)")
        return False

    def _consent(self, node: Node) -> dict[str, Any]:
        reading = self._reading
        known = ("category", "at", "otherwise", "missing")
        members = reading.members(node, "require_consent", known, ("category", "at"))
        found: dict[str, Any] = {"otherwise": "drop_event", "missing": "deny"}
        if "category" in members:
            found["category"] = reading.text(members["category"].node, "category")
        if "at" in members:
            found["at"] = read_path(members["at"].node, "at", reading)
            if found["at"] is not None and not is_plain(found["at"]):
                reading.wrong(members["at"].node, "consent stands at one place: the path has no wildcard")
        if "otherwise" in members:
            choices = ("drop_event", "company_level")
            found["otherwise"] = reading.one_of(members["otherwise"].node, "otherwise", choices)
        if "missing" in members:
            found["missing"] = reading.one_of(members["missing"].node, "missing", ("deny", "allow"))
        return found

    def _actions(self, node: Node) -> list[dict[str, Any]]:
        items = self._reading.items(node, "do", MOST_ACTIONS)
        return [action for item in items if (action := read_action(item, self._reading)) is not None]

    def _check_drop(self, rule: dict[str, Any], members: dict[str, Member]) -> None:
        drops = any(action["do"] == "drop_event" for action in rule["actions"])
        if drops and (len(rule["actions"]) > 1 or "consent" in rule):
            reason = "drop_event ends the event before anything else: nothing else in this rule is ever done"
            self._reading.wrong(members["do"], reason)
