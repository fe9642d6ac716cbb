"""Tells an IP address of the internet from one that can be of nobody's network."""

import re

_PART = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
# The registry of special-purpose addresses (RFC 6890), multicast (RFC 5771) and what is reserved beyond it.
_SPECIAL = (
    r"(?:0|10|127|22[4-9]|2[3-5][0-9])\.|100\.(?:6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|169\.254\."
    r"|172\.(?:1[6-9]|2[0-9]|3[01])\.|192\.(?:168|0\.[02]|88\.99)\.|198\.(?:1[89]|51\.100)\.|203\.0\.113\."
)
_PUBLIC_V4 = re.compile(rf"(?!{_SPECIAL}){_PART}\.{_PART}\.{_PART}\.{_PART}")
_LONGEST_V6 = 45


def is_public(text: str | None) -> bool:
    """Whether ``text`` is an address that may belong to a network on the internet."""
    if not text or len(text) > _LONGEST_V6:
        return False
    return _PUBLIC_V4.fullmatch(text) is not None or (":" in text and _is_public_v6(text))


def _is_public_v6(text: str) -> bool:
    # Imported here, because most addresses are IPv4.
    import ipaddress

    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return False
    if address.ipv4_mapped:
        return is_public(str(address.ipv4_mapped))
    return address.is_global and not address.is_multicast
