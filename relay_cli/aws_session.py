"""AWS's clients by botocore alone: boto3 around it takes a tenth of a second more to import and adds nothing here."""

import os
from typing import Any

import botocore.session


class AwsSession:
    """Clients for one region, profile and, where given, key pair; all of it else as the AWS CLI finds it."""

    def __init__(
        self, region: str | None = None, profile: str | None = None, key_pair: tuple[str, str] | None = None
    ) -> None:
        self._session = botocore.session.Session(profile=profile)
        # botocore itself reads AWS_DEFAULT_REGION alone.
        self._region = region or os.environ.get("AWS_REGION") or None
        if key_pair:
            self._session.set_credentials(*key_pair)

    def client(self, service: str, region_name: str | None = None, **more: Any) -> Any:
        """A client of ``service``; ``more`` is what botocore takes."""
        return self._session.create_client(service, region_name=region_name or self._region, **more)
