"""What an action makes of one value's text: a new text, the same one, or None where it has to go."""

import functools
import hashlib
import re
from collections.abc import Callable

from dreamdata_relay.privacy.keys import KeyRing

type Ring = Callable[[], KeyRing]
# The keys are asked for only where one is needed.
type Change = Callable[[str, Ring], str | None]

MASK = "***"
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_HASH_DIGITS = 64


def pseudonymised(text: str, ring: Ring) -> str:
    """Return the pseudonym of ``text``; nothing stays nothing, or all who have no id would be one person."""
    if not text:
        return text
    keys = ring()
    return text if keys.is_pseudonym(text) else keys.pseudonym(text)


def pseudonymised_email(text: str, ring: Ring) -> str:
    """Return ``text`` with a pseudonym before the ``@``, made of what is there without spaces around, in lower case.

    What has no domain after its last ``@`` is replaced as a whole.
    """
    local, at, domain = text.rpartition("@")
    if not at or not local.strip() or not _domain().fullmatch(domain):
        return pseudonymised(text, ring)
    keys = ring()
    return text if keys.is_pseudonym(local) else f"{keys.pseudonym(local.strip().lower())}@{domain}"


# Compiled at first use, because not all rules need it.
@functools.cache
def _domain() -> re.Pattern[str]:
    # A company's has a dot, and its last part is no number. What looks otherwise may be anything.
    return re.compile(r"\s*(?:[\w-]+\.)+[^\W\d_][\w-]*\.?\s*")


def hashed(text: str, _: Ring) -> str:
    """Return the SHA-256, in hexadecimal, of ``text`` trimmed and in lower case; nothing stays nothing."""
    counting = text.strip().lower()
    if not counting or (len(text) == _HASH_DIGITS and _HEX_DIGITS.issuperset(text)):
        return text
    return hashlib.sha256(counting.encode("utf-8", "surrogatepass")).hexdigest()


def masked(keep_last: int) -> Change:
    """Return a change to ``***`` and the last characters; a text that has no more than these is hidden wholly."""

    def change(text: str, _: Ring) -> str:
        return MASK if text == MASK or len(text) <= keep_last or not keep_last else MASK + text[-keep_last:]

    return change


def truncated(characters: int) -> Change:
    """Return a change to the first ``characters``."""
    return lambda text, _: text[:characters]
