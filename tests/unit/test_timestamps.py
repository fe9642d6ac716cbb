"""Timestamps: what is read, what is written, what is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.events.timestamps import all_canonical, from_epoch, moments, to_utc


@pytest.mark.parametrize(
    ("given_", "sent"),
    [
        ("2026-11-23T12:27:55.098Z", "2026-11-23T12:27:55.098Z"),
        ("2026-11-23T12:27:55Z", "2026-11-23T12:27:55Z"),
        ("2026-11-23T12:27:55.1Z", "2026-11-23T12:27:55.1Z"),
        ("2026-11-23T12:27:55.123456789012Z", "2026-11-23T12:27:55.123456789012Z"),
        ("2026-11-23T12:27:55.148+00:00", "2026-11-23T12:27:55.148Z"),
        ("2026-11-23T12:27:55.148-00:00", "2026-11-23T12:27:55.148Z"),
        ("2026-11-23T12:27:55+0100", "2026-11-23T11:27:55Z"),
        ("2026-11-23T12:27:55+01", "2026-11-23T11:27:55Z"),
        ("2026-11-23T12:27:55.5+14:00", "2026-11-22T22:27:55.5Z"),
        ("2026-11-23T12:27:55,25-12:00", "2026-11-24T00:27:55.25Z"),
        ("2026-11-23T12:27", "2026-11-23T12:27:00Z"),
        ("2026-11-23T12:27Z", "2026-11-23T12:27:00Z"),
        ("2026-11-23T12", "2026-11-23T12:00:00Z"),
        ("2026-11-23T24:00:00Z", "2026-11-24T00:00:00Z"),
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("2026-11", "2026-11-01T00:00:00Z"),
        ("20261123", "2026-11-23T00:00:00Z"),
        ("20261123T122755.5Z", "2026-11-23T12:27:55.5Z"),
        ("2026-W48-1", "2026-11-23T00:00:00Z"),
        ("2026W481T24:00", "2026-11-24T00:00:00Z"),
        ("2026W48", "2026-11-23T00:00:00Z"),
        ("2026-W53-7", "2027-01-03T00:00:00Z"),
        ("2026-327", "2026-11-23T00:00:00Z"),
        ("2026327T10Z", "2026-11-23T10:00:00Z"),
        ("2028-366", "2028-12-31T00:00:00Z"),
        ("2026-06-30T23:59:60.999Z", "2026-07-01T00:00:00Z"),
        ("2026-06-30T23:59:60+01:00", "2026-06-30T23:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_iso_8601_of_any_precision_is_utc(given_: str, sent: str) -> None:
    assert to_utc(given_) == sent


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "Z",
        "now",
        "2026",
        "2026-1-1",
        "2026-00-01",
        "2026-11-31",
        "2027-366",
        "2026-000",
        "2026-11-23T",
        "2026-11-23T25:00:00Z",
        "2026-11-23T24:00:01Z",
        "2026-11-23T24:00:00.5Z",
        "2026-11-23T24:00:00.000Z",
        "24:00:00.5",
        "20261123T240000,5",
        "0001W01001",
        "2026W48-1",
        "2026-W481",
        "2026-W48-8",
        "2026-W00-1",
        "2025-W53",
        "2026-W48-1T",
        "2026-1123",
        "202611-23",
        "2026-3271",
        "2026-11-23T12:2755Z",
        "2026-11-23T1227:55Z",
        "2026-11-23T12:60:00Z",
        "2026-11-23T12:00:61Z",
        "2026-11-23T12:00:00.Z",
        "2026-11-23T12:00:00+24:00",
        "2026-11-23T12:00:00+01:60",
        "2026-11-23T12:00:00 +01:00",
        "2026-11-23T12:00:00ZZ",
        "2026-11-23T12:00:00Z\n",
        "2026-11-23T12:00:00Z\n2026-11-23T12:00:00Z",
        " 2026-11-23T12:00:00Z",
        "２026-11-23T12:00:00Z",
        "2026-11-23T12:00:00\ud800",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "Mon, 23 Nov 2026 12:00:00 GMT",
        "1795436875",
        "1795436875.411",
        "+12026-11-23T12:00:00Z",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|no such moment"):
        to_utc(text)


@given(st.datetimes(timezones=st.timezones()), st.sampled_from(["auto", "seconds", "milliseconds", "microseconds"]))
def test_what_python_writes_is_the_same_moment_in_utc(moment: object, precision: str) -> None:
    from datetime import UTC, datetime

    assert isinstance(moment, datetime)
    text = moment.isoformat(timespec=precision)
    try:
        sent = to_utc(text)
    except ValueError:
        # Offsets with seconds (before 1900) are none of ISO 8601; beyond the years 1 to 9999 there is no UTC.
        assert re.search(r"[+-]\d\d:\d\d:", text) or moment.year in (1, 9999)
        return
    assert datetime.fromisoformat(sent) == datetime.fromisoformat(text)
    assert datetime.fromisoformat(sent).tzinfo == UTC
    assert all_canonical([sent])


@given(st.lists(st.text("0123456789-:.TZ+ \n", max_size=30), max_size=4))
def test_what_is_canonical_together_is_canonical_alone(texts: list[str]) -> None:
    assert all_canonical(texts) == all(all_canonical([text]) for text in texts)


def _alone(text: str) -> str | None:
    try:
        return to_utc(text)
    except ValueError:
        return None


@given(
    st.lists(
        st.text("0123456789-:.TZ+ \n\ud800", max_size=30)
        | st.sampled_from(
            [
                "2026-11-23T12:27:55.411Z",
                "2026-11-23T12:27:55.411123+00:00",
                "2026-02-30T00:00:00Z",
                "yesterday",
                "2026",
            ]
        ),
        max_size=9,
    )
)
def test_what_is_read_together_is_read_as_alone(texts: list[str]) -> None:
    assert moments(texts) == [_alone(text) for text in texts]


@given(st.text("0123456789-:.,TtZz+ W", max_size=35))
def test_what_is_written_is_canonical_and_stays_as_it_is(text: str) -> None:
    try:
        sent = to_utc(text)
    except ValueError:
        return
    assert all_canonical([sent])
    assert to_utc(sent) == sent


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_436_875.411, "2026-11-23T12:27:55.411Z"),
        (0.9999, "1970-01-01T00:00:00.999Z"),
    ],
)
def test_a_moment_of_the_clock_has_24_characters(seconds: float, text: str) -> None:
    assert from_epoch(seconds) == text
