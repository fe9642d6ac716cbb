"""Secrets Manager through Powertools' parameters."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.errors import SecretUnavailable


class ManagedSecret:
    """The current version of the secret ``secret_id`` (a name or an ARN); ``client`` makes a boto3 client."""

    def __init__(self, client: Callable[[], Any], secret_id: str) -> None:
        self._make_client = client
        self._secret_id = secret_id
        self._provider: Any = None

    def fetch(self) -> str:
        """See :class:`dreamdata_relay.keys.SecretSource`; always asks Secrets Manager."""
        # Imported at first use: Powertools' package loads the clients of five services.
        from aws_lambda_powertools.utilities.parameters import GetParameterError, SecretsProvider

        try:
            if self._provider is None:
                self._provider = SecretsProvider(boto3_client=self._make_client())
            value = self._provider.get(self._secret_id, force_fetch=True)
        except (GetParameterError, BotoCoreError, ClientError):
            # The cause's text may name accounts and roles; which secret it was the caller knows.
            raise SecretUnavailable("secret_unavailable") from None
        if not isinstance(value, str):
            raise SecretUnavailable("secret_malformed")
        return value
