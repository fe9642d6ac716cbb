"""Makes boto3 clients that answer or fail within the functions' time budgets."""

import functools
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, NoRegionError

from dreamdata_relay.adapters.models import quick_loader

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

# No call may take longer than this, because the ingest function must answer within 8 s whatever AWS does.
LONGEST_CALL_S = 3.0
_CONNECT_S, _READ_S = 1.0, LONGEST_CALL_S - 1.0


def sqs_client(tries: int = 2) -> "SQSClient":
    """Make an SQS client that makes up to ``tries`` attempts at a call, each of at most ``LONGEST_CALL_S``."""
    return cast("SQSClient", _client("sqs", tries))


def secrets_client(tries: int = 2, region: str | None = None) -> "SecretsManagerClient":
    """Make a Secrets Manager client that makes up to ``tries`` attempts at a call, each of at most ``LONGEST_CALL_S``.

    ``region``: the region of the secret; None for the function's own.
    """
    return cast("SecretsManagerClient", _client("secretsmanager", tries, region))


def credentials(region: str | None = None) -> tuple[Any, str]:
    """Return the function's credentials and the region to sign for: ``region``, or the function's own.

    Raises :class:`botocore.exceptions.BotoCoreError` if there are none.
    """
    session = _quick_session() or _session()
    found, own_region = session.get_credentials(), region or session.region_name
    if found is None:
        raise NoCredentialsError
    if own_region is None:
        raise NoRegionError
    return found, own_region


def _client(service: str, tries: int, region: str | None = None) -> Any:
    """Make a client with the quick loader, or with botocore's own if the quick one does not fit its version."""
    config = _config(tries)
    # A fault in the settings is raised below.
    with suppress(Exception):
        if quick := _quick_session():
            return quick.client(service, region_name=region, config=config)
    return _session().client(service, region_name=region, config=config)


@functools.cache
def _quick_session() -> Any | None:
    session, loader = botocore.session.get_session(), quick_loader()
    if loader is None:
        return None
    session.register_component("data_loader", loader)
    return boto3.session.Session(botocore_session=session)


@functools.cache
def _session() -> Any:
    return boto3.session.Session(botocore_session=botocore.session.get_session())


def _config(tries: int) -> Config:
    return Config(
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        max_pool_connections=10,
        retries={"mode": "standard", "total_max_attempts": tries},
    )
