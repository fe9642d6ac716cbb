"""The ways in which a text may spell a key, and where it does.

A key is looked for as it is, with a ``+`` for each space (as forms have it), in base64 wherever it stands in what was
encoded (``key:`` of a Basic header among them) and in hexadecimal; each of these with any of its characters as escapes
of JSON, at any depth, of URLs or of HTML, and with anything between its characters that is no printable ASCII: a line
break, a NUL, a space of no width.
"""

import base64
import functools
import re
from collections.abc import Iterator

MASK = "***"
# Fewer characters say little, and stand in texts by chance.
LEAST_WORD = 8
LEAST_BEGINNING = 4
# Characters of base64 that hold bits of what was encoded before the key, by how many bytes of a group that is.
_SHARED = (0, 2, 3)
_URL_SAFE = str.maketrans("+/", "-_")
_BASE64 = "[A-Za-z0-9+/_-]"
_HEX = "[0-9a-fA-F]"
_UNPRINTABLE = bytes((*range(0x21), 0x7F))
# JSON within a string has its backslashes doubled, and so on: so many as there are stand for one.
_SLASHES = r"\\++"
_RUN = re.compile(r"\\{2,}")
_PERCENT = re.compile(rf"%(?:25)*(?={_HEX}{{2}})")
# All that a backslash may begin but what says which character it is.
_MEANINGLESS = re.compile(rf"\\(?:[bfnrt]|(?!u{_HEX}{{4}}|x{_HEX}{{2}}))")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ENTITY = rf"#[xX]0*+(?P<hex>{_HEX}{{2}});|#0*+(?P<number>[0-9]{{2,3}});|(?P<name>amp|lt|gt|quot|apos);"
# HTML within JSON, as some write it.
_AMPERSAND = rf"(?:&|{_SLASHES}u0026)"
_ENTITIES = re.compile(rf"&(?:{_ENTITY})")
_CHARACTER = (
    rf"{_AMPERSAND}(?:{_ENTITY})|{_SLASHES}(?:u(?P<unit>{_HEX}{{4}})|x(?P<byte>{_HEX}{{2}})|[bfnrt]|)"
    rf"|%(?:25)*(?P<percent>{_HEX}{{2}})|(?P<plain>.)"
)
# What may stand between two characters of a key: all that is no printable ASCII, spelled in whatever way.
_CODE = rf"(?:[0189a-fA-F]{_HEX}|20|7[fF])"
_BETWEEN = (
    rf"(?:[^!-~]|{_SLASHES}(?:[bfnrt]|u(?!00){_HEX}{{4}}|u00{_CODE}|x{_CODE})|%(?:25)*{_CODE}"
    rf"|{_AMPERSAND}#(?:[xX]0*+{_CODE}|0*+(?:[12]?[0-9]|3[0-2]|12[7-9]|1[3-9][0-9]|2[0-9][0-9]));)*+"
)
# What a text that was cut may end with: an escape that was not yet whole.
_BEGUN = rf"(?:\\++(?:u{_HEX}{{0,3}}|x{_HEX}?)?|%(?:25)*{_HEX}?|{_AMPERSAND}#?[0-9a-zA-Z]{{0,6}})\Z"
# No key is longer with each of its characters spelled at length, or it is none that anybody uses.
LONGEST_BEGINNING = 8_192
# An escape that has begun and not ended: what completes it is not a key's character.
_BEGUN_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
# After a backslash these are other characters.
_LETTERS_OF_ESCAPES = "bfnrtux"


@functools.lru_cache(64)
def words_of(secret: str) -> tuple[str, ...]:
    """The secret, as forms have it, and what of it texts in base64 or hexadecimal that hold it have in common."""
    data = secret.encode("utf-8", "surrogatepass")
    # What else a form changes of it are escapes of URLs.
    found = [secret.replace(" ", "+")]
    for before, shared in enumerate(_SHARED):
        text = base64.b64encode(bytes(before) + data).decode()
        own = text[shared : (before + len(data)) * 8 // 6]
        found += [own, own.translate(_URL_SAFE)]
    found += [data.hex(), data.hex().upper()]
    return tuple(dict.fromkeys((secret, *(word for word in found if len(word) >= LEAST_WORD))))


def plainly(text: str) -> str:
    """The printable ASCII of ``text``, each escape as the character that it stands for.

    Without a step of Python's own for each of them: there may be a million. :func:`_characters` does the same slowly.
    """
    if "\\" in text:
        text = _RUN.sub(r"\\", text)
    if "%" in text:
        text = _PERCENT.sub(r"\\x", text)
    if "\\" in text:
        escapes = _MEANINGLESS.sub("", text)
        text = escapes.encode("ascii", "ignore").decode("unicode_escape")
    if "&" in text:
        text = _ENTITIES.sub(_meant, text)
    return text.encode("ascii", "ignore").translate(None, _UNPRINTABLE).decode()


def without(text: str, word: str, *, encoded: bool) -> str:
    """``text`` without ``word`` as it stands; ``encoded``: beside it are characters that hold bits of its ends."""
    if word not in text:
        return text
    # A number stays a number.
    mask = "1" if word.isdigit() else MASK
    pieces = []
    start = 0
    while (found := text.find(word, start)) >= 0:
        kept = completing(text, found, word)
        begin, end = found + kept, found + len(word)
        if encoded and not kept:
            begin, end = _with_neighbours(text, begin, end, start)
        pieces += [text[start:begin], mask]
        start = end
    return "".join((*pieces, text[start:]))


def shows(plain: str, word: str) -> bool:
    """Whether ``plain``, see :func:`plainly`, says ``word``."""
    meant = meaning(word)
    return len(meant) >= LEAST_WORD and meant in plain


def without_spelled(text: str, word: str, *, encoded: bool) -> str:
    """``text`` without ``word`` in any of its spellings."""
    meant = meaning(word)

    def hidden(found: re.Match[str]) -> str:
        start = found.end(1)
        kept = completing(text, start, meant) if text[start] == meant[0] else 0
        return text[found.start() : start + kept] + MASK if kept or text[start] == meant[0] else MASK

    return _spelled(meant, encoded).sub(hidden, text)


def begun_at(text: str, words: tuple[str, ...]) -> int:
    """Where at the end of ``text`` one of ``words`` begins, of which not all is there; its length where none does."""
    first = max(0, len(text) - LONGEST_BEGINNING)
    tail = without_begun(text[first:])
    characters = list(_characters(tail))
    plain = "".join(character for _, character in characters)
    for word in map(meaning, words):
        for length in range(min(len(word), len(plain)), LEAST_BEGINNING - 1, -1):
            if plain.endswith(word[:length]):
                return first + characters[-length][0]
    return len(text)


def without_begun(text: str) -> str:
    """``text`` without an escape at its end that is not yet whole."""
    return re.sub(_BEGUN, "", text)


def completing(text: str, place: int, word: str) -> int:
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


@functools.lru_cache(512)
def meaning(word: str) -> str:
    """What ``word`` itself says, should there be what looks like an escape in it."""
    return plainly(word)


def _with_neighbours(text: str, begin: int, end: int, start: int) -> tuple[int, int]:
    if begin > start and re.match(_BASE64, text[begin - 1]) and not _is_of_escape(text, begin - 1):
        begin -= 1
    if re.match(_BASE64, text[end : end + 1]):
        end += 1
    return begin, end


def _is_of_escape(text: str, place: int) -> bool:
    return bool(re.search(r"\\(?:u[0-9a-fA-F]{0,4}|.)?\Z", text[max(0, place - 5) : place + 1]))


def _characters(text: str) -> Iterator[tuple[int, str]]:
    """The printable ASCII characters that ``text`` says, each with the place where it is spelled."""
    for found in re.finditer(_CHARACTER, text, re.DOTALL):
        character = found["plain"] or _meant(found)
        if "!" <= character <= "~":
            yield found.start(), character


def _meant(found: re.Match[str]) -> str:
    said = found.groupdict()
    if said["name"]:
        return _NAMED[said["name"]]
    code = said["hex"] or said.get("unit") or said.get("byte") or said.get("percent")
    return chr(int(code, 16)) if code else chr(int(said["number"])) if said["number"] else ""


@functools.lru_cache(64)
def _spelled(word: str, encoded: bool) -> re.Pattern[str]:
    rest = "".join(_BETWEEN + _spelling(character, _SLASHES) for character in word[1:])
    end = f"(?:{_BETWEEN}{_BASE64})?" if encoded else ""
    return re.compile(rf"(?<!\\)(\\*+){_spelling(word[0], r'(?<=\\)')}{rest}{end}", re.DOTALL)


def _spelling(character: str, slashes: str) -> str:
    code = f"{ord(character):02x}"
    plain = re.escape(character)
    slashed = "" if character in _LETTERS_OF_ESCAPES else f"|{plain}"
    named = "".join(f"|{name}" for name, meant in _NAMED.items() if meant == character)
    return (
        rf"(?:{plain}|{slashes}(?:(?i:u00{code}|x{code}){slashed})|(?i:%(?:25)*{code})"
        rf"|{_AMPERSAND}(?:(?i:#x0*+{code})|#0*+{ord(character)}{named});)"
    )
