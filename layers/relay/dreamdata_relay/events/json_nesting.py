"""Says how deep JSON text may nest, and finds what does not nest deeper than real events do by one pattern."""

from dreamdata_relay.limits import MAX_NESTING

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# Real events nest some ten levels.
_PASSED_OVER = 12


def containers(levels: int = _PASSED_OVER) -> bytes:
    """Return a pattern for a balanced array or object that nests at most ``levels`` deep, itself included."""
    pattern = b""
    for _ in range(levels):
        pattern = rb'[\[{](?:[^\[\]{}"]++|' + STRING + (b"|" + pattern if pattern else b"") + rb")*+[\]}]"
    return pattern


def nests_too_deep(text: bytes) -> bool:
    """Whether ``text`` nests deeper than ``MAX_NESTING``; for nearly every text its length alone shows that."""
    # A level takes two bytes, and counting brackets costs a tenth of reading.
    if len(text) <= 2 * MAX_NESTING or text.count(b"[") + text.count(b"{") <= MAX_NESTING:
        return False
    # Imported here because hardly any text needs it.
    from dreamdata_relay.events.json_depths import nests_deeper

    return nests_deeper(text, MAX_NESTING)


def cut_at_max_nesting(text: bytes) -> bytes:
    """Return ``text`` with a 0 for every array or object that is ``MAX_NESTING`` levels deep.

    Raises :class:`~dreamdata_relay.errors.NotJson` for a backslash or a zero byte outside of strings.
    """
    from dreamdata_relay.events.json_depths import cut_at

    return cut_at(text, MAX_NESTING)
