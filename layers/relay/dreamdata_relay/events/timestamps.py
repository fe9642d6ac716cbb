"""Normalizes timestamps: ISO 8601 of any precision to RFC 3339 in UTC with ``Z``, keeping all fractional digits."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_CANONICAL_SHAPE = re.compile(rb"0000-00-00T00:00:00(?:\.0+)?Z")
_MILLISECONDS = b"0000-00-00T00:00:00.000Z"
# The forms of ISO 8601 one by one, because the standard library also accepts mixtures of them.
_PARTS = re.compile(
    r"([0-9]{4}-[0-9]{2}(?:-[0-9]{2})?|[0-9]{8}|[0-9]{4}-?[0-9]{3}|[0-9]{4}-W[0-9]{2}(?:-[0-9])?|[0-9]{4}W[0-9]{2,3})"
    r"(?:[Tt ](?:([0-9]{2}:[0-9]{2}:[0-9]{2}|[0-9]{6})(?:[.,]([0-9]+))?|([0-9]{2}(?::?[0-9]{2})?))"
    r"([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_MILLISECOND = re.compile(r"[.,][0-9]{3}")
_MIDNIGHT = re.compile(r"[Tt ]00:?00:?00[.,]0+(?![0-9])")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_ORDINAL = re.compile(r"([0-9]{4})-?([0-9]{3})")


def all_canonical(timestamps: Sequence[str]) -> bool:
    """Whether each is a valid moment already written as ``YYYY-MM-DDThh:mm:ss[.fraction]Z``.

    It compares the shape of all at once, with each digit read as 0, and then checks each against the calendar. This
    takes a third of the time of a regular expression for each.
    """
    if not timestamps:
        return True
    try:
        shapes = "\n".join(timestamps).encode().translate(_DIGITS_TO_ZERO)
        count = len(timestamps)
        usual = len(shapes) == len(_MILLISECONDS) * count + count - 1 and shapes.count(_MILLISECONDS) == count
        if not usual and not all(map(_CANONICAL_SHAPE.fullmatch, set(shapes.split(b"\n")))):
            return False
        for _ in map(datetime.fromisoformat, timestamps):
            pass
    except ValueError:
        # Not a calendar date, a line break, or a lone surrogate (UnicodeEncodeError).
        return False
    return True


def moments(timestamps: Sequence[str]) -> list[str | None]:
    """Return :func:`to_utc` of each, None if it is not ISO 8601; fast if most need no change or are alike."""
    return _moments(timestamps, [_zulu(timestamp) for timestamp in timestamps])


def _moments(timestamps: Sequence[str], zulu: list[str]) -> list[str | None]:
    if all_canonical(zulu):
        return [*zulu]
    if len(timestamps) == 1:
        try:
            return [to_utc(timestamps[0])]
        except ValueError:
            return [None]
    # Find the one that needs more by halving, so that the others are still converted together.
    middle = len(timestamps) // 2
    return _moments(timestamps[:middle], zulu[:middle]) + _moments(timestamps[middle:], zulu[middle:])


def _zulu(timestamp: str) -> str:
    """Convert what most clients send without calculation: it ends with Z, or with +00:00 from Python clients."""
    return timestamp[:-6] + "Z" if timestamp.endswith("+00:00") else timestamp


def is_exact(timestamp: str | None) -> bool:
    """Whether ``timestamp`` (ISO 8601) is exact to milliseconds, so that it distinguishes otherwise equal events.

    Midnight is not, even with zeros for milliseconds, because JavaScript writes a date without a time like this.
    """
    return bool(timestamp and _MILLISECOND.search(timestamp) and not _MIDNIGHT.search(timestamp))


def to_utc(timestamp: str) -> str:
    """Return ``timestamp`` as RFC 3339 in UTC; a missing zone means UTC.

    Raises ValueError if it is not ISO 8601 or falls outside the years 1 to 9999.
    """
    zulu = _zulu(timestamp)
    if all_canonical((zulu,)):
        return zulu
    parts = _PARTS.fullmatch(timestamp)
    if parts is None:
        raise ValueError("not an ISO 8601 timestamp")
    day, exact_time, fraction, coarse_time, zone = parts.groups()
    time = exact_time or coarse_time or "00"
    # A leap second becomes the first moment of the next minute, since most clocks cannot represent it.
    leap = exact_time is not None and time.endswith("60")
    try:
        if fraction and time.startswith("24"):
            raise ValueError("the end of a day has no fraction")
        moment = _date(day) + _time(time[:-2] + "59" if leap else time) - _offset(zone)
        if leap:
            moment, fraction = moment + timedelta(seconds=1), None
    except (ValueError, OverflowError):
        # The library's error text would repeat the timestamp.
        raise ValueError("no such moment between the years 1 and 9999") from None
    return moment.isoformat() + ("." + fraction if fraction else "") + "Z"


def from_epoch(seconds: float) -> str:
    """Return the moment ``seconds`` after the epoch as ``YYYY-MM-DDThh:mm:ss.mmmZ`` (24 characters)."""
    return datetime.fromtimestamp(int(seconds * 1000) / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _date(text: str) -> datetime:
    ordinal = _ORDINAL.fullmatch(text)
    if ordinal:
        year, day = int(ordinal[1]), int(ordinal[2])
        moment = datetime.fromisoformat(f"{year:04}-01-01") + timedelta(days=day - 1)
        if day < 1 or moment.year != year:
            raise ValueError("no such day of the year")
        return moment
    # A date without a day means the first of the month, which the library does not read.
    return datetime.fromisoformat(text + "-01" if _MONTH.fullmatch(text) else text)


def _time(text: str) -> timedelta:
    digits = text.replace(":", "")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4] or 0), int(digits[4:6] or 0)
    if hours == 24 and minutes == seconds == 0:
        return timedelta(hours=24)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError("no such time of day")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone in "Zz":
        return timedelta()
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:4] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset from UTC")
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset
