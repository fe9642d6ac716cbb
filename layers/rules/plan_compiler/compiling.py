"""A folder of schemas to plan.json: reads the plan, checks it as a whole, and writes what the engine reads."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plan_compiler import json_places
from plan_compiler.checking import Fault, faults, validator_fault
from plan_compiler.folder import COMMON, NAMED_TYPES, SETTINGS, FolderWrong, Texts, misplaced, read_folder, type_of
from plan_compiler.json_places import Located, NotRead, located
from plan_compiler.keywords import walk
from plan_compiler.needs import needed
from plan_compiler.problems import MOST_PROBLEMS, PlanInvalid, PlanProblem
from plan_compiler.references import BadReference, Files
from plan_compiler.settings import read_settings
from plan_compiler.weights import TooHeavy, Weights
from rules_compiler.problems import RulesInvalid, shown

FORMAT = 1
MOST_NAME_CHARACTERS = 200


def compiled_folder(folder: Path, name: str | None = None) -> bytes:
    """plan.json of the plan in ``folder``, which errors call ``name``.

    Raises PlanInvalid, and OSError where a file cannot be read.
    """
    try:
        texts = read_folder(folder)
    except FolderWrong as wrong:
        raise PlanInvalid(name or str(folder), [PlanProblem(wrong.file or ".", 1, 1, str(wrong))]) from None
    return _Plan(name or str(folder), texts).compiled()


class _Plan:
    """One plan on its way from texts to plan.json."""

    def __init__(self, folder: str, texts: Texts) -> None:
        self._folder = folder
        self._texts = texts
        self._problems: list[PlanProblem] = []
        self._located: dict[str, Located] = {}

    def compiled(self) -> bytes:
        """plan.json; raises PlanInvalid."""
        settings = self._settings()
        self._read()
        schemas = {file: one.value for file, one in self._located.items()}
        files = Files(schemas)
        for file, schema in schemas.items():
            self._note(file, faults(file, schema, files))
        self._raise_any()
        self._note_names()
        weights = Weights(files)
        entries = {file: self._entry(file, schema, files, weights) for file, schema in schemas.items()}
        self._note_unused(entries)
        self._raise_any()
        return _written(schemas, entries, settings)

    def _settings(self) -> dict[str, Any]:
        try:
            return read_settings(self._texts.settings, SETTINGS) if self._texts.settings is not None else {}
        except RulesInvalid as invalid:
            self._problems += [PlanProblem(SETTINGS, *one) for one in invalid.problems]
            return {}

    def _read(self) -> None:
        for file, text in self._texts.schemas.items():
            try:
                self._located[file] = located(text)
            except NotRead as wrong:
                self._problems.append(PlanProblem(file, wrong.line, wrong.column, wrong.reason))
            if reason := misplaced(file):
                self._problems.append(PlanProblem(file, 1, 1, reason))
        self._raise_any()

    def _note_names(self) -> None:
        """Each file below a type's folder names its event, and no other file the same."""
        seen: dict[tuple[str, str], str] = {}
        for file, one in self._located.items():
            kind = type_of(file)
            if kind not in NAMED_TYPES or "/" not in file:
                continue
            name = event_of(one.value)
            if not isinstance(name, str) or not 0 < len(name) <= MOST_NAME_CHARACTERS:
                reason = "the schema names its event in title, or in x-event where the title says something else"
                self._note(file, [Fault(("x-event",) if "x-event" in one.value else ("title",), reason)])
            elif (kind, name) in seen:
                self._note(file, [Fault(("title",), f"{shown(name)} is planned in {seen[kind, name]}, too")])
            else:
                seen[kind, name] = file

    def _entry(self, file: str, schema: Any, files: Files, weights: Weights) -> dict[str, Any]:
        """A file's schema as plan.json has it."""
        try:
            weight = weights.weight(file, schema)
        except (TooHeavy, BadReference) as wrong:
            self._note(file, [Fault(self._circle(file, schema, files), str(wrong))])
            return {}
        uses = _uses(file, schema, files)
        needs = needed(file, schema, files)
        fault = validator_fault(file, schema, {name: self._located[name].value for name in uses})
        if fault:
            self._note(file, [fault])
        members = None if needs is None else sorted(needs)
        return {"file": file, "schema": schema, "weight": weight, "needs": members, "uses": sorted(uses)}

    def _note_unused(self, entries: Mapping[str, dict[str, Any]]) -> None:
        used = {COMMON}.union(*(entry.get("uses", ()) for entry in entries.values()))
        for file in entries:
            if type_of(file) is None and file not in used:
                reason = f"no schema refers to it; events are planned in {', '.join(NAMED_TYPES)} and in files of types"
                self._note(file, [Fault((), reason)])

    def _circle(self, file: str, schema: Any, files: Files) -> json_places.Path:
        """The first reference that is at fault, if one in this file is."""
        for path, one in walk(schema):
            if isinstance(one, dict) and "$ref" in one:
                target = files.target(file, one["$ref"])
                try:
                    Weights(files).weight(target.file, target.schema)
                except (TooHeavy, BadReference):
                    return (*path, "$ref")
        return ()

    def _note(self, file: str, found: Iterator[Fault] | list[Fault]) -> None:
        for fault in found:
            self._problems.append(PlanProblem(file, *self._located[file].place(fault.path), fault.reason))
            if len(self._problems) > MOST_PROBLEMS:
                self._raise_any()

    def _raise_any(self) -> None:
        if self._problems:
            raise PlanInvalid(self._folder, self._problems)


def event_of(schema: Mapping[str, Any]) -> Any:
    """The name of the event that a schema is for."""
    return schema.get("x-event", schema.get("title"))


def _uses(file: str, schema: Any, files: Files) -> set[str]:
    """The other files that a schema needs to be whole."""
    found: set[str] = set()
    left = [(file, schema)]
    while left:
        place, one = left.pop()
        for _, inside in walk(one):
            if isinstance(inside, dict) and "$ref" in inside:
                target = files.target(place, inside["$ref"]).file
                if target not in found and target != file:
                    found.add(target)
                    left.append((target, files.target(target, "#").schema))
    return found


def _written(schemas: Mapping[str, Any], entries: Mapping[str, dict[str, Any]], settings: dict[str, Any]) -> bytes:
    planned = []
    for file, entry in entries.items():
        kind = type_of(file)
        if kind is not None:
            name = event_of(schemas[file]) if "/" in file else None
            planned.append({"type": kind, "event": name, "schema": entry})
    resources = {name: schemas[name] for entry in entries.values() for name in entry["uses"]}
    rest = {"format": FORMAT, "common": entries.get(COMMON), "planned": planned, "resources": resources, **settings}
    version = hashlib.sha256(_canonical(rest)).hexdigest()[:16] if planned or rest["common"] else ""
    return _canonical({**rest, "version": version})


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
