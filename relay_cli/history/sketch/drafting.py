"""Writes a drafted map: valid as it is, with a comment wherever it had to guess."""

import json
import re
import shlex
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from relay_cli.errors import WrongInput
from relay_cli.exports import written_aside
from relay_cli.history import values
from relay_cli.history.ids import Seen
from relay_cli.history.map_reading import map_of
from relay_cli.history.mapping import Mapping as RecordMapping
from relay_cli.history.sketch.guessing import Guess, decimal_of, guess
from relay_cli.history.sketch.roles import Roles, roles_of
from relay_cli.history.sketch.sampling import Sample, sample
from relay_cli.history.sources import CSV, format_of
from relay_cli.printing import printable
from relay_cli.to_type import to_type

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _./()-]*[A-Za-z0-9_)]|[A-Za-z]")
_WORDS = frozenset({"true", "false", "null"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def draft(file: Path, into: Path, form: str | None, encoding: str | None) -> None:
    """Write a map of ``file`` to the new file ``into``; raises WrongInput."""
    found_form = format_of(file, form)
    found = sample(file, found_form, encoding)
    text = text_of(file, into, found)
    # A draft that could not be used would be a fault of this program.
    with closing(Seen()) as seen:
        RecordMapping(map_of(text.encode(), str(into)), [*found.columns], seen, is_json=found_form != CSV)
    with written_aside(into) as written:
        written.write(text)


def trial(file: Path, map_: Path) -> str:
    """Return what is typed to try the map."""
    return to_type(f"import --map {shlex.quote(str(map_))} --dry-run", file)


def text_of(file: Path, into: Path, found: Sample) -> str:
    """Return the map as text."""
    if not found.columns:
        raise WrongInput(f"{file} has no columns that can be named")
    comma = found.dialect.delimiter == ";"
    guesses = {name: guess(name, cells, prefers_comma=comma) for name, cells in found.columns.items()}
    emails = [name for name, cells in found.columns.items() if _are_emails(cells)]
    roles = roles_of(guesses, emails)
    draft_ = _Draft(file, into, found, guesses, roles, emails)
    return "\n".join([*draft_.head(), *draft_.identify(), *draft_.group(), *draft_.track()]) + "\n"


def _are_emails(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and sum(map(bool, map(_EMAIL.fullmatch, filled))) >= 0.8 * len(filled)


def quoted(text: str) -> str:
    """Return a text in YAML, quoted if necessary."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    signs = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in signs) + '"'


class _Draft:
    def __init__(
        self, file: Path, into: Path, found: Sample, guesses: Mapping[str, Guess], roles: Roles, emails: list[str]
    ) -> None:
        self._file = file
        self._into = into
        self._sample = found
        self._guesses = guesses
        self._roles = roles
        self._emails = emails
        self._numbers = decimal_of([*guesses.values()])

    def head(self) -> list[str]:
        """What holds for the whole file."""
        dialect, unique = self._sample.dialect, self._roles.unique
        source = re.sub(r"[^a-z]+", "-", self._file.stem.lower()).strip("-") or "import"
        lines = [
            f"# Drafted from the first {self._sample.records:,} records of {printable(self._file.name)}.",
            "# Look at what says CHECK, then:",
            printable(f"#   {trial(self._file, self._into)}"),
            "",
            "# Part of every id: another kind of file needs another word, the next export of this kind the same.",
            f"source: {quoted(source)}",
        ]
        if self._sample.encoding:
            lines.append(f"encoding: {quoted(self._sample.encoding)}  # CHECK: guessed; look at letters like é and ø")
        options = [f"delimiter: {'tab' if dialect.delimiter == '\t' else json.dumps(dialect.delimiter)}"]
        if dialect.columns:
            names = ", ".join(dialect.columns)
            options.append(f"columns: [{names}]")
            lines.append("# CHECK: the first row looks like data; give the columns their names here.")
        if dialect.delimiter != "," or dialect.columns:
            lines.append(f"csv: {{{', '.join(options)}}}")
        lines.append(f"decimal: {quoted(self._numbers.decimal)}")
        lines.append("time_zone: UTC  # CHECK: of times that name none, such as Europe/Copenhagen")
        if unique:
            lines.append(f"id: {quoted(unique)}  # tells the records apart: events get their messageId of it")
        else:
            lines.append("# id: COLUMN  # none tells every record apart: an id is made of the whole record")
        return [*lines, "", "# Each record becomes these events.", "events:"]

    def identify(self) -> list[str]:
        """The event that tells who."""
        roles = self._roles
        known = roles.user in self._emails or "id" in roles.user.lower() or "number" in roles.user.lower()
        lines = ["  - type: identify", f"    userId: {quoted(roles.user)}" + "  # CHECK: tells who it is" * (not known)]
        lines += self._time(roles.person_time, required=False)
        return lines + self._object("traits", roles.person)

    def group(self) -> list[str]:
        """The event that tells of which company, where a column has its id."""
        roles = self._roles
        if not roles.group or roles.group == roles.user:
            return []
        name = next((column for column, to in roles.person.items() if to == "company"), "")
        lines = ["", "  - type: group", f"    when: {{column: {quoted(roles.group)}}}  # only where there is one"]
        lines += [f"    userId: {quoted(roles.user)}", f"    groupId: {quoted(roles.group)}"]
        lines += self._time(roles.person_time, required=False)
        return lines + (["    traits:", f"      name: {quoted(name)}"] if name else [])

    def track(self) -> list[str]:
        """The event that tells what was done."""
        roles = self._roles
        if not roles.event:
            return ["", "  # What was done would be a track:", "  # - type: track", "  #   userId: COLUMN",
                    "  #   event: {constant: Deal Won}", "  #   timestamp: COLUMN"]  # fmt: skip
        lines = ["", "  - type: track"]
        if roles.thing_time and self._guesses[roles.thing_time].filled < 1:
            lines.append(f"    when: {{column: {quoted(roles.thing_time)}}}  # only where there is one")
        lines += [
            f"    userId: {quoted(roles.user)}",
            f"    event: {{constant: {quoted(roles.event)}}}  # CHECK: the name that Dreamdata shows",
        ]
        lines += self._time(roles.thing_time, required=True)
        return lines + self._object("properties", roles.thing)

    def _time(self, column: str, *, required: bool) -> list[str]:
        if not column:
            return ["    # timestamp: COLUMN  # CHECK: without one events get the time of the import"]
        more = {} if required or self._guesses[column].filled == 1 else {"required": False}
        return [f"    timestamp: {self._value(column, more, is_time=True)}"]

    def _object(self, name: str, members: Mapping[str, str]) -> list[str]:
        if not members:
            return []
        lines, below = [f"    {name}:"], ""
        for column, to in sorted(members.items(), key=lambda item: item[1].startswith("address.")):
            first, _, inner = to.partition(".")
            if inner and first != below:
                lines.append(f"      {first}:")
                below = first
            indent = "        " if inner else "      "
            lines.append(f"{indent}{inner or first}: {self._value(column, {})}")
        return lines

    def _value(self, column: str, more: Mapping[str, object], *, is_time: bool = False) -> str:
        guess_ = self._guesses[column]
        options = {**guess_.options, **more}
        if options.get("decimal") == self._numbers.decimal:
            del options["decimal"]
        kind = {} if guess_.type == values.STRING or is_time else {"type": guess_.type}
        comment = f"  # {guess_.comment}" if guess_.comment else ""
        if not kind and not options:
            return quoted(column) + comment
        told = ", ".join(f"{name}: {_option(value)}" for name, value in {**kind, **options}.items())
        return f"{{column: {quoted(column)}, {told}}}{comment}"


def _option(value: object) -> str:
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_option, value)) + "]"
    text = str(value)
    return quoted(text)
