"""Secrets Manager as the relay uses it: read by the functions' adapter, changed by the operator's commands."""

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from dreamdata_relay.adapters.aws import secrets_client
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.errors import SecretUnavailable
from relay_cli.dreamdata_key import DreamdataSecret
from relay_cli.errors import NotAsWished
from relay_cli.key_notes import keys_in
from relay_cli.relay_keys import RelayKeysSecret
from tests.witness.differences import unlike_aws
from tests.witness.emulators import Emulator

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@pytest.fixture
def client(emulator: Emulator) -> "SecretsManagerClient":
    return cast("SecretsManagerClient", emulator.client("secretsmanager"))


def made(client: "SecretsManagerClient", name: str, **value: Any) -> str:
    """The ARN of a new secret."""
    return str(client.create_secret(Name=name, **value)["ARN"])


def reason(secret_id: str) -> str:
    """Why the functions' adapter gives no text of the secret."""
    with pytest.raises(SecretUnavailable) as raised:
        ManagedSecret(secrets_client, secret_id).fetch()
    return raised.value.reason


def test_the_current_version_is_read_each_time(client: "SecretsManagerClient", name: str) -> None:
    secret = ManagedSecret(secrets_client, made(client, name, SecretString="first"))

    assert secret.fetch() == "first"
    client.put_secret_value(SecretId=name, SecretString="second")
    assert secret.fetch() == "second"


def test_a_secret_that_is_not_there_is_withdrawn(name: str) -> None:
    assert reason(f"arn:aws:secretsmanager:eu-west-1:000000000000:secret:{name}-AbCdEf") == "secret_withdrawn"


def test_a_secret_to_be_deleted_is_withdrawn(client: "SecretsManagerClient", name: str) -> None:
    """From the moment on, for all the days that it could still be restored."""
    arn = made(client, name, SecretString="first")
    client.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    assert reason(arn) == "secret_withdrawn"

    client.restore_secret(SecretId=arn)
    assert ManagedSecret(secrets_client, arn).fetch() == "first"


@unlike_aws("the value of a secret that has none is not found", ministack="answers without a value")
def test_a_secret_without_a_value_is_withdrawn(client: "SecretsManagerClient", name: str) -> None:
    assert reason(made(client, name)) == "secret_withdrawn"


def test_bytes_are_no_key(client: "SecretsManagerClient", name: str) -> None:
    assert reason(made(client, name, SecretBinary=b"\xff\xfe")) == "secret_malformed"


def test_the_operators_key_is_the_functions_key(client: "SecretsManagerClient", name: str) -> None:
    """Put beside what else the secret's object holds."""
    arn = made(client, name, SecretString='{"note":"ours"}')
    DreamdataSecret(client, arn).put("key-of-dreamdata")

    assert json.loads(ManagedSecret(secrets_client, arn).fetch()) == {"note": "ours", "api_key": "key-of-dreamdata"}
    assert DreamdataSecret(client, arn).state() == "present"


@unlike_aws(
    "the label AWSCURRENT, moved to another version, makes GetSecretValue return that one",
    moto="goes on returning the version it had as current",
)
def test_relay_keys_are_added_and_revoked(client: "SecretsManagerClient", name: str) -> None:
    arn = made(client, name, SecretString='{"default":"first-key"}')
    keys = RelayKeysSecret(client, arn)

    added = keys.add("shop")
    assert keys_in(json.loads(ManagedSecret(secrets_client, arn).fetch())) == {"default": "first-key", "shop": added}
    assert [since and since.exact for _, since in keys.ages()] == [False, True]
    keys.revoke("default")
    assert keys_in(json.loads(ManagedSecret(secrets_client, arn).fetch())) == {"shop": added}
    with pytest.raises(NotAsWished):
        keys.revoke("shop")


@unlike_aws(
    "the label AWSCURRENT, moved to another version, makes GetSecretValue return that one",
    moto="goes on returning the version it had as current",
)
def test_a_change_made_meanwhile_is_not_lost(client: "SecretsManagerClient", name: str) -> None:
    """The second writer is refused the label, reads again, and adds to what the first has written."""
    arn = made(client, name, SecretString='{"default":"first-key"}')
    between = RelayKeysSecret(client, arn)
    interrupted: Any = Interrupted(client, lambda: between.add("other"))
    keys = RelayKeysSecret(interrupted, arn)

    keys.add("shop")

    assert keys.names() == ["default", "other", "shop"]


class Interrupted:
    """A client between whose first read and the write after it something else happens."""

    def __init__(self, client: "SecretsManagerClient", meanwhile: Any) -> None:
        self._client = client
        self._meanwhile = meanwhile

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def put_secret_value(self, **asked: Any) -> Any:
        meanwhile, self._meanwhile = self._meanwhile, lambda: None
        meanwhile()
        return self._client.put_secret_value(**asked)
