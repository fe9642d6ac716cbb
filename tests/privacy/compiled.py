"""Compiled rules and keys as tests need them."""

import base64
import json
from collections.abc import Iterable

from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.privacy.rules import Rules, rules_of
from dreamdata_relay.secrets.remembered import RememberedSecret
from tests.fakes.clock import FakeClock

STEPS = {"*": "\0*", "**": "\0**", "[]": "\0[]"}


def path(*steps: str) -> list[str]:
    return [STEPS.get(step, step) for step in steps]


def action(do: str, *at: list[str], **more: object) -> dict[str, object]:
    return {"do": do, "at": list(at), **more} if at else {"do": do, **more}


def rule(*actions: dict[str, object], name: str = "r", **more: object) -> dict[str, object]:
    return {"name": name, "actions": list(actions), **more}


def text_of(*rules: dict[str, object], **more: object) -> bytes:
    whole = {"format": 1, "version": "0123456789abcdef", "needs_keys": True, "rules": list(rules)}
    return json.dumps({**whole, **more}).encode()


def rules(*listed: dict[str, object]) -> Rules:
    made = rules_of(text_of(*listed))
    assert made
    return made


class Source:
    """A secret that can be exchanged."""

    def __init__(self, text: str) -> None:
        self.text = text

    def fetch(self) -> str:
        return self.text


# By their ids.
KEYS = {name: name.encode().ljust(32, b".") for name in ("k1", "k2", "k_3")}


def secret(current: str = "k1", ids: Iterable[str] = KEYS, **more: str) -> str:
    listed = {name: base64.b64encode(KEYS[name]).decode() for name in ids}
    return json.dumps({"current": current, "keys": listed, **more})


def keys(text: str | None = None) -> Keys:
    return Keys(RememberedSecret(Source(secret() if text is None else text), FakeClock()))
