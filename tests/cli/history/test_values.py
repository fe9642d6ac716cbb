"""What stands in a cell becomes the JSON of its type, or is unfit."""

import json
from zoneinfo import ZoneInfo

import pytest

from relay_cli.history import values
from relay_cli.history.moments import reader_of, zone_of
from relay_cli.history.records import JsonText
from relay_cli.history.values import Numbers, ReadValue, Unfit

_POINT, _COMMA = Numbers(), Numbers(",", ".")


def unfit(read: ReadValue, text: str) -> bool:
    """Whether it is none; what is said has nothing of the text."""
    with pytest.raises(Unfit) as raised:
        read(text)
    return text not in raised.value.detail or len(text) < 3


@pytest.mark.parametrize(
    ("numbers", "text", "made"),
    [
        (_POINT, "0", "0"), (_POINT, "-0", "0"), (_POINT, "+7", "7"), (_POINT, "007", "7"), (_POINT, "1.10", "1.10"),
        (_POINT, "-0.50", "-0.50"), (_POINT, ".5", "0.5"), (_POINT, "5.", "5"), (_POINT, "1e3", "1e3"),
        (_POINT, "1.5E-07", "1.5e-7"), (_POINT, "0.1e0", "0.1"), (_POINT, "9" * 40, "9" * 40),
        (_COMMA, "1.234.567,89", "1234567.89"), (_COMMA, "1234,5", "1234.5"), (_COMMA, "-1.000", "-1000"),
        (Numbers(".", ","), "1,234.50", "1234.50"), (Numbers(",", " "), "1 234 567,5", "1234567.5"),
        (Numbers(",", " "), "1\u00a0234\u202f567", "1234567"), (Numbers(".", "'"), "1'000.5", "1000.5"),
    ],
)  # fmt: skip
def test_a_number_keeps_its_digits(numbers: Numbers, text: str, made: str) -> None:
    """It passes through no float, and is one that JSON knows."""
    assert values.decimal(numbers)(text) == made.encode()
    json.loads(made)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        (_POINT, "1,5"), (_POINT, "1.2.3"), (_POINT, "$5"), (_POINT, "5 %"), (_POINT, "."), (_POINT, "-"),
        (_POINT, "NaN"), (_POINT, "Infinity"), (_POINT, "0x1f"), (_POINT, "1_000"), (_POINT, "٣"), (_POINT, "1" * 41),
        (_COMMA, "1.5"), (_COMMA, "12.34,5"), (_COMMA, "1,234.5"), (Numbers(","), "1.234"), (_POINT, "1e99999"),
        (_POINT, "e5"),
    ],
)  # fmt: skip
def test_what_is_no_such_number_is_unfit(numbers: Numbers, text: str) -> None:
    """A point where the comma is decimal is no number's: 1.5 is not fifteen."""
    assert unfit(values.decimal(numbers), text)


def test_whole_numbers() -> None:
    """Digit by digit."""
    read = values.integer(_COMMA)
    assert [read(text) for text in ("1.234", "-007", "+0", "9" * 40)] == [b"1234", b"-7", b"0", b"9" * 40]
    assert all(unfit(read, text) for text in ("1,0", "1.5", "", "-", "1e3", "9" * 41))


def test_booleans() -> None:
    """By their words, in any case."""
    read = values.boolean(values.TRUE, values.FALSE)
    assert [read(text) for text in ("TRUE", "x", "1", "No", "0")] == [b"true", b"true", b"true", b"false", b"false"]
    assert unfit(read, "Ja")
    assert values.boolean(["Ja"], ["Nein"])("JA") == b"true"


def test_texts_and_json() -> None:
    """Of a JSON file a number is its spelling where a text is wished, and an object is none."""
    assert values.string('a "b"\n\u00e9') == '"a \\"b\\"\\n\u00e9"'.encode()
    assert values.string(JsonText("1.10")) == b'"1.10"'
    assert unfit(values.string, JsonText('{"secret": 1}'))
    assert values.json_value(' {"a": [1.10]} ') == b'{"a": [1.10]}'
    assert unfit(values.json_value, "secret text")
    assert values.json_or_string("5") == b'"5"'
    assert values.json_or_string(JsonText("5")) == b"5"


@pytest.mark.parametrize(
    ("form", "text", "made"),
    [
        ("iso", "2024-03-31T01:30:00", "2024-03-31T00:30:00.000Z"),
        ("iso", "2024-03-31 03:30:00", "2024-03-31T01:30:00.000Z"),
        ("iso", "2024-07-01", "2024-06-30T22:00:00.000Z"),
        ("iso", "2024-07-01T12:00:00.123456+05:30", "2024-07-01T06:30:00.123456Z"),
        ("iso", "2024-07-01T12:00:00Z", "2024-07-01T12:00:00Z"),
        ("iso", "2024-07-01T12:00:00,5", "2024-07-01T10:00:00.500Z"),
        ("%d.%m.%Y %H:%M", "31.12.2023 23:59", "2023-12-31T22:59:00.000Z"),
        ("%m/%d/%y", "12/31/23", "2023-12-30T23:00:00.000Z"),
        ("%d %b %Y %H:%M:%S %z", "01 Feb 2024 10:00:00 -0500", "2024-02-01T15:00:00.000Z"),
        ("excel", "45382", "2024-03-30T23:00:00.000Z"),
        ("excel", "45382.5", "2024-03-31T10:00:00.000Z"),
        ("excel", "45292,333333", "2024-01-01T06:59:59.971Z"),
        ("excel", "61", "1900-02-28T23:00:00.000Z"),
        ("excel", "59", "1900-02-27T23:00:00.000Z"),
        ("excel", "1", "1899-12-31T23:00:00.000Z"),
        ("excel_1904", "43920", "2024-03-30T23:00:00.000Z"),
        ("unix", "1711848600", "2024-03-31T01:30:00.000Z"),
        ("unix", "1711848600.25", "2024-03-31T01:30:00.250Z"),
        ("unix_ms", "1711848600123", "2024-03-31T01:30:00.123Z"),
        # Shown twice: the first one. Skipped: as if the clock had not been set.
        ("iso", "2024-10-27T02:30:00", "2024-10-27T00:30:00.000Z"),
        ("iso", "2024-03-31T02:30:00", "2024-03-31T01:30:00.000Z"),
    ],
)
def test_times_of_a_zone_are_told_in_utc(form: str, text: str, made: str) -> None:
    """In Copenhagen, with summer time; one that names its own zone keeps that."""
    read = reader_of([form], ZoneInfo("Europe/Copenhagen"), lambda number: number.replace(",", "."))
    assert read(text) == made


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("iso", "31.12.2024"), ("iso", "2024-13-01"), ("iso", "tomorrow"), ("%d.%m.%Y", "31.02.2024"),
        ("%d.%m.%Y", "1.1.2024 10:00"), ("excel", "60"), ("excel", "0"), ("excel", "-1"), ("excel", "1e400"),
        ("excel", "nan"), ("excel", "99999999"), ("unix", "9" * 30), ("unix_ms", "1.1.2024"), ("iso", "0001-01-01"),
    ],
)  # fmt: skip
def test_what_is_no_such_time_is_unfit(form: str, text: str) -> None:
    """Excel's day 60, February 29 of 1900, never was."""
    read = reader_of([form], ZoneInfo("Europe/Copenhagen"), lambda number: number)
    assert unfit(values.timestamp(read), text)


def test_formats_are_tried_in_turn() -> None:
    """The first that fits."""
    read = reader_of(["%d.%m.%Y", "excel"], zone_of("utc"), lambda number: number)
    assert read("31.03.2024") == read("45382") == "2024-03-31T00:00:00.000Z"
    assert unfit(values.timestamp(read), "2024-03-31")
