"""The two kinds of keys: the relay keys that senders use, and the Dreamdata key, which only the deliver function reads.

Both are in Secrets Manager; :mod:`dreamdata_relay.secrets.remembered` says how long a cached one is used.
"""

import base64
import binascii
import contextlib
import hmac
import json
import re
from collections.abc import Callable
from typing import NamedTuple

from dreamdata_relay.errors import SecretUnavailable
from dreamdata_relay.secrets.remembered import RememberedSecret

# The shortest time between reads of a secret without a key; short, because the owner who stores one is waiting.
MIN_UNUSABLE_REFETCH_S = 5.0
# The mode of a relay key whose events are checked and counted and sent nowhere.
SANDBOX = "sandbox"
PLACEHOLDER = "PUT-YOUR-DREAMDATA-API-KEY-HERE"
_UNPRINTABLE = re.compile("[^ -~]")
_LONGEST_NAME = 100
# A shorter key could be guessed; the stack generates forty letters and digits.
MIN_KEY_CHARACTERS = 16
# A limit, because every dead letter is searched for each key in a dozen spellings.
_MOST_OTHER_KEYS = 32


class KnownKey(NamedTuple):
    """A valid relay key's name, and whether it is in mode ``sandbox``: then its events are checked and sent nowhere."""

    name: str
    sandbox: bool


class RelayKeys:
    """The named relay keys: a secret ``{"<name>": "<key>", ...}``, several valid at once.

    A member ``{"key": "<key>", "mode": "sandbox"}`` is a key of that mode. A key of fewer than 16 characters is not
    accepted; ``refused`` gets its name, once for each text of the secret.
    """

    def __init__(self, secret: RememberedSecret, refused: Callable[[str], None] | None = None) -> None:
        self._secret = secret
        self._refused = refused
        self._looked_at: str | None = None

    def find(self, key: str) -> KnownKey | None:
        """Return what is known of ``key``, or None if it is not (or no longer) valid; raises SecretUnavailable.

        Its name has 1 to 100 printable ASCII characters, as metrics and message attributes require.
        """
        found = self._find_among(self._secret.text(), key)
        if found is None and self._secret.refetch():
            found = self._find_among(self._secret.text(), key)
        return found

    def others_than(self, shown: str) -> tuple[str, ...]:
        """Return up to 32 other valid keys, to mask in what is stored; none if they are not known."""
        try:
            named = _keys_of(self._secret.text())
        except SecretUnavailable:
            return ()
        others = dict.fromkeys(key for key, _ in named.values() if key != shown and len(key) >= MIN_KEY_CHARACTERS)
        return tuple(others)[:_MOST_OTHER_KEYS]

    def _find_among(self, secret: str, key: str) -> KnownKey | None:
        named = _keys_of(secret)
        if self._refused and secret != self._looked_at:
            self._looked_at = secret
            for name, (valid, _) in named.items():
                if len(valid) < MIN_KEY_CHARACTERS:
                    self._refused(_printable(name))
        shown = key.encode("utf-8", "surrogatepass")
        found = None
        # Compare with every key, so that the time taken does not reveal which one was close.
        for name, (valid, sandbox) in named.items():
            same = hmac.compare_digest(valid.encode("utf-8", "surrogatepass"), shown)
            # Under two names, one of which delivers, it delivers: no event is lost for the other's mode.
            if same and len(valid) >= MIN_KEY_CHARACTERS and not (sandbox and found):
                found = KnownKey(_printable(name), sandbox)
        return found


class DreamdataKey:
    """The Dreamdata API key, in a secret that is the key itself or ``{"api_key": "<key>"}``."""

    def __init__(self, secret: RememberedSecret) -> None:
        self._secret = secret
        # The last ones returned, to mask in what is stored.
        self.known: tuple[str, ...] = ()

    def current(self) -> str:
        """Return the key; raises :class:`SecretUnavailable` if it is missing, malformed or the placeholder."""
        try:
            key = _api_key(self._secret.text())
        except SecretUnavailable:
            # An owner who has just stored the key need not wait until the cached text expires.
            if not self._secret.refetch(MIN_UNUSABLE_REFETCH_S):
                raise
            key = _api_key(self._secret.text())
        if key not in self.known:
            self.known = (key, *self.known[:2])
        return key

    def remember(self) -> None:
        """Make sure that ``known`` has the current key, if one is available."""
        with contextlib.suppress(SecretUnavailable):
            self.current()

    def renewed(self, refused: str) -> str | None:
        """Return a key to try after Dreamdata refused ``refused``: one fetched just now or a different one, or None."""
        fetched = self._secret.refetch()
        try:
            key = self.current()
        except SecretUnavailable:
            return None
        return key if fetched or key != refused else None


def basic_user(authorization: str) -> str | None:
    """Return the user name of a Basic ``Authorization`` header (RFC 7617); None for any other header."""
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return decoded.partition(":")[0] or None


def _keys_of(secret: str) -> dict[str, tuple[str, bool]]:
    """Return each key by its name, and whether it is in mode ``sandbox``; a member of no known mode is no key."""
    try:
        named = json.loads(secret)
    except ValueError:
        named = None
    if not isinstance(named, dict):
        raise SecretUnavailable("secret_malformed")
    keys: dict[str, tuple[str, bool]] = {}
    for name, valid in named.items():
        if isinstance(valid, dict) and valid.get("mode") == SANDBOX and isinstance(valid.get("key"), str):
            keys[name] = valid["key"], True
        elif isinstance(valid, str):
            keys[name] = valid, False
    return {name: key for name, key in keys.items() if key[0]}


def _printable(name: str) -> str:
    return _UNPRINTABLE.sub("?", name)[:_LONGEST_NAME].strip() or "unnamed"


def _api_key(secret: str) -> str:
    text = secret.strip()
    if text.startswith("{"):
        try:
            value = json.loads(text).get("api_key")
        except ValueError:
            value = None
        text = value.strip() if isinstance(value, str) else ""
    if text == PLACEHOLDER:
        raise SecretUnavailable("secret_placeholder")
    # A key is sent in a header, so it is printable ASCII without spaces; a colon would end the user name. A text that
    # begins like other JSON was meant to be something else.
    if not text or not text.isascii() or not text.isprintable() or text[0] in '["' or " " in text or ":" in text:
        raise SecretUnavailable("secret_malformed")
    return text
