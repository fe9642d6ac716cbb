"""Turns numeric ids into strings, the same one whether a runtime writes 12345678, 12345678.0 or 1.2345678E7."""

import re

# An integer of 128 bits has 39 digits; a runtime that writes more has already lost the last ones.
MAX_DIGITS = 40

_PARTS = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
# An exponent with more digits than this is beyond any usable number.
_LONGEST_EXPONENT = 8


def digits_of(number: bytes) -> bytes:
    """Return a JSON number as an id: the digits of an integer in any notation, without conversion to a float.

    A number that is not an integer, or has more than 40 digits with an exponent or a fraction, stays as written.
    """
    parts = _PARTS.fullmatch(number)
    if parts is None:
        return number
    sign, whole, fraction, exponent = (part or b"" for part in parts.groups())
    digits = (whole + fraction).lstrip(b"0")
    if not digits:
        return b"0"
    if not fraction and not exponent:
        return number
    if len(exponent) > _LONGEST_EXPONENT:
        return number
    length = len(digits) - len(fraction) + int(exponent or 0)
    digits = digits.rstrip(b"0")
    return sign + digits.ljust(length, b"0") if len(digits) <= length <= MAX_DIGITS else number
