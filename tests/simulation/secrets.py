"""A simulated Secrets Manager: two secrets that are rotated, and a client with boto3's shape."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.simulation import privacy

if TYPE_CHECKING:
    from tests.simulation.world import World

# Beside the key that is rotated: another sender's.
SHOP_KEY = "relay-key-of-the-shop"
RELAY_KEYS, DREAMDATA_KEY = "relay-keys", "dreamdata-key"
PLACEHOLDER = "PUT-YOUR-DREAMDATA-API-KEY-HERE"


class SimSecrets:
    """The keys in force, and what is in the secrets about them."""

    def __init__(self, world: "World") -> None:
        self._world = world

    @property
    def dreamdata_key(self) -> str:
        """The key that Dreamdata takes now."""
        return f"dreamdata-key-number-{self._changes('dreamdata_key_changed', started=True)}"

    @property
    def relay_key(self) -> str:
        """The key that callers have been told; the one before it stays valid for those who were not."""
        return f"relay-key-number-{self._changes('relay_key_changed', started=True)}"

    def keys(self) -> list[str]:
        """Every secret text that must be in no log."""
        numbers = range(len(self._world.plan.phases) + 1)
        return [*self.relay_keys(), *(f"dreamdata-key-number-{number}" for number in numbers)]

    def relay_keys(self) -> list[str]:
        """Every key that a sender was ever told."""
        return [SHOP_KEY, *(f"relay-key-number-{number}" for number in range(len(self._world.plan.phases) + 1))]

    def text(self, secret_id: str) -> str:
        if secret_id == privacy.KEYS:
            return privacy.secret()
        if secret_id == DREAMDATA_KEY:
            if self._world.lasts("dreamdata_placeholder"):
                return json.dumps({"api_key": PLACEHOLDER})
            return json.dumps(
                {"api_key": f"dreamdata-key-number-{self._changes('dreamdata_key_changed', started=False)}"}
            )
        newest = self._changes("relay_key_changed", started=True)
        keys = {f"name{n}": f"relay-key-number-{n}" for n in range(max(0, newest - 1), newest + 1)}
        return json.dumps({"shop": SHOP_KEY} | keys)

    def _changes(self, kind: str, *, started: bool) -> int:
        now = self._world.scheduler.now
        return sum((p.start if started else p.end) <= now for p in self._world.plan.phases if p.kind == kind)


class SecretsClient:
    """The part of boto3's Secrets Manager client that Powertools uses."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def get_secret_value(self, *, SecretId: str, **_: Any) -> dict[str, Any]:
        world = self._world
        world.invocation.environment.asked_at = world.scheduler.now
        with world.call("get_secret_value", 1):
            if world.strikes("secret_slow"):
                world.invocation.slowed = True
                world.scheduler.sleep(2.9)
            away = SecretId == privacy.KEYS and world.lasts("privacy_keys_down")
            if away or world.lasts("secrets_down") or world.strikes("secret_refused"):
                raise ClientError({"Error": {"Code": "InternalServiceError", "Message": "away"}}, "GetSecretValue")
            return {"SecretString": world.secrets.text(SecretId), "Name": SecretId}
