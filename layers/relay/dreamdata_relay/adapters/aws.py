"""boto3 clients that answer or fail within the functions' budgets."""

from typing import Any

import boto3
from botocore.config import Config

# Two tries of at most 3 s each: an ingest call must be answered within 8 s whatever AWS does.
_CONFIG = Config(
    connect_timeout=1, read_timeout=2, max_pool_connections=10, retries={"mode": "standard", "total_max_attempts": 2}
)


def sqs_client() -> Any:
    """A boto3 SQS client."""
    return boto3.client("sqs", config=_CONFIG)


def secrets_client() -> Any:
    """A boto3 Secrets Manager client."""
    return boto3.client("secretsmanager", config=_CONFIG)
