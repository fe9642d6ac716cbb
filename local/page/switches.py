"""How Dreamdata's stand-in is told to behave: the modes of the page as scripts of the sandbox.

What the mode is, the sandbox is asked: another may have scripted or reset it meanwhile. Whether the key is the right
one is a matter of two, the relay's secret and the sandbox: each may have got another since the stack was started.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from local.errors import LocalError
from local.sandbox_client import SandboxClient

MODES = ("healthy", "outage", "slow", "wrong_key")
_STANDING = 100_000
# Dreamdata says when to come back: so a held event is tried again within seconds, while somebody watches.
_OUTAGE: dict[str, Any] = {"status": 503, "headers": {"Retry-After": "6"}, "times": _STANDING}
_SLOW: dict[str, Any] = {"delay_s": 3, "times": _STANDING}
_ANSWERS = {"outage": (_OUTAGE,), "slow": (_SLOW,)}
_OTHER_KEY = "not-the-key-that-the-relay-has"
_SLOW_FROM_S = 0.5


class Switches:
    """The modes of one sandbox. Raises LocalError when it does not answer.

    `key` gives the Dreamdata key that the relay's secret holds now, None where it holds none; it may raise LocalError.
    """

    def __init__(self, sandbox: SandboxClient, key: Callable[[], str | None]) -> None:
        self._sandbox = sandbox
        self._key = key
        self._lock = threading.Lock()
        self.mode = "healthy"
        self.refused: list[str] = []

    def change(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Do what one of `{"mode": ...}`, `{"refuse": id}`, `{"accept": id}` says; what the page is told then.

        Refusals outlast a mode, so that an event seen in an outage can be refused after it; "healthy" where all is
        healthy takes them back. Raises LocalError for any other wish.
        """
        with self._lock:
            self._read()
            mode, refused = self.mode, set(self.refused)
            match dict(wish):
                case {"mode": str() as wished} if wished in MODES:
                    mode, refused = wished, set() if wished == mode == "healthy" else refused
                case {"refuse": str() as message_id} if message_id:
                    refused |= {message_id}
                case {"accept": str() as message_id} if message_id:
                    refused -= {message_id}
                case _:
                    raise LocalError(f"expected a mode ({', '.join(MODES)}), refuse or accept with a messageId")
            key = _OTHER_KEY if mode == "wrong_key" else self._key()
            # A script replaces the answers that wait: what stays has to be said again.
            self._sandbox.script(
                {"reject_message_ids": sorted(refused)}, *([{"key": key}] if key else []), *_ANSWERS.get(mode, ())
            )
            self._read()
        return self.shown()

    def refresh(self) -> None:
        """Ask the sandbox how it behaves."""
        with self._lock:
            self._read()

    def shown(self) -> dict[str, Any]:
        """What the page is told."""
        return {"mode": self.mode, "refused": list(self.refused)}

    def _read(self) -> None:
        now = self._sandbox.script_now(self._key() or "")
        self.mode, self.refused = mode_of(now), list(now["reject_message_ids"])


def mode_of(script: Mapping[str, Any]) -> str:
    """The mode that a sandbox is in, as :meth:`SandboxClient.script_now` tells it of the relay's key."""
    if not script["takes_key"]:
        return "wrong_key"
    following = script["next"] or {}
    if following.get("drop") or (following.get("status") or 200) >= 500:
        return "outage"
    return "slow" if following.get("delay_s", 0) >= _SLOW_FROM_S else "healthy"
