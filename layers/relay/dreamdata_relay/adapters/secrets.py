"""Secrets Manager through boto3."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.errors import SecretUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# Answers that somebody made Secrets Manager give: the role or the secret's policy denies it, the secret is deleted or
# about to be, the KMS key is disabled, deleted or denied. Everything else (throttling, faults, no answer) is an outage.
_WITHDRAWN = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ResourceNotFoundException",
        "InvalidRequestException",
        "DecryptionFailure",
        "DecryptionFailureException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
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
            # Not the cause: its text may name accounts and roles. Which secret it was the caller knows.
            withdrawn = error.response.get("Error", {}).get("Code") in _WITHDRAWN
            raise SecretUnavailable("secret_withdrawn" if withdrawn else "secret_unavailable") from None
        except BotoCoreError:
            raise SecretUnavailable("secret_unavailable") from None
        if not isinstance(value, str):
            raise SecretUnavailable("secret_malformed")
        return value
