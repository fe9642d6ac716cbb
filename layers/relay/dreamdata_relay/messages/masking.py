"""Keys taken out of a text that is kept: a dead letter, or what Dreamdata answered.

A key is found as it is, in base64 wherever it stands in what was encoded (``key:`` of a Basic header among them), and
with any of its characters as JSON escapes. The value of a member called ``writeKey`` is taken for a key, too. The text
may be JSON or anything else; JSON stays JSON, and no text becomes longer.
"""

import base64
import functools
import re
from collections.abc import Sequence

MASK = "***"
# Fewer characters of base64 say little, and stand in texts by chance.
_LEAST_BASE64 = 8
# Characters of base64 that hold bits of what was encoded before the key, by how many bytes of a group that is.
_SHARED = (0, 2, 3)
_URL_SAFE = str.maketrans("+/", "-_")
_BASE64 = "[A-Za-z0-9+/_-]"
# JSON within a string has its backslashes doubled, and so on: so many at most, or a run of them would take time by the
# square of its length.
_BACKSLASHES = r"\\{1,9}"
_ESCAPED_ASCII = re.compile(rf"{_BACKSLASHES}(?:u00([2-7][0-9a-fA-F])|(/))")
# An escape that has begun and not ended: what completes it is not a key's character.
_BEGUN_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")


def masked(text: str, secrets: Sequence[str]) -> str:
    """``text`` with each of ``secrets``, and the value of each member called ``writeKey``, replaced by ``***``."""
    if '"' in text:
        text = _write_key().sub(_masked_value, text)
        if '\\"' in text:
            text = _nested_write_key().sub(_masked_value, text)
    for secret in secrets:
        if secret:
            text = _without(text, secret)
    return text


def _without(text: str, secret: str) -> str:
    words = _words(secret)
    for number, word in enumerate(words):
        if word in text:
            text = _replaced(text, word) if number == 0 else _encoded(word).sub(MASK, text)
    if "\\" in text:
        # Only where a word shows once escapes are undone is it worth looking for each of its spellings.
        plain = _ESCAPED_ASCII.sub(lambda found: found[2] or chr(int(found[1], 16)), text)
        for number, word in enumerate(words):
            if word in plain or not word.isalnum():
                text = _spelled(word, number > 0).sub(MASK, text)
    return text


@functools.lru_cache(8)
def _words(secret: str) -> tuple[str, ...]:
    """The secret, and what of it any text in base64 that holds it has in common with others that do."""
    data = secret.encode("utf-8", "surrogatepass")
    found = [secret]
    for before, shared in enumerate(_SHARED):
        text = base64.b64encode(bytes(before) + data).decode()
        own = text[shared : (before + len(data)) * 8 // 6]
        if len(own) >= _LEAST_BASE64:
            found += [own, own.translate(_URL_SAFE)]
    return tuple(dict.fromkeys(found))


def _replaced(text: str, word: str) -> str:
    pieces = []
    start = 0
    while (found := text.find(word, start)) >= 0:
        kept = _completing(text, found, word)
        pieces += [text[start : found + kept], MASK]
        start = found + len(word)
    return "".join((*pieces, text[start:]))


def _completing(text: str, place: int, word: str) -> int:
    """How many of the characters at ``place`` end an escape that begins before it."""
    begun = _BEGUN_ESCAPE.search(text, max(0, place - 5), place)
    if begun is None:
        return 0
    first = begun.start()
    while first and text[first - 1] == "\\":
        first -= 1
    if (begun.start() - first) % 2:
        # Each of them stands for a backslash, and none begins an escape.
        return 0
    have = place - begun.start()
    return 6 - have if have > 1 else 5 if word.startswith("u") else 1


@functools.lru_cache(32)
def _encoded(word: str) -> re.Pattern[str]:
    """The characters beside it hold bits of the secret's ends."""
    return re.compile(f"{_BASE64}{{0,1}}{re.escape(word)}{_BASE64}{{0,1}}")


@functools.lru_cache(32)
def _spelled(word: str, encoded: bool) -> re.Pattern[str]:
    """``word`` with any of its characters as JSON writes it, however often that was put into a string again."""
    end = f"{_BASE64}{{0,1}}" if encoded else ""
    return re.compile("".join(map(_spellings, word)) + end)


def _spellings(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    escapes = "".join(rf"{_BACKSLASHES}u(?i:{units[place : place + 4]})" for place in range(0, len(units), 4))
    # A quote, a backslash and a slash may have backslashes before them, control characters are letters after one.
    short = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}.get(character)
    plain = rf"(?:{_BACKSLASHES})?{re.escape(character)}" if character in '"\\/' else re.escape(character)
    return f"(?:{plain}|{escapes}" + (rf"|{_BACKSLASHES}{short})" if short else ")")


def _letter(character: str) -> str:
    both = {character.lower(), character.upper()}
    escapes = "|".join(f"{ord(one):02x}" for one in sorted(both))
    return rf"(?:[{''.join(sorted(both))}]|{_BACKSLASHES}u00(?i:{escapes}))"


_NAME = "".join(map(_letter, "write")) + "[_-]?" + "".join(map(_letter, "key"))
_SPACE = r"[ \t\r\n]*+"
# A string that nothing closes is taken to the end, or the search would begin anew at every name in it.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_VALUE = rf"{_STRING}|-?[0-9][0-9.eE+-]*+|\[{_SPACE}(?:{_STRING}{_SPACE},?{_SPACE})++\]"


# Compiled at first use: nearly no cold start needs them.
@functools.cache
def _write_key() -> re.Pattern[str]:
    return re.compile(rf'("{_NAME}"{_SPACE}:{_SPACE})({_VALUE})', re.DOTALL)


@functools.cache
def _nested_write_key() -> re.Pattern[str]:
    """The same in JSON that is a string in JSON: as many backslashes before each of its quotes."""
    return re.compile(
        rf'(?<!\\)((?P<quote>{_BACKSLASHES}")(?:{_NAME})(?P=quote){_SPACE}:{_SPACE}(?P=quote))'
        r"(.{1,1024}?)(?=(?<!\\)(?P=quote))",
        re.DOTALL,
    )


def _masked_value(found: re.Match[str]) -> str:
    value = found[found.lastindex or 0]
    if value[0] == '"':
        inner = value[1:-1] if len(value) > 1 and value.endswith('"') else value[1:]
        return f'{found[1]}"{MASK[: len(inner)]}{value[1 + len(inner) :]}'
    if value[0] == "[":
        return f"{found[1]}[]"
    return found[1] + ("0" if found.re is _write_key() else MASK[: len(value)])
