"""Guesses what a column holds, from its cells and its name."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from relay_cli.history import values
from relay_cli.history.moments import EXCEL, ISO, UNIX, UNIX_MS, reader_of
from relay_cli.history.values import Numbers, Unfit

_DAY_FIRST = ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%y", "%d/%m/%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y")
_OTHER = ("%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H.%M")
_FORMATS = tuple(day + time for days in (_DAY_FIRST, _MONTH_FIRST, _OTHER) for day in days for time in _TIMES)
# Beside English the words of the languages that exports come in most.
_WORDS = (
    ("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("ja", "nein"), ("ja", "nej"), ("ja", "nee"),
    ("oui", "non"), ("sí", "no"), ("si", "no"), ("sim", "não"), ("kyllä", "ei"), ("tak", "nie"), ("wahr", "falsch"),
    ("vrai", "faux"), ("x", ""), ("on", "off"),
)  # fmt: skip
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_POINT = re.compile(r"-?[0-9]+\.[0-9]+")
_COMMA = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_GROUPED_BY_POINT = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_EPOCH_S, _EPOCH_MS = (1e8, 4e9), (1e11, 4e12)
# Days of Excel from 1982 on to 2064.
_SERIALS = (30_000.0, 60_000.0)
_TIMELY = re.compile(
    r"date|time|created|updated|closed|signed|paid|start|end|due|datum|dato|fecha|zeit|tid\b|erstellt|oprettet|\bat$",
    re.IGNORECASE,
)
_NAMES_A_THING = re.compile(
    r"\b(?:id|no|nr|number(?! of)|nummer|code|kode|zip|postal|postcode|plz|phone|mobile|tel|fax|telefon|vat|cvr|ssn)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A column's ``type``, what else the map says of it (``options``), and what people should know (``comment``)."""

    type: str
    options: dict[str, object] = field(default_factory=dict)
    comment: str = ""
    filled: float = 1.0
    is_unique: bool = False


def guess(name: str, cells: Sequence[str], *, prefers_comma: bool) -> Guess:
    """Guess what the column ``name`` holds; ``prefers_comma``: the comma in 1,234 is decimal."""
    found = [cell for cell in cells if cell]
    kind, options, comment = _kind(name, found, prefers_comma=prefers_comma)
    filled = len(found) / max(1, len(cells))
    return Guess(kind, options, comment, filled, bool(found) and filled == 1.0 and len(set(found)) == len(found))


def _kind(name: str, found: list[str], *, prefers_comma: bool) -> tuple[str, dict[str, object], str]:
    if not found:
        return values.STRING, {}, "empty in the records that were looked at"
    timed = _timestamp(name, found)
    if timed:
        return timed
    # A space makes words of what is written as one.
    if _NAMES_A_THING.search(re.sub(r"[_.-]|(?<=[a-z])(?=[A-Z])", " ", name)):
        return values.STRING, {}, ""
    return _boolean(found) or _number(found, prefers_comma=prefers_comma) or _other(found)


def _other(found: list[str]) -> tuple[str, dict[str, object], str]:
    is_json = all(cell[:1] in "[{" and _reads(values.json_value, cell) for cell in found)
    return values.JSON if is_json else values.STRING, {}, ""


def _boolean(found: list[str]) -> tuple[str, dict[str, object], str] | None:
    words = {cell.casefold() for cell in found}
    for true, false in _WORDS:
        if false and words <= {true, false}:
            usual = true in values.TRUE and false in values.FALSE
            words_of: dict[str, object] = {"true_values": [true], "false_values": [false]}
            return values.BOOLEAN, {} if usual else words_of, ""
    return None


def _number(found: list[str], *, prefers_comma: bool) -> tuple[str, dict[str, object], str] | None:
    if all(map(_WHOLE.fullmatch, found)):
        return values.INTEGER, {}, ""
    broken = [cell for cell in found if not _WHOLE.fullmatch(cell)]
    by_comma = all(map(_COMMA.fullmatch, broken))
    if by_comma and (prefers_comma or not all(map(_GROUPED.fullmatch, broken))):
        grouped = any(map(_GROUPED_BY_POINT.fullmatch, broken))
        return values.DECIMAL, {"decimal": ",", **({"thousands": "."} if grouped else {})}, ""
    if all(map(_POINT.fullmatch, broken)):
        return values.DECIMAL, {"decimal": "."}, ""
    if all(_GROUPED.fullmatch(cell) or _POINT.fullmatch(cell) for cell in broken):
        return values.DECIMAL, {"decimal": ".", "thousands": ","}, ""
    return None


def _timestamp(name: str, found: list[str]) -> tuple[str, dict[str, object], str] | None:
    plain = all(re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", cell) for cell in found)
    if plain:
        return _counted(found) if _TIMELY.search(name) else None
    if all("-" in cell and _reads(values.timestamp(reader_of([ISO], UTC, str)), cell) for cell in found):
        return values.TIMESTAMP, {}, ""
    fitting = [form for form in _FORMATS if all(_fits(form, cell) for cell in found)]
    if not fitting:
        return None
    both = any(form.startswith(("%d/%m", "%d-%m")) for form in fitting) and any(
        form.startswith(("%m/%d", "%m-%d")) for form in fitting
    )
    return values.TIMESTAMP, {"format": fitting[0]}, "CHECK: the month may stand first" if both else ""


def _counted(found: list[str]) -> tuple[str, dict[str, object], str] | None:
    numbers = [float(cell.replace(",", ".")) for cell in found]
    if _within(numbers, _SERIALS):
        decimal: dict[str, object] = {"decimal": ","} if any("," in cell for cell in found) else {"decimal": "."}
        return values.TIMESTAMP, {"format": EXCEL, **decimal}, "days as Excel counts them"
    if _within(numbers, _EPOCH_S):
        return values.TIMESTAMP, {"format": UNIX}, ""
    if _within(numbers, _EPOCH_MS):
        return values.TIMESTAMP, {"format": UNIX_MS}, ""
    return None


def _within(numbers: Sequence[float], bounds: tuple[float, float]) -> bool:
    return all(bounds[0] <= number <= bounds[1] for number in numbers)


def _fits(form: str, cell: str) -> bool:
    try:
        datetime.strptime(cell, form)  # noqa: DTZ007  # only whether it fits
    except ValueError:
        return False
    return True


def _reads(read: Callable[[str], bytes], cell: str) -> bool:
    try:
        read(cell)
    except Unfit:
        return False
    return True


def decimal_of(guesses: Sequence[Guess]) -> Numbers:
    """Return the decimal sign that most numbers have."""
    signs = [str(guess.options["decimal"]) for guess in guesses if "decimal" in guess.options]
    return Numbers("," if signs.count(",") > signs.count(".") else ".")
