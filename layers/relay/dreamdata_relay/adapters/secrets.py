"""Secrets Manager through boto3."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.errors import SecretUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# Errors that somebody caused on purpose: the role or the secret's policy denies access, the role and so its credentials
# are deleted, the secret is deleted or scheduled for deletion, the KMS key is disabled, deleted, denied or for another
# use. Everything else (throttling, faults, late credentials, no answer) is an outage. The names are without the suffix
# "Exception" that some have.
_WITHDRAWN = frozenset(
    {
        "AccessDenied",
        "NotAuthorized",
        "OptInRequired",
        "UnrecognizedClient",
        "InvalidClientTokenId",
        "ResourceNotFound",
        "InvalidRequest",
        "DecryptionFailure",
        "KMSAccessDenied",
        "KMSDisabled",
        "KMSInvalidKeyUsage",
        "KMSInvalidState",
        "KMSNotFound",
        "KMSOptInRequired",
    }
)


class ManagedSecret:
    """The current version of the secret ``secret_id`` (a name or an ARN); ``client`` makes a boto3 client."""

    def __init__(self, client: Callable[[], Any], secret_id: str) -> None:
        self._make_client = client
        self._secret_id = secret_id
        self._client: SecretsManagerClient | None = None

    def fetch(self) -> str:
        """See :class:`dreamdata_relay.secrets.remembered.SecretSource`; always asks Secrets Manager."""
        try:
            if self._client is None:
                self._client = self._make_client()
            value = self._client.get_secret_value(SecretId=self._secret_id).get("SecretString")
        except ClientError as error:
            # Hide the cause, whose text may name accounts and roles. The caller knows which secret it was.
            code = str(error.response.get("Error", {}).get("Code", ""))
            withdrawn = code.removesuffix("Exception") in _WITHDRAWN
            raise SecretUnavailable("secret_withdrawn" if withdrawn else "secret_unavailable") from None
        except BotoCoreError:
            raise SecretUnavailable("secret_unavailable") from None
        if not isinstance(value, str):
            raise SecretUnavailable("secret_malformed")
        return value
