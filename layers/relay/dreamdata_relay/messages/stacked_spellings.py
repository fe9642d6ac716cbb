"""Keys within escapes of escapes of another kind, as of JSON that stands in a URL.

Next to nobody writes a key so. Each escape may be one of a million, and what it says takes several steps: so it is not
looked for where such a key stands. The whole string of JSON around it is masked, or all of a text that is no JSON.
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
# What is shorter holds no key; as long is what stands for it.
_STRING = re.compile(rf'"(?=(?:[^"\\]|\\.){{{LEAST_WORD}}})[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# With more strings than that it costs too much to look into each.
_MOST_STRINGS = 10_000
_NOTHING_LEFT = f'"{MASK}"'


def without_stacked(text: str, plain: str, words: Sequence[str], spelled: Sequence[str]) -> str:
    """``text``, of which ``plain`` is what it says once escapes are undone, without ``words`` in whatever is undone.

    ``spelled``: those of them that were to be seen, and may be yet.
    """
    deep = _undone(plain)
    # A key in which something looks like an escape says something else then.
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
    """Where at the end of ``text`` begins what may hold the beginning of a word; its length where nothing does."""
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
    """What is left once nothing in ``text`` is an escape any more."""
    for _ in range(_MOST_TIMES):
        plain = plainly(text)
        if plain == text:
            break
        text = plain
    return text
