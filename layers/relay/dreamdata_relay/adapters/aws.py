"""boto3 clients that answer or fail within the functions' budgets."""

import functools
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from dreamdata_relay.adapters.models import quick_loader

# The ingest function must have answered within 8 s whatever AWS does: no call may take longer than this.
LONGEST_CALL_S = 3.0
_CONNECT_S, _READ_S = 1.0, LONGEST_CALL_S - 1.0


def sqs_client(tries: int = 2) -> Any:
    """A boto3 SQS client that tries each call so many times, each for at most ``LONGEST_CALL_S``."""
    return _session().client("sqs", config=_config(tries))


def secrets_client(tries: int = 2, region: str | None = None) -> Any:
    """A boto3 Secrets Manager client that tries each call so many times, each for at most ``LONGEST_CALL_S``.

    ``region``: where the secret is; None for the function's own.
    """
    return _session().client("secretsmanager", region_name=region, config=_config(tries))


@functools.cache
def _session() -> Any:
    session = botocore.session.get_session()
    session.register_component("data_loader", quick_loader())
    return boto3.session.Session(botocore_session=session)


def _config(tries: int) -> Config:
    return Config(
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        max_pool_connections=10,
        retries={"mode": "standard", "total_max_attempts": tries},
    )
