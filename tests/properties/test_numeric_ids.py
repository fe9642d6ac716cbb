"""Numbers as ids agree with Python's decimal arithmetic on what is whole."""

import decimal
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.events.numeric_ids import MAX_DIGITS, digits_of
from tests.examples import examples

EXACT = decimal.Context(prec=100_000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN, traps=[decimal.InvalidOperation])
DIGITS = st.text("0123456789", min_size=1, max_size=45) | st.text("0", min_size=1, max_size=45)
NUMBERS = st.builds(
    lambda sign, whole, fraction, exponent: sign + (whole.lstrip("0") or "0") + fraction + exponent,
    st.sampled_from(["", "-"]),
    DIGITS,
    st.just("") | DIGITS.map(lambda digits: "." + digits),
    st.just("")
    | st.builds(
        lambda letter, sign, digits: letter + sign + digits,
        st.sampled_from("eE"),
        st.sampled_from(["", "+", "-"]),
        st.integers(0, 60).map(str) | st.sampled_from(["00", "007", "999", "99999", "9" * 30]),
    ),
)


def is_small(number: str) -> bool:
    """Whether its exponent is one that decimal can work with."""
    return not number.endswith("9" * 30) or "e" not in number.lower()


@settings(max_examples=examples(2_000), deadline=None)
@given(NUMBERS)
def test_the_digits_of_a_whole_number_are_those_of_its_value(number: str) -> None:
    made = digits_of(number.encode()).decode()

    json.loads(number)
    if not is_small(number):
        assert made in (number, "0")
        return
    value = EXACT.create_decimal(number)
    if value == 0:
        assert made == "0"
    elif value != value.to_integral_value(context=EXACT) or (
        value.adjusted() >= MAX_DIGITS and not number.lstrip("-").isdigit()
    ):
        assert made == number
    else:
        assert made == format(value, "f").split(".")[0]


@settings(max_examples=examples(500), deadline=None)
@given(st.integers(-(10**39), 10**39))
def test_every_spelling_of_a_whole_number_is_one_id(value: int) -> None:
    plain = str(value)
    spellings = {plain, plain + ".0", plain + "e0", plain + "0e-1", plain + "000.00E-3", f"{decimal.Decimal(value):E}"}

    assert {digits_of(spelling.encode()) for spelling in spellings} == {plain.encode()}


@given(NUMBERS)
def test_the_digits_made_are_an_id_that_stays(number: str) -> None:
    made = digits_of(number.encode())

    assert digits_of(made) == made


@pytest.mark.parametrize(
    ("number", "made"),
    [
        ("12345678", "12345678"),
        ("12345678.0", "12345678"),
        ("1.2345678E7", "12345678"),
        ("1.2345678e+07", "12345678"),
        ("1e+21", "1000000000000000000000"),
        ("1.0e+25", "10000000000000000000000000"),
        ("1e16", "10000000000000000"),
        ("-7.0", "-7"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("0e99999999999", "0"),
        ("1.50", "1.50"),
        ("1.5e-3", "1.5e-3"),
        ("1e999", "1e999"),
        ("1e99999999999", "1e99999999999"),
        ("9007199254740993.0", "9007199254740993"),
        ("1" + "0" * 60, "1" + "0" * 60),
    ],
)
def test_what_runtimes_write(number: str, made: str) -> None:
    assert digits_of(number.encode()).decode() == made
