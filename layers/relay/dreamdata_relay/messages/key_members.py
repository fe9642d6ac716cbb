"""Masks the values of members called ``writeKey`` in a text that is JSON, holds JSON in strings, or is damaged JSON.

The value may be a string, a number, an array or an object. Strings within strings are not decoded: the backslashes
before a quote show how deep the JSON is nested.
"""

import re

MASK = "***"
_QUOTE = r'\\*+"|\\++u0022'
_SPACE = r"(?:[ \t\r\n]|\\++[nrt])*+"
# An unclosed string is taken to the end, because otherwise the search would restart at every name in it.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]*+")
# An ASCII letter as an escape, or the Kelvin sign, which Go treats as a K.
_ESCAPED_LETTER = re.compile(r"\\u(?:00[4-7]|212[aA])")
_ANY_QUOTE = re.compile(_QUOTE)
_REST_OF_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


def _letter(character: str) -> str:
    both = {character.lower(), character.upper()} | ({"\u212a"} if character == "k" else set())
    escapes = "|".join(f"{ord(one):04x}" for one in sorted(both))
    return rf"(?:[{''.join(sorted(both))}]|\\++u(?i:{escapes}))"


_WORDS = ["".join(map(_letter, word)) for word in ("write", "key")]
_NAME = re.compile(
    # This start limits attempts to quotes and to the first of several backslashes.
    r'(?P<open>"|\\(?<!\\\\)\\*+(?:"|u0022))'
    rf"(?:[xX][_-])?{_WORDS[0]}[ ._-]?{_WORDS[1]}[sS]?(?P<close>{_QUOTE}){_SPACE}:{_SPACE}"
)
# What nests inside a value, and what ends it: whole strings in plain JSON, their quotes in JSON inside a string.
_OUTER_MARKS = re.compile(rf"{_STRING}|[\[{{]++|[\]}}]++", re.DOTALL)
_INNER_MARKS = re.compile(rf"{_QUOTE}|[\[{{]++|[\]}}]++")
# Where no string is in it and nothing nests in it, its end is found at once.
_FLAT_CONTAINER = re.compile(r'[\[{][^"\\\[\]{}]*+[\]}]')


def without_key_members(text: str) -> str:
    """Return ``text`` with the value of each ``writeKey`` masked; JSON stays JSON, and no text gets longer."""
    if may_name_key(text) or ("\\u" in text and _ESCAPED_LETTER.search(text)):
        return _without_members(text)
    return text


def may_name_key(text: str) -> bool:
    """Whether ``text`` may hold a member called ``writeKey``, written without escapes."""
    lower = text.lower()
    return "write" in lower and "key" in lower


def _without_members(text: str) -> str:
    pieces = []
    start = place = 0
    while found := _NAME.search(text, place):
        depth = _depth(found["open"])
        place = found.end()
        if _depth(found["close"]) != depth:
            # The closing quote may also open the next name.
            place = found.start("close")
            continue
        end, masked = _masked_value(text, place, depth)
        if end > place:
            pieces += [text[start:place], masked]
            start = place = end
    return "".join((*pieces, text[start:])) if pieces else text


def _masked_value(text: str, place: int, depth: int) -> tuple[int, str]:
    """Return where the value at ``place`` ends, in JSON ``depth`` strings deep, and its mask.

    An end equal to ``place`` means that there is no value.
    """
    opening = _ANY_QUOTE.match(text, place)
    if opening and _depth(opening[0]) == depth:
        end, closing = _end_of_string(text, opening.end(), depth)
        return end + len(closing), opening[0] + MASK[: end - opening.end()] + closing
    if text[place : place + 1] in ("[", "{"):
        end = _end_of_container(text, place, depth)
        return end, ("[]" if text[place] == "[" else "{}")[: end - place]
    number = _NUMBER.match(text, place)
    return (number.end(), "0") if number else (place, "")


def _end_of_string(text: str, place: int, depth: int) -> tuple[int, str]:
    """Return where the inside of a string ends that is ``depth`` strings deep, and the quote that ends it.

    The end of a surrounding string ends it too.
    """
    if not depth:
        found = _REST_OF_STRING.match(text, place)
        end = found.end() if found else place
        return (end, '"') if text[end : end + 1] == '"' else (len(text), "")
    for quote in _ANY_QUOTE.finditer(text, place):
        deep = _depth(quote[0])
        if deep <= depth:
            own = _own(quote[0])
            return quote.end() - len(own), own if deep == depth else ""
    return len(text), ""


def _end_of_container(text: str, place: int, depth: int) -> int:
    if flat := _FLAT_CONTAINER.match(text, place):
        return flat.end()
    level = 0
    marks = _OUTER_MARKS if not depth else _INNER_MARKS
    in_string = False
    for found in marks.finditer(text, place):
        mark = found[0]
        if mark[0] in '"\\':
            deep = _depth(mark) if depth else 0
            if deep < depth:
                return found.end() - len(_own(mark))
            in_string ^= depth > 0 and deep == depth
        elif not in_string:
            level += len(mark) if mark[0] in "[{" else -len(mark)
            if level <= 0:
                # Among several consecutive closing brackets, find the value's own.
                return found.end() + level
    return len(text)


def _depth(quote: str) -> int:
    """Return how many strings deep the JSON of ``quote`` is, by its backslashes.

    Each string level doubles them and adds one for the quote; backslashes of the content come before them.
    """
    if quote == '"':
        # Nearly every quote.
        return 0
    slashes = len(quote) - 1
    deeper = 0
    if quote[-1] != '"':
        slashes = len(quote) - len("u0022")
        while not slashes % 2:
            slashes //= 2
            deeper += 1
    return deeper + ((slashes + 1) & -(slashes + 1)).bit_length() - 1


def _own(quote: str) -> str:
    """Return the quote without the backslashes of the content before it."""
    if quote[-1] == '"':
        return quote[-(2 ** _depth(quote)) :]
    slashes = len(quote) - len("u0022")
    times = slashes & -slashes
    odd = slashes // times
    return quote[-(times * (((odd + 1) & -(odd + 1)) - 1) + len("u0022")) :]
