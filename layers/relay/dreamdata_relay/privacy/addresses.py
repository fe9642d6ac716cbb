"""Cuts IP addresses and URLs down to what they may tell."""

import functools
import re
from collections.abc import Callable, Sequence

from dreamdata_relay.privacy.values import Change, Ring

_PART = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LONGEST_V6 = 45
# Beside & some servers take ; and one URL within another has a ? of its own.
_SEPARATOR = re.compile("[&;?]")
_NAME = r"[\w.~%\[\]-]*"


def truncated_ip(text: str, _: Ring) -> str | None:
    """Return the network of an address: /24, of IPv6 /48; None if ``text`` is no address."""
    found = _v4().fullmatch(text)
    if found:
        return found[1] + ".0"
    return _truncated_v6(text.strip()) if ":" in text and len(text) <= _LONGEST_V6 else None


# Compiled at first use, because not all rules need them.
@functools.cache
def _v4() -> re.Pattern[str]:
    return re.compile(rf"\s*({_PART}\.{_PART}\.{_PART})\.{_PART}\s*")


@functools.cache
def v4_pattern() -> re.Pattern[bytes]:
    """Return a pattern for an IPv4 address as JSON mostly has it; group 1 is what its network has of it."""
    return re.compile(rf'"({_PART}\.{_PART}\.{_PART})\.{_PART}"'.encode())


def _truncated_v6(text: str) -> str | None:
    # Imported here, because most addresses are IPv4.
    import ipaddress

    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        return None
    if address.ipv4_mapped:
        return str(ipaddress.ip_network(f"{address.ipv4_mapped}/24", strict=False).network_address)
    # One of 6to4 has a whole IPv4 address in its first 48 bits.
    bits = 40 if address.sixtofour else 48
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False).network_address)


def without_query(keep: Sequence[str]) -> Change:
    """Return a change of URLs to those without query and fragment, but with the parameters that ``keep`` names.

    ``*`` in a name stands for any characters.
    """
    kept = re.compile(rf"(?!=)(?:{_ways(keep, _NAME)})(?:=|\Z)").match if keep else None

    def change(text: str, _: Ring) -> str:
        whole = text.partition("#")[0] if "#" in text else text
        address, mark, query = whole.partition("?")
        if not mark or kept is None:
            return address
        found = _SEPARATOR.split(query) if ";" in query or "?" in query else query.split("&")
        left = [one for one in found if kept(one)]
        if len(left) == len(found):
            return whole
        return f"{address}?{'&'.join(left)}" if left else address

    return change


def pattern_of(names: Sequence[str]) -> Callable[[str], object]:
    """Return what tells whether a text is one of ``names``, in which ``*`` stands for any characters."""
    return re.compile(_ways(names, ".*"), re.DOTALL).fullmatch if names else lambda _: None


def _ways(names: Sequence[str], any_characters: str) -> str:
    return "|".join(any_characters.join(map(re.escape, re.split(r"\*+", name))) for name in names)
