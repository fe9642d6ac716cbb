"""Reads timestamps as exports write them: ISO 8601, any strptime format, Excel's serial days, epochs; UTC comes out.

A local time that occurred twice is the first of the two; one that was skipped is read with the offset before.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from dreamdata_relay.events.timestamps import to_utc

ISO, EXCEL, EXCEL_1904, UNIX, UNIX_MS = "iso", "excel", "excel_1904", "unix", "unix_ms"
NAMED = (ISO, EXCEL, EXCEL_1904, UNIX, UNIX_MS)
type ReadMoment = Callable[[str], str]

_ZONED = re.compile(r"(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)$")
_HAS_TIME = re.compile(r"[Tt ][0-9]{2}")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Excel takes 1900 for a leap year: from its day 61 on, March 1, its days are one further than they should be.
_EXCEL_EPOCH, _EXCEL_LEAP_DAY = datetime(1899, 12, 30), 60  # noqa: DTZ001  # local, in whichever zone
_EXCEL_1904_EPOCH = datetime(1904, 1, 1)  # noqa: DTZ001  # as above
_DAY_MS = 86_400_000
# A time of which no field is its default, to see what a format keeps of it.
_TRIED = datetime(2023, 11, 28, 21, 43, 57, tzinfo=timezone(timedelta(hours=2)))


def zone_of(name: str) -> tzinfo:
    """Return the time zone with this IANA name; raises ValueError with a reason."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name!r}; names are like Europe/Copenhagen, or UTC") from None


def check_format(form: str) -> None:
    """Raise ValueError with a reason unless ``form`` is in :data:`NAMED` or is a strptime format with a date."""
    if form in NAMED:
        return
    told = set(re.findall(r"%-?([A-Za-z])", form))
    # Of a day without a year the library warns.
    if told and told.isdisjoint("YyGcx"):
        raise ValueError(f"{form!r} does not tell year, month and day")
    try:
        read = datetime.strptime(_TRIED.strftime(form), form)  # noqa: DTZ007  # what zone it has is not asked here
    except ValueError:
        read = None
    if read is None or "%" not in form:
        raise ValueError(f"{form!r} is none of {', '.join(NAMED)}, and no format like %d.%m.%Y %H:%M")
    if read.date() != _TRIED.date():
        raise ValueError(f"{form!r} does not tell year, month and day")


def reader_of(formats: Sequence[str], zone: tzinfo, number: Callable[[str], str]) -> ReadMoment:
    """Return a reader that uses the first of ``formats`` that fits; it raises ValueError if none does.

    ``zone``: for times without one. ``number``: normalizes decimal commas and the like.
    """
    readers = [_reader(form, zone, number) for form in formats]
    if len(readers) == 1:
        return readers[0]

    def read(text: str) -> str:
        for one in readers:
            try:
                return one(text)
            except ValueError:
                continue
        raise ValueError

    return read


def _reader(form: str, zone: tzinfo, number: Callable[[str], str]) -> ReadMoment:
    if form == ISO:
        return lambda text: _iso(text, zone)
    if form in NAMED:
        return lambda text: _counted(form, _finite(number(text)), zone)
    return lambda text: _utc(datetime.strptime(text, form), zone)  # noqa: DTZ007  # it gets its zone there


def _iso(text: str, zone: tzinfo) -> str:
    if zone is UTC or (_HAS_TIME.search(text) and _ZONED.search(text)):
        return to_utc(text)
    # By the relay's own reader, which knows the forms; what it gives is the local time.
    return _utc(datetime.fromisoformat(to_utc(text)).replace(tzinfo=None), zone)


def _finite(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError
    return float(text)


def _counted(form: str, number: float, zone: tzinfo) -> str:
    try:
        if form in (UNIX, UNIX_MS):
            return written(_EPOCH + timedelta(milliseconds=round(number * (1000 if form == UNIX else 1))))
        if form == EXCEL_1904:
            return _utc(_EXCEL_1904_EPOCH + timedelta(milliseconds=round(number * _DAY_MS)), zone)
        if number < 1 or int(number) == _EXCEL_LEAP_DAY:
            raise ValueError
        days = number + (number < _EXCEL_LEAP_DAY)
        return _utc(_EXCEL_EPOCH + timedelta(milliseconds=round(days * _DAY_MS)), zone)
    except OverflowError:
        raise ValueError from None


def _utc(moment: datetime, zone: tzinfo) -> str:
    try:
        return written((moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC))
    except OverflowError:
        raise ValueError from None


def written(moment: datetime) -> str:
    """Return the UTC time as the relay writes it, in milliseconds, or in microseconds if it is as exact."""
    spec = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.isoformat(timespec=spec)[:-6] + "Z"
