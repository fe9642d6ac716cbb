"""The two kinds of key: the relay keys that callers show, and the Dreamdata key that only the deliver function holds.

Both live in Secrets Manager, are remembered for a bounded time, and outlive an outage of it once they were read.
"""

import base64
import binascii
import hmac
import json
import re
import threading
from typing import Protocol

from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import SecretUnavailable

MAX_KEY_AGE_S = 240.0
MIN_REFETCH_S = 30.0
# A secret that holds no key at all: whoever puts one there is waiting.
MIN_UNUSABLE_REFETCH_S = 5.0
# Where nothing was ever read nothing can be done without it: tried again soon, but not by every request of a crowd.
FIRST_RETRY_S = 1.0
PLACEHOLDER = "PUT-YOUR-DREAMDATA-API-KEY-HERE"
_UNPRINTABLE = re.compile("[^ -~]")
_LONGEST_NAME = 100


class SecretSource(Protocol):
    """Where a secret's text comes from."""

    def fetch(self) -> str:
        """The secret's current text; raises :class:`SecretUnavailable`."""
        ...


class RememberedSecret:
    """A secret's text, fetched again when it is old or when somebody doubts it, at most every 30 s for doubt.

    When Secrets Manager is away, the last text read stays in use.
    """

    def __init__(self, source: SecretSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._text: str | None = None
        self._fetched_at = 0.0
        self._failed_at: float | None = None
        self._doubted_at: float | None = None

    def text(self) -> str:
        """The text, at most four minutes old unless Secrets Manager is away; raises :class:`SecretUnavailable`."""
        with self._lock:
            now = self._clock.now()
            if self._text is None:
                due = not self._failed_lately(now, FIRST_RETRY_S)
            else:
                due = _passed(self._fetched_at, now, MAX_KEY_AGE_S) and not self._failed_lately(now, MIN_REFETCH_S)
            if due:
                self._fetch(now)
            if self._text is None:
                raise SecretUnavailable("secret_unavailable")
            return self._text

    def refetch(self, least_s: float = MIN_REFETCH_S) -> bool:
        """Fetch again because the text is doubted.

        False where it failed, or where the last doubt is less than ``least_s`` seconds old, or a fetch that failed 30.
        """
        with self._lock:
            now = self._clock.now()
            doubted_lately = self._doubted_at is not None and not _passed(self._doubted_at, now, least_s)
            if doubted_lately or self._failed_lately(now, MIN_REFETCH_S):
                return False
            self._doubted_at = now
            return self._fetch(now)

    def _failed_lately(self, now: float, seconds: float) -> bool:
        return self._failed_at is not None and not _passed(self._failed_at, now, seconds)

    def _fetch(self, now: float) -> bool:
        try:
            self._text = self._source.fetch()
        except SecretUnavailable:
            self._failed_at = now
            return False
        self._fetched_at, self._failed_at = now, None
        return True


def _passed(since: float, now: float, seconds: float) -> bool:
    # By the calendar's clock: the other one may stand still while Lambda keeps a function frozen. Where it was turned
    # back nobody knows how much time has passed.
    return not 0 <= now - since <= seconds


class RelayKeys:
    """The named relay keys: a secret ``{"<name>": "<key>", ...}``, several valid at once."""

    def __init__(self, secret: RememberedSecret) -> None:
        self._secret = secret

    def name_of(self, key: str) -> str | None:
        """The name of ``key``, or None when it is not (or no longer) one; raises :class:`SecretUnavailable`.

        1 to 100 printable ASCII characters, as metrics and message attributes take them.
        """
        name = _name_among(self._secret.text(), key)
        if name is None and self._secret.refetch():
            name = _name_among(self._secret.text(), key)
        return None if name is None else _UNPRINTABLE.sub("?", name)[:_LONGEST_NAME].strip() or "unnamed"


class DreamdataKey:
    """The Dreamdata API key: a secret that is the key itself or ``{"api_key": "<key>"}``."""

    def __init__(self, secret: RememberedSecret) -> None:
        self._secret = secret

    def current(self) -> str:
        """The key; raises :class:`SecretUnavailable` when there is none, a placeholder or a malformed one."""
        try:
            return _api_key(self._secret.text())
        except SecretUnavailable:
            # An owner who has just put the key need not wait until the remembered text is old.
            if self._secret.refetch(MIN_UNUSABLE_REFETCH_S):
                return _api_key(self._secret.text())
            raise

    def renewed(self, refused: str) -> str | None:
        """A key to try after Dreamdata refused the key ``refused``: fetched just now, or another one; else None."""
        fetched = self._secret.refetch()
        try:
            key = self.current()
        except SecretUnavailable:
            return None
        return key if fetched or key != refused else None


def basic_user(authorization: str) -> str | None:
    """The user name of a Basic ``Authorization`` header (RFC 7617); None where it is not one."""
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return decoded.partition(":")[0] or None


def _name_among(secret: str, key: str) -> str | None:
    try:
        named = json.loads(secret)
    except ValueError:
        named = None
    if not isinstance(named, dict):
        raise SecretUnavailable("secret_malformed")
    shown = key.encode("utf-8", "surrogatepass")
    found = None
    # Every key is compared, so that the time taken tells nothing of which one was close.
    for name, valid in named.items():
        if isinstance(valid, str) and valid and hmac.compare_digest(valid.encode("utf-8", "surrogatepass"), shown):
            found = name
    return found


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
    # A key is sent in a header: printable ASCII without spaces; a colon would end the user name. One that begins like
    # other JSON was meant to be something else.
    if not text or not text.isascii() or not text.isprintable() or text[0] in '["' or " " in text or ":" in text:
        raise SecretUnavailable("secret_malformed")
    return text
