"""AWS clients made with botocore alone: importing boto3 takes a tenth of a second more and adds nothing here."""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

# AWS tells its time in whole seconds, and an answer takes a moment.
_AS_GOOD = timedelta(seconds=3)


class AwsSession:
    """Clients for one region, profile and, where given, key pair; all of it else as the AWS CLI finds it.

    ``behind_aws``: by so much this machine's clock is behind AWS's, by the last answer; none where that is seconds.
    """

    def __init__(
        self, region: str | None = None, profile: str | None = None, key_pair: tuple[str, str] | None = None
    ) -> None:
        # What most of a command's start-up would be: --help and a wrong option do without.
        import botocore.session

        self._session = botocore.session.Session(profile=profile)
        # botocore itself reads AWS_DEFAULT_REGION alone.
        self.behind_aws = timedelta(0)
        self._region = region or os.environ.get("AWS_REGION") or None
        if key_pair:
            self._session.set_credentials(*key_pair)

    def client(self, service: str, region_name: str | None = None, **more: Any) -> Any:
        """Return a client of ``service``; ``more`` are botocore's arguments."""
        client = self._session.create_client(service, region_name=region_name or self._region, **more)
        client.meta.events.register("after-call", self._note_time)
        return client

    def _note_time(self, http_response: Any, **_: Any) -> None:
        import email.utils

        with suppress(KeyError, TypeError, ValueError):
            told = email.utils.parsedate_to_datetime(http_response.headers["date"])
            behind = told + timedelta(seconds=0.5) - datetime.now(UTC)
            self.behind_aws = behind if abs(behind) > _AS_GOOD else timedelta(0)
