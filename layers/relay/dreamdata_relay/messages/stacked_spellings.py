"""Masks keys inside nested escapes of different kinds, such as JSON inside a URL.

Hardly anybody writes a key this way. There may be a million escapes, and decoding each takes several steps, so the
exact place of such a key is not searched. The whole JSON string around it is masked, or the whole text if it is not
JSON.
"""

import functools
import re
from collections.abc import Sequence

from dreamdata_relay.messages.spellings import (
    LEAST_BEGINNING,
    LEAST_WORD,
    LONGEST_BEGINNING,
    MASK,
    meaning,
    plainly,
    without_begun,
)

_MOST_TIMES = 5
# A shorter text holds no key; the mask has the same length.
_STRING = re.compile(rf'"(?=(?:[^"\\]|\\.){{{LEAST_WORD}}})[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# With more strings than this, examining each costs too much.
_MOST_STRINGS = 10_000
_NOTHING_LEFT = f'"{MASK}"'


def without_stacked(text: str, plain: str, words: Sequence[str], spelled: Sequence[str]) -> str:
    """Return ``text`` without ``words`` in any layer of escapes; ``plain`` is ``text`` with its escapes decoded.

    ``spelled``: those of the words that were visible in it before, and may still be.
    """
    deep = _undone(plain)
    # A key that contains what looks like an escape changes when it is decoded.
    meant = [_deep_meaning(word) for word in words if deep != plain or _deep_meaning(word) != meaning(word)]
    shown = [said for said in (*meant, *map(_deep_meaning, spelled)) if len(said) >= LEAST_WORD and said in deep]

    def shows(text: str) -> bool:
        deep = _undone(plainly(text))
        return any(said in deep for said in shown)

    if not shown:
        return text
    if 0 < len(_STRING.findall(text)) <= _MOST_STRINGS:
        text = _STRING.sub(lambda found: _NOTHING_LEFT if shows(found[0]) else found[0], text)
        if not shows(text):
            return text
    return _NOTHING_LEFT


def stacked_begun_at(text: str, words: Sequence[str]) -> int:
    """Return where the tail of ``text`` begins that may hold the start of a word; its length if there is none."""
    tail = text[-LONGEST_BEGINNING:]
    for _ in range(_MOST_TIMES):
        tail = plainly(without_begun(tail))
        for said in map(_deep_meaning, words):
            if any(tail.endswith(said[:length]) for length in range(LEAST_BEGINNING, len(said) + 1)):
                return max(map(text.rfind, ' "\n\t'), default=-1) + 1
    return len(text)


@functools.lru_cache(512)
def _deep_meaning(word: str) -> str:
    return _undone(word)


def _undone(text: str) -> str:
    """Return ``text`` with escapes decoded repeatedly until none is left."""
    for _ in range(_MOST_TIMES):
        plain = plainly(text)
        if plain == text:
            break
        text = plain
    return text
