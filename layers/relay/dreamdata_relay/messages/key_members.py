"""Values of members called ``writeKey``, taken out of a text that is JSON, holds JSON in its strings, or was JSON once.

Whatever the value is: a string, a number, an array or an object. Text is read as it stands, however deep the JSON in
it is: of a quote its backslashes tell how deep.
"""

import re

MASK = "***"
_QUOTE = r'\\*+"|\\++u0022'
_SPACE = r"(?:[ \t\r\n]|\\++[nrt])*+"
# A string that nothing closes is taken to the end, or the search would begin anew at every name in it.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]*+")
# An ASCII letter as an escape, or what Go takes for a K.
_ESCAPED_LETTER = re.compile(r"\\u(?:00[4-7]|212[aA])")
_ANY_QUOTE = re.compile(_QUOTE)
_REST_OF_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)


def _letter(character: str) -> str:
    both = {character.lower(), character.upper()} | ({"\u212a"} if character == "k" else set())
    escapes = "|".join(f"{ord(one):04x}" for one in sorted(both))
    return rf"(?:[{''.join(sorted(both))}]|\\++u(?i:{escapes}))"


_WORDS = ["".join(map(_letter, word)) for word in ("write", "key")]
_NAME = re.compile(
    # Begun so, it is tried at quotes and at the first of several backslashes alone.
    r'(?P<open>"|\\(?<!\\\\)\\*+(?:"|u0022))'
    rf"(?:[xX][_-])?{_WORDS[0]}[ ._-]?{_WORDS[1]}[sS]?(?P<close>{_QUOTE}){_SPACE}:{_SPACE}"
)
# What nests in a value, and what ends it: in JSON that is no string's, whole strings; else their quotes.
_OUTER_MARKS = re.compile(rf"{_STRING}|[\[{{]++|[\]}}]++", re.DOTALL)
_INNER_MARKS = re.compile(rf"{_QUOTE}|[\[{{]++|[\]}}]++")


def without_key_members(text: str) -> str:
    """``text`` with the value of each member called ``writeKey`` masked; JSON stays JSON, and none is longer."""
    if may_name_key(text) or ("\\u" in text and _ESCAPED_LETTER.search(text)):
        return _without_members(text)
    return text


def may_name_key(text: str) -> bool:
    """Whether what is called ``writeKey`` may be in ``text``, no letter of it as an escape."""
    lower = text.lower()
    return "write" in lower and "key" in lower


def _without_members(text: str) -> str:
    pieces = []
    start = place = 0
    while found := _NAME.search(text, place):
        depth = _depth(found["open"])
        place = found.end()
        if _depth(found["close"]) != depth:
            # The closing quote may open another name.
            place = found.start("close")
            continue
        end, masked = _masked_value(text, place, depth)
        if end > place:
            pieces += [text[start:place], masked]
            start = place = end
    return "".join((*pieces, text[start:])) if pieces else text


def _masked_value(text: str, place: int, depth: int) -> tuple[int, str]:
    """Where the value at ``place`` ends, in JSON ``depth`` strings deep, and what stands for it; there: no value."""
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
    """Where the inside of a string ends that is ``depth`` strings deep, and the quote that ends it.

    A string around it ends it, too.
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
                # Of several that close one after the other the value's own is the one that ends it.
                return found.end() + level
    return len(text)


def _depth(quote: str) -> int:
    """How many strings deep the JSON is that the quote belongs to, by its backslashes.

    Each string doubles them and adds one for the quote; those of the content before it stand in front.
    """
    slashes = len(quote) - 1
    deeper = 0
    if quote[-1] != '"':
        slashes = len(quote) - len("u0022")
        while not slashes % 2:
            slashes //= 2
            deeper += 1
    return deeper + ((slashes + 1) & -(slashes + 1)).bit_length() - 1


def _own(quote: str) -> str:
    """The quote without the backslashes that are content before it."""
    if quote[-1] == '"':
        return quote[-(2 ** _depth(quote)) :]
    slashes = len(quote) - len("u0022")
    times = slashes & -slashes
    odd = slashes // times
    return quote[-(times * (((odd + 1) & -(odd + 1)) - 1) + len("u0022")) :]
