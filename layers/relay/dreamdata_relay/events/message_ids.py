"""Makes message ids: derived ones, which a resend repeats, and random ones."""

import hashlib
import uuid
from collections.abc import Iterable

# Never change it: another namespace would give resent events new ids.
_NAMESPACE = uuid.UUID("8f0f8c3a-6f0e-5f6b-9a55-3f5d6f0c2b11").bytes
# The two highest bits of the clock sequence are 10 (RFC 9562, 4.1).
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def derived_id(*parts: bytes) -> str:
    """Return a UUIDv5 (RFC 9562, 36 characters) of ``parts``: the same parts in the same order give the same id."""
    digest = hashlib.sha1(_NAMESPACE, usedforsecurity=False)
    for part in parts:
        # Length prefixes keep ("a", "bc") and ("ab", "c") apart.
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    # The same as uuid.UUID(bytes=..., version=5) at a third of the cost, because many events of a batch may need one.
    text = digest.hexdigest()
    variant = _VARIANT[text[16]]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def random_id() -> str:
    """Return a random UUIDv4 (36 characters)."""
    return str(uuid.uuid4())


def payload_id(message_ids: Iterable[str]) -> str:
    """Return the id of a payload: a UUIDv5 of its events' ids, so that a resent payload has the same id."""
    return derived_id("\n".join(message_ids).encode("utf-8", "surrogatepass"))
