"""The keys that the stack's secrets hold now: its owner may have put others since the stack was started."""

import json
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.errors import SecretUnavailable
from local.errors import LocalError
from local.stack import Stack
from relay_cli.dreamdata_key import key_in


class StackKeys:
    """Reads the two secrets of `stack` anew each time; raises LocalError when that fails.

    `known`: all keys that were ever read, for nothing that the page answers may hold one.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._lock = threading.Lock()
        self.known: frozenset[str] = frozenset({stack.ingest_key, stack.sandbox_key})

    def dreamdata(self) -> str | None:
        """The Dreamdata key as the deliver function reads it; None where there is none that it could send."""
        try:
            key = key_in(self._secret(self._stack.dreamdata_secret_id))
        except SecretUnavailable:
            return None
        self._remember(key)
        return key

    def relay(self) -> str:
        """A relay key that is valid now; the stack's first where it is."""
        named = json.loads(self._secret(self._stack.ingest_keys_secret_id))
        keys = [key for key in named.values() if isinstance(key, str) and key]
        self._remember(*keys)
        return self._stack.ingest_key if self._stack.ingest_key in keys or not keys else keys[0]

    def names(self) -> list[str]:
        """The names of the relay keys."""
        return list(json.loads(self._secret(self._stack.ingest_keys_secret_id)))

    def _remember(self, *keys: str) -> None:
        with self._lock:
            self.known |= set(keys)

    def _secret(self, secret_id: str) -> str:
        try:
            answer: Any = self._stack.aws.secrets.get_secret_value(SecretId=secret_id)
        except (BotoCoreError, ClientError) as error:
            raise LocalError(f"the secret {secret_id} cannot be read ({type(error).__name__})") from error
        return str(answer.get("SecretString", ""))
