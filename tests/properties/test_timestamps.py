"""Timestamps are read as a strict reader of ISO 8601, written apart from the relay's, reads them."""

import datetime as dt

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamdata_relay.events.timestamps import to_utc
from tests.examples import examples

type Read = tuple[dt.datetime, str] | None


def strictly(text: str) -> Read:
    """The moment in UTC to the second, and the digits of its fraction; None where ``text`` is no time."""
    for at in range(len(text) + 1):
        if at == len(text) or text[at] in "Tt ":
            day, time = _day(text[:at]), text[at + 1 :] if at < len(text) else None
            break
    if day is None:
        return None
    read = (0, "", 0) if time is None else _time(time)
    if read is None:
        return None
    try:
        return dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=read[0] - read[2]), read[1]
    except OverflowError:
        return None


def _day(text: str) -> dt.date | None:
    year, rest = text[:4], text[4:]
    if len(year) < 4 or not _digits(year):
        return None
    try:
        if "W" in rest:
            dash = rest.startswith("-")
            week, end = rest.removeprefix("-")[1:3], rest.removeprefix("-")[3:]
            if rest.removeprefix("-")[:1] != "W" or len(week) < 2 or not _digits(week):
                return None
            if end and (len(end) != 1 + dash or end.startswith("-") != dash or not _digits(end[-1])):
                return None
            return dt.date.fromisocalendar(int(year), int(week), int(end[-1]) if end else 1)
        parts = [len(part) for part in rest.split("-")]
        digits = rest.replace("-", "")
        if not _digits(digits):
            return None
        if parts in ([0, 2, 2], [4]):
            return dt.date(int(year), int(digits[:2]), int(digits[2:]))
        if parts == [0, 2]:
            return dt.date(int(year), int(digits), 1)
        if parts in ([0, 3], [3]):
            first = dt.date(int(year), 1, 1)
            day = dt.date.fromordinal(first.toordinal() + int(digits) - 1)
            return day if day.year == first.year else None
    except (ValueError, OverflowError):
        pass
    return None


def _time(text: str) -> tuple[int, str, int] | None:
    """Seconds of the day, digits of the fraction, seconds that the zone is before UTC."""
    text, offset = _zone(text)
    if offset is None:
        return None
    point = next((at for at, character in enumerate(text) if character in ".,"), len(text))
    clock, fraction = text[:point], text[point + 1 :]
    if point < len(text) and not _digits(fraction):
        return None
    parts = clock.split(":") if ":" in clock else [clock[at : at + 2] for at in range(0, len(clock), 2)]
    if not 1 <= len(parts) <= 3 or any(len(part) != 2 or not _digits(part) for part in parts):
        return None
    if point < len(text) and len(parts) < 3:
        return None
    hours, minutes, seconds = (*map(int, parts), 0, 0)[:3]
    if hours == 24:
        return (86_400, "", offset) if minutes == seconds == 0 and point == len(text) else None
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return hours * 3600 + minutes * 60 + seconds, "" if seconds == 60 else fraction, offset


def _zone(text: str) -> tuple[str, int | None]:
    """The time without its zone, and the seconds that this is before UTC; None where it is no zone."""
    if text[-1:] in ("Z", "z"):
        return text[:-1], 0
    for sign, factor in (("+", 60), ("-", -60)):
        time, found, zone = text.partition(sign)
        if found:
            parts = zone.split(":") if ":" in zone else [zone[:2], zone[2:] or "00"]
            if len(parts) > 2 or any(len(part) != 2 or not _digits(part) for part in parts):
                return time, None
            hours, minutes = map(int, parts)
            return time, None if hours > 23 or minutes > 59 else (hours * 60 + minutes) * factor
    return text, 0


def _digits(text: str) -> bool:
    return bool(text) and all(character in "0123456789" for character in text)


def ours(text: str) -> Read:
    try:
        sent = to_utc(text)
    except ValueError:
        return None
    whole, _, fraction = sent.removesuffix("Z").partition(".")
    return dt.datetime.fromisoformat(whole), fraction


NUMBERS = st.integers(0, 99).map("{:02}".format) | st.sampled_from(
    ["00", "01", "12", "23", "24", "53", "59", "60", "366"]
)
YEARS = st.sampled_from(["0000", "0001", "1999", "2020", "2024", "2026", "9999"])
DAYS = st.builds(
    lambda year, *parts: year + "".join(parts),
    YEARS,
    st.sampled_from(["-", "", "W", "-W", "--"]),
    NUMBERS,
    st.sampled_from(["-", ""]),
    NUMBERS | st.sampled_from(["", "1", "7", "8", "0", "001"]),
)
TIMES = st.builds(
    lambda *parts: "".join(parts),
    st.sampled_from(["T", "T", "T", " ", "t", ""]),
    st.sampled_from(["24", "23", "00", "12"]) | NUMBERS,
    st.sampled_from([":", ""]),
    NUMBERS | st.sampled_from(["", "00"]),
    st.sampled_from([":", ""]),
    NUMBERS | st.sampled_from(["", "00"]),
    st.sampled_from(["", "", ".", ",5", ".000", ".123", ".0001234567890"]),
    st.sampled_from(["", "Z", "z", "+01", "-0330", "+14:00", "+24:00", "+1", "-00:60", "Z+01", "+01:00:00"]),
)


@settings(max_examples=examples(3_000), deadline=None)
@given(DAYS | st.builds(str.__add__, DAYS, TIMES))
@example("0001W01001")
@example("2026-11-23T24:00:00.5")
@example("24:00:00.5")
@example("0001-01-01T00:00:00+00:01")
@example("9999-12-31T24:00")
def test_what_looks_like_a_time_is_read_so_or_refused_so(text: str) -> None:
    assert ours(text) == strictly(text)


@settings(max_examples=examples(2_000), deadline=None)
@given(st.text("0123456789-:.,TtZz+ W", max_size=30))
def test_any_text_is_read_so_or_refused_so(text: str) -> None:
    assert ours(text) == strictly(text)


@settings(max_examples=examples(500), deadline=None)
@given(
    st.datetimes(),
    st.sampled_from(["%Y-%m-%dT%H:%M:%S.%fZ", "%Y%m%dT%H%M%SZ", "%G-W%V-%uT%H:%M", "%GW%V%uT%H", "%Y-%jT%H%M%S"]),
)
def test_every_way_to_write_a_moment_is_read(moment: dt.datetime, form: str) -> None:
    text = moment.strftime(form.replace("%Y", f"{moment.year:04}").replace("%G", f"{moment.isocalendar().year:04}"))

    read = strictly(text)

    assert read is not None
    assert ours(text) == read
