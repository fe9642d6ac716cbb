"""Numbers as ids: the same person whether a runtime writes 12345678, 12345678.0 or 1.2345678E7."""

import re

# A whole number of 128 bits has 39 digits, and a runtime that writes more of them has long lost the last ones.
MAX_DIGITS = 40

_PARTS = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
# More digits than this in an exponent are beyond any number that has digits.
_LONGEST_EXPONENT = 8


def digits_of(number: bytes) -> bytes:
    """A JSON number as an id: the digits of a whole one, however it is spelled, without going through a float.

    What is not whole, or is spelled by an exponent or a fraction and has more than 40 digits, stays as it is spelled.
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
