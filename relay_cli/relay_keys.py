"""The relay keys of senders: a secret ``{"<name>": "<key>"}``, where ``{"key": "<key>", "mode": "sandbox"}`` is a key
whose events are checked and sent nowhere; changed without losing a concurrent change.
"""

import json
import re
import secrets
import string
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.secrets.keys import SANDBOX
from relay_cli.errors import AwsFailed, NotAsWished, WrongInput
from relay_cli.key_notes import Since, keys_in, noted, since

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_ALPHABET = string.ascii_letters + string.digits
_KEY_LENGTH = 40
_TRIES = 5
_CURRENT, _PENDING = "AWSCURRENT", "RELAYPENDING"


class _Read(NamedTuple):
    """The secret's ``members`` in ``version``, which was stored at ``put_at`` (UTC, None if unknown)."""

    members: dict[str, Any]
    version: str
    put_at: datetime | None


def _time_here() -> datetime:
    return datetime.now(UTC)


class RelayKeysSecret:
    """The secret ``secret_id``; ``client`` is a boto3 Secrets Manager client, ``now`` tells AWS's time (UTC)."""

    def __init__(
        self, client: "SecretsManagerClient", secret_id: str, now: Callable[[], datetime] = _time_here
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._now = now

    def names(self) -> list[str]:
        """Return the keys' names, sorted."""
        return sorted(keys_in(self._read().members))

    def ages(self) -> list[tuple[str, Since | None]]:
        """Return the keys' names, sorted, and since when each key exists; None if unknown."""
        members, _, put_at = self._read()
        return [(name, since(members, name, put_at)) for name in sorted(keys_in(members))]

    def value(self, name: str, *, sandbox: bool = False) -> str:
        """Return the key called ``name``, to send with; one in mode ``sandbox`` only if ``sandbox``."""
        keys = keys_in(self._read().members)
        if name not in keys:
            raise WrongInput(f"there is no relay key called {name}; see: relay keys list")
        if not _is_sandbox(keys[name]):
            return str(keys[name])
        if not sandbox:
            raise WrongInput(f"{name} is a key in mode sandbox: its events are sent nowhere; --key names another")
        return str(keys[name]["key"])

    def sandboxes(self) -> set[str]:
        """Return the names of the keys in mode ``sandbox``."""
        return {name for name, key in keys_in(self._read().members).items() if _is_sandbox(key)}

    def add(self, name: str, *, sandbox: bool = False) -> str:
        """Make a key called ``name``, in mode ``sandbox`` if wanted, and return it; it is shown nowhere else."""
        if not _NAME.fullmatch(name):
            raise WrongInput("a key's name is 1 to 100 letters, digits, dots, dashes and underscores")
        key = "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_LENGTH))

        def added(keys: dict[str, Any]) -> dict[str, Any]:
            if name in keys:
                raise NotAsWished(f"there is a key called {name}; revoke it first, or choose another name")
            return {**keys, name: {"key": key, "mode": SANDBOX} if sandbox else key}

        self._change(added)
        return key

    def check_revocable(self, name: str, allow_last: bool = False) -> None:
        """Raise NotAsWished if :meth:`revoke` would; changes nothing."""
        _without(keys_in(self._read().members), name, allow_last)

    def revoke(self, name: str, allow_last: bool = False) -> None:
        """Remove the key called ``name``; functions that remember it accept it for at most four more minutes."""
        self._change(lambda keys: _without(keys, name, allow_last))

    def _change(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Read, change and write: the new version becomes current only if the version read still is.

        Secrets Manager moves the label AWSCURRENT only from the version that is named, and otherwise refuses.
        """
        for _ in range(_TRIES):
            members, version, put_at = self._read()
            text = json.dumps(noted(members, change(keys_in(members)), put_at, self._now()))
            label = _PENDING + secrets.token_hex(8)
            written = self._client.put_secret_value(SecretId=self._secret_id, SecretString=text, VersionStages=[label])
            try:
                self._client.update_secret_version_stage(
                    SecretId=self._secret_id,
                    VersionStage=_CURRENT,
                    MoveToVersionId=written["VersionId"],
                    RemoveFromVersionId=version,
                )
            except ClientError as error:
                if error.response["Error"]["Code"] not in ("InvalidParameterException", "InvalidRequestException"):
                    raise
                continue
            finally:
                self._forget(label, written["VersionId"])
            return
        raise AwsFailed("somebody else changes the relay keys all the time; nothing was changed, try again")

    def _forget(self, label: str, version: str) -> None:
        """Remove the pending label; AWS deletes a version without labels eventually.

        A failure here does no harm: it must not report a change as failed, nor lose a new key.
        """
        with suppress(ClientError, BotoCoreError):
            self._client.update_secret_version_stage(
                SecretId=self._secret_id, VersionStage=label, RemoveFromVersionId=version
            )

    def _read(self) -> _Read:
        answer = self._client.get_secret_value(SecretId=self._secret_id)
        try:
            members = json.loads(answer["SecretString"])
        except (KeyError, ValueError):
            members = None
        if not isinstance(members, dict):
            raise NotAsWished('the relay keys\' secret is not JSON of the kind {"default": "<key>"}: mend it first')
        created = answer.get("CreatedDate")
        put_at = created.astimezone(UTC) if isinstance(created, datetime) else None
        return _Read(members, answer["VersionId"], put_at)


def _is_sandbox(key: object) -> bool:
    return isinstance(key, dict) and key.get("mode") == SANDBOX and isinstance(key.get("key"), str)


def _without(keys: dict[str, Any], name: str, allow_last: bool) -> dict[str, Any]:
    if name not in keys:
        raise NotAsWished(f"there is no key called {name}; see: relay keys list")
    others = [key for other, key in keys.items() if other != name and not _is_sandbox(key)]
    if not others and not _is_sandbox(keys[name]) and not allow_last:
        raise NotAsWished(f"{name} is the last key: without it no sender is let in (--last does it)")
    return {other: key for other, key in keys.items() if other != name}
