"""Cases for rules: an event before, and what is expected after."""

import json
from dataclasses import dataclass
from pathlib import Path

from relay_cli.errors import WrongInput
from relay_cli.rules import events
from relay_cli.rules.files import read_rules
from relay_cli.rules.trying import Trial, Tried

_BEFORE, _AFTER, _SOURCE = ".before.json", ".after.json", ".source"
_USUAL_SOURCE = "http:default"


@dataclass(frozen=True)
class Case:
    """A case called ``name``: its files begin with ``stem``; ``compiled`` are the rules it is for."""

    name: str
    stem: Path
    compiled: bytes

    def file(self, suffix: str) -> Path:
        """One of its files."""
        return self.stem.with_name(self.stem.name + suffix)


@dataclass(frozen=True)
class Result:
    """What came of a case; ``expected`` and ``found`` where both are events."""

    name: str
    passed: bool
    detail: str = ""
    expected: bytes | None = None
    found: bytes | None = None


def cases_in(folder: Path, rules: Path | None) -> list[Case]:
    """The cases in ``folder`` and the folders in it; raises WrongInput where there is none."""
    found = sorted(folder.rglob(f"*{_BEFORE}")) if folder.is_dir() else []
    if not found:
        raise WrongInput(f"{folder} holds no case: a file NAME{_BEFORE} with an event")
    by_place: dict[Path | None, bytes] = {}
    cases = []
    for file in found:
        place = rules or _rules_of(file, folder)
        if place not in by_place:
            by_place[place] = read_rules(place).compiled
        stem = file.with_name(file.name.removesuffix(_BEFORE))
        cases.append(Case(str(stem.relative_to(folder)), stem, by_place[place]))
    return cases


def run(case: Case, write: bool) -> Result:
    """Judge the case's event and compare; ``write``: write what is expected where nothing is."""
    source = case.file(_SOURCE)
    way = events.bytes_of(source).decode("utf-8", "replace").strip() if source.is_file() else _USUAL_SOURCE
    found = _event(case.file(_BEFORE))
    tried = Trial(case.compiled, way).of(found)
    after = case.file(_AFTER)
    if not after.is_file():
        return _written(case, tried) if write else Result(case.name, False, f"{after} is missing; --write writes it")
    expected = events.bytes_of(after)
    return _compared(case, tried, expected)


def _compared(case: Case, tried: Tried, expected: bytes) -> Result:
    try:
        value = json.loads(expected)
    except (ValueError, RecursionError):
        raise WrongInput(f"{case.file(_AFTER)} is not JSON") from None
    dropped_by = value.get("dropped_by") if isinstance(value, dict) and "type" not in value else None
    if tried.after is None:
        same = dropped_by == tried.dropped_by
        return Result(case.name, same, "" if same else f"dropped by {tried.dropped_by}")
    if dropped_by is not None:
        return Result(case.name, False, f"not dropped by {dropped_by}")
    same = json.loads(tried.after) == value
    return Result(case.name, same, "" if same else "the event differs", expected, tried.after)


def _written(case: Case, tried: Tried) -> Result:
    file = case.file(_AFTER)
    text = tried.after or json.dumps({"dropped_by": tried.dropped_by}).encode()
    try:
        file.write_bytes(text.rstrip() + b"\n")
    except OSError as error:
        raise WrongInput(f"{file} cannot be written: {error.strerror}") from None
    return Result(case.name, True, f"{file} is written: look at it")


def _event(file: Path) -> bytes:
    found = events.read(events.bytes_of(file))
    if len(found) != 1:
        raise WrongInput(f"{file} holds {len(found)} events; a case is one")
    return found[0]


def _rules_of(file: Path, folder: Path) -> Path | None:
    """The rules.yaml nearest to the case, not above ``folder``."""
    for place in file.parents:
        if (place / "rules.yaml").is_file():
            return place / "rules.yaml"
        if place == folder:
            return None
    return None
