"""How Dreamdata's stand-in is told to behave: the modes of the page as scripts of the sandbox."""

import threading
from collections.abc import Mapping
from typing import Any

from local.errors import LocalError
from local.sandbox_client import SandboxClient

MODES = ("healthy", "outage", "slow", "wrong_key")
_STANDING = 100_000
# Dreamdata says when to come back: so a held event is tried again within seconds, as long as somebody watches.
_OUTAGE: dict[str, Any] = {"status": 503, "headers": {"Retry-After": "6"}, "times": _STANDING}
_SLOW: dict[str, Any] = {"delay_s": 3, "times": _STANDING}
_ANSWERS = {"outage": (_OUTAGE,), "slow": (_SLOW,)}
_OTHER_KEY = "not-the-key-that-the-relay-has"


class Switches:
    """The modes of one sandbox, whose right key is `key`. Raises LocalError when it does not answer."""

    def __init__(self, sandbox: SandboxClient, key: str) -> None:
        self._sandbox = sandbox
        self._key = key
        self._lock = threading.Lock()
        self.mode = "healthy"
        self.refused: list[str] = []

    def set_mode(self, mode: str) -> None:
        """Behave as `mode` says; "healthy" also takes back the refusals."""
        with self._lock:
            self._script(mode, [] if mode == "healthy" else self.refused)

    def refuse(self, message_id: str) -> None:
        """Refuse any payload with the event `message_id`."""
        with self._lock:
            self._script(self.mode, [*(id_ for id_ in self.refused if id_ != message_id), message_id])

    def accept(self, message_id: str) -> None:
        """Take back a refusal."""
        with self._lock:
            self._script(self.mode, [id_ for id_ in self.refused if id_ != message_id])

    def shown(self) -> dict[str, Any]:
        """What the page is told."""
        return {"mode": self.mode, "refused": list(self.refused)}

    def _script(self, mode: str, refused: list[str]) -> None:
        # A script replaces the answers that wait: what stays has to be said again.
        orders: list[dict[str, Any]] = [
            {"reject_message_ids": refused},
            {"key": _OTHER_KEY if mode == "wrong_key" else self._key},
        ]
        self._sandbox.script(*orders, *_ANSWERS.get(mode, ()))
        self.mode, self.refused = mode, refused


def change(switches: Switches, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Do what one of `{"mode": ...}`, `{"refuse": id}`, `{"accept": id}` says; what the page is told then.

    Raises LocalError for any other wish.
    """
    match dict(wish):
        case {"mode": str() as mode} if mode in MODES:
            switches.set_mode(mode)
        case {"refuse": str() as message_id} if message_id:
            switches.refuse(message_id)
        case {"accept": str() as message_id} if message_id:
            switches.accept(message_id)
        case _:
            raise LocalError(f"expected a mode ({', '.join(MODES)}), refuse or accept with a messageId")
    return switches.shown()
