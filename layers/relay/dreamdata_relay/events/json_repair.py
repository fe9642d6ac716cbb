"""Repairs what real clients send and strict JSON readers reject: ``NaN``, ``Infinity`` and lone surrogate escapes.

Python clients send the first two, and JavaScript may cut a string between the halves of a surrogate pair.
"""

import re

# Each match is a run to keep and at most one change, so there are as many matches as changes, regardless of the number
# of strings and escapes. The text has not been checked yet: an unclosed string is taken to the end, because otherwise
# the search would restart at every quote in it and take quadratic time.
_CONSTANT = re.compile(
    rb'((?:[^"NI-]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|-(?!Infinity)|N(?!aN)|I(?!nfinity))*+)(-?Infinity|NaN)?',
    re.DOTALL,
)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONGEST_ESCAPE = len(rb"\ud800")
# A text with very many changes is repaired in stretches, which limits the memory that re takes.
_STRETCH_BYTES = 262_144
_REPLACED_BY = rb"\\ufffd"


def without_constants(text: bytes) -> bytes:
    """Return ``text`` with ``NaN``, ``Infinity`` and ``-Infinity`` outside strings replaced by ``null``."""
    if b"NaN" not in text and b"Infinity" not in text:
        return text
    return _CONSTANT.sub(lambda m: m[1] + b"null" if m[2] else m[1], text)


def readable(text: bytes) -> bytes | bytearray:
    r"""Return a copy of ``text`` of the same length that a strict reader accepts: surrogate escapes become ``\ufffd``.

    The copy is only for inspection; ``text`` itself is forwarded. So paired and lone surrogates need not be told
    apart, nor escapes from text after an escaped backslash.
    """
    if b"\\u" not in text:
        return text
    made = bytearray(text)
    start = 0
    while start < len(text):
        end = start + _STRETCH_BYTES
        # Do not cut an escape in two.
        last = text.rfind(b"\\", end - _LONGEST_ESCAPE + 1, end)
        end = min(last if last > start else end, len(text))
        made[start:end] = _SURROGATE.sub(_REPLACED_BY, text[start:end])
        start = end
    return made
