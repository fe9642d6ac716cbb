"""The keys of pseudonyms: several are known at once, so that they can be rotated.

The secret is ``{"current": "k1", "keys": {"k1": "<base64 of 32 bytes>"}, "suppression": "<base64>"}``. A pseudonym is
``psn_<key id>_<22 characters>_<11 characters>``, base64url of HMAC-SHA-256: the first of the value, the second of the
first. By the second it is recognised, so that doing it twice changes nothing and nobody else can make one.

Secrets Manager makes a secret of its own with a random text only: ``{"generated": "<text>"}`` stands for the key ``k1``
and the key of the suppression list, unless the secret holds those too.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from dreamdata_relay.errors import RulesUnavailable, SecretUnavailable
from dreamdata_relay.secrets.remembered import RememberedSecret

MIN_KEY_BYTES = 32
# Of letters and digits: 256 bits.
_MIN_GENERATED_CHARACTERS = 43
_FIRST_KEY = "k1"
_BLOCK_BYTES = hashlib.sha256().block_size
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_PSEUDONYM = re.compile(r"psn_([A-Za-z0-9_-]{1,32})_([A-Za-z0-9_-]{22})_([A-Za-z0-9_-]{11})")
_VALUE, _CHECK = b"value:", b"check:"


class KeyRing:
    """The keys by their ids, of which ``current`` makes new pseudonyms; ``suppression`` is that of the list, if any."""

    def __init__(self, current: str, keys: Mapping[str, bytes], suppression: bytes | None = None) -> None:
        self.current = current
        self.ids = tuple(keys)
        self.suppression = suppression
        self._hashes = {name: _Hmac(key) for name, key in keys.items()}

    def pseudonym(self, text: str, key_id: str | None = None) -> str:
        """Return the pseudonym of ``text`` under the key ``key_id``, or the current one."""
        name = self.current if key_id is None else key_id
        hashed = self._hashes[name]
        value = _short(hashed.digest(_VALUE + text.encode("utf-8", "surrogatepass"))[:16])
        return f"psn_{name}_{value.decode()}_{_short(hashed.digest(_CHECK + value)[:8]).decode()}"

    def is_pseudonym(self, text: str) -> bool:
        """Whether ``text`` is a pseudonym that one of the keys made."""
        found = _PSEUDONYM.fullmatch(text) if text.startswith("psn_") else None
        hashed = self._hashes.get(found[1]) if found else None
        if found is None or hashed is None:
            return False
        return hmac.compare_digest(_short(hashed.digest(_CHECK + found[2].encode())[:8]), found[3].encode())


class Keys:
    """The keys in a secret, as it is now."""

    def __init__(self, secret: RememberedSecret) -> None:
        self._secret = secret
        self._read: tuple[str, KeyRing] | None = None

    def ring(self) -> KeyRing:
        """Return the keys; raises :class:`RulesUnavailable` if there are none that can be used."""
        try:
            text = self._secret.text()
        except SecretUnavailable as error:
            raise RulesUnavailable(error.reason) from error
        if self._read is None or self._read[0] != text:
            self._read = (text, ring_of(text))
        return self._read[1]


def ring_of(secret: str) -> KeyRing:
    """Return the keys in the text of a secret; raises :class:`RulesUnavailable` if it is not as it has to be."""
    try:
        found = _spelled_out(json.loads(secret))
        keys = {name: _key(text) for name, text in found["keys"].items() if _KEY_ID.fullmatch(name)}
        suppression = found.get("suppression")
        ring = KeyRing(found["current"], keys, None if suppression is None else _key(suppression))
    except (ValueError, TypeError, KeyError, AttributeError):
        # Not chained: the cause's text may hold a part of the secret.
        raise RulesUnavailable("secret_malformed") from None
    if ring.current not in ring.ids or len(ring.ids) != len(found["keys"]):
        raise RulesUnavailable("secret_malformed")
    return ring


def _spelled_out(found: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a secret with those that its ``generated`` stands for."""
    generated = found.get("generated")
    if not isinstance(generated, str) or len(generated) < _MIN_GENERATED_CHARACTERS:
        return found
    made = {"keys": {_FIRST_KEY: _derived("pseudonyms", generated)}, "suppression": _derived("suppression", generated)}
    return {"current": _FIRST_KEY, **made, **found, "keys": made["keys"] | found.get("keys", {})}


def _derived(purpose: str, generated: str) -> str:
    return base64.b64encode(hmac.digest(generated.encode(), purpose.encode(), "sha256")).decode()


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(key) < MIN_KEY_BYTES:
        raise ValueError("too short")
    return key


def _short(digest: bytes) -> bytes:
    return base64.urlsafe_b64encode(digest).rstrip(b"=")


class _Hmac:
    """HMAC-SHA-256 under one key; with the hashes of the key's own blocks at hand it takes a quarter of the time."""

    def __init__(self, key: bytes) -> None:
        key = hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, text: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.digest()
