"""What real clients send and no strict reader takes: ``NaN`` and ``Infinity``, and escapes of lone surrogates.

All Python clients send the first, and JavaScript cuts strings between the halves of a pair.
"""

import re

# Runs of what stays, then at most one thing to change: so many matches as changes, however many strings or escapes
# there are. The text has not been checked yet: a string that nothing closes is taken to the end, or the search would
# begin anew at every quote in it and take time by the square of its length.
_CONSTANT = re.compile(
    rb'((?:[^"NI-]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|-(?!Infinity)|N(?!aN)|I(?!nfinity))*+)(-?Infinity|NaN)?',
    re.DOTALL,
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONGEST_ESCAPE = len(rb"\ud800")
# Of a text with very many, what re makes of a stretch is no more than the stretch is long.
_STRETCH_BYTES = 262_144
_REPLACED_BY = rb"\\ufffd"


def without_constants(text: bytes) -> bytes:
    """``text`` with ``NaN``, ``Infinity`` and ``-Infinity`` outside strings replaced by ``null``."""
    if b"NaN" not in text and b"Infinity" not in text:
        return text
    return _CONSTANT.sub(lambda m: m[1] + b"null" if m[2] else m[1], text)


def readable(text: bytes) -> bytes | bytearray:
    r"""A copy of ``text``, of the same length, that a strict reader takes: surrogate escapes become ``\ufffd``.

    For looking only: what travels on is ``text`` itself. Halves of pairs need not be told from lone ones, then, nor
    escapes from what follows an escaped backslash.
    """
    if b"\\u" not in text:
        return text
    made = bytearray(text)
    start = 0
    while start < len(text):
        end = start + _STRETCH_BYTES
        # None is cut in two.
        last = text.rfind(b"\\", end - _LONGEST_ESCAPE + 1, end)
        end = min(last if last > start else end, len(text))
        made[start:end] = _SURROGATE.sub(_REPLACED_BY, text[start:end])
        start = end
    return made
