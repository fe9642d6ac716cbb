"""Values that a text calls a ``writeKey`` where that is no member of JSON: in URLs, XML, single quotes and the like.

Each sign around such a value may be an escape of JSON, URLs or HTML, also of another escape: the text was written
within something else, and that in JSON.
"""

import html
import re

from dreamdata_relay.messages.key_members import MASK

_PERCENT = r"%(?:25)*+"
_BACKSLASHES = rf"(?:\\|{_PERCENT}5c)++"
_SEMICOLON = rf"(?:;|{_PERCENT}3b)"
_AMPERSAND = rf"(?:&|{_PERCENT}26)"
_SPACES = rf"(?:[ \t\r\n+]|{_BACKSLASHES}(?:[nrt]|u002[0b])|{_PERCENT}(?:2[0b]|09|0[ad]))*+"


def _sign(character: str, *, plain: bool = True) -> str:
    """``character`` as escapes and, if ``plain``, as JSON within JSON has it."""
    number = ord(character)
    names = "".join(f"|{name}" for name in ("lt", "gt", "quot", "apos") if html.unescape(f"&{name};") == character)
    entity = rf"(?:amp{_SEMICOLON})*+(?:(?:#|{_PERCENT}23)(?:x0*+{number:02x}|0*+{number}){names}){_SEMICOLON}"
    itself, of_json = (f"{re.escape(character)}|", f"{number:02x}|") if plain else ("", "")
    return (
        rf"(?:{_BACKSLASHES}u00(?:{of_json}26{entity})"
        rf"|(?:{_BACKSLASHES})?+(?:{itself}{_PERCENT}{number:02x}|{_AMPERSAND}{entity}))"
    )


_SINGLE, _EQUALS = _sign("'"), _sign("=")
# It may end a string of JSON around: what follows tells.
_DOUBLE = rf'(?:\\*+"|{_BACKSLASHES}u0022|{_sign('"', plain=False)})(?=[a-z0-9%+/_\\-])'
_OPENING = rf"(?:{_SINGLE}|{_DOUBLE})"
# Members of JSON, and of JSON within JSON, are taken out elsewhere.
_CLOSING = rf"(?:{_SINGLE}|{_sign('"', plain=False)}|{_PERCENT}5cu0022)"
# A name of its own: no letter or digit before it but those that end an escape. Looked at behind the first letter, for
# which a text is searched faster.
_BEGINNING = (
    r"[wW](?:(?<![a-z0-9].)|(?<=\\[bfnrt].)|(?<=5c[bfnrt].)|(?<=\\x[0-9a-f]{2}.)|(?<=5cx[0-9a-f]{2}.)"
    r"|(?<=\\u[0-9a-f]{4}.)|(?<=5cu[0-9a-f]{4}.)"
    r"|(?<=%[0-9a-f]{2}.)|(?<=25[0-9a-f]{2}.))"
)
_IN_WRITING = re.compile(
    rf"({_BEGINNING}rite(?:[._ +-]|{_PERCENT}(?:5f|2[0de]))?+keys?+(?:{_sign('[')}{_sign(']')})?+"
    rf"(?:{_SPACES}(?:{_EQUALS}|{_sign('>')}){_SPACES}{_OPENING}?+"
    rf"|{_CLOSING}{_SPACES}(?:{_sign(':')}|{_EQUALS}{_sign('>')}){_SPACES}{_OPENING}?+"
    rf"|{_SPACES}{_sign(':')}{_SPACES}{_OPENING}))"
    # Up to what ends it there or in the string around.
    rf"((?:[^&;\s\"'\\<>#%]|%(?!(?:25)*(?:2[0267]|3[bce]|5c))|\\++u(?!00(?:2[267]|3[ce]))[0-9a-f]{{4}}|\\++/)++)",
    re.IGNORECASE,
)


def without_written(text: str) -> str:
    """``text`` with such values masked; JSON stays JSON, and no text becomes longer."""
    return _IN_WRITING.sub(lambda found: found[1] + MASK[: len(found[2])], text)
