"""boto3 clients for one emulator, whatever AWS configuration the user has."""

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

ACCOUNT = "000000000000"
REGION = "us-east-1"
# The emulator takes any key pair, and an access key of twelve digits for the account's number.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCOUNT,
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
_CONFIG = Config(
    connect_timeout=30, read_timeout=120, retries={"total_max_attempts": 1, "mode": "standard"}, proxies={},
    max_pool_connections=20,
)  # fmt: skip


class Aws:
    """The services of the emulator at `endpoint_url`; each boto3 client is made when it is first asked for.

    A client raises botocore's EndpointConnectionError at once, without retries, when the emulator is gone.
    """

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._session = boto3.Session(
            aws_access_key_id=ENVIRONMENT["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ENVIRONMENT["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )

    def client(self, service: str) -> Any:
        """A new boto3 client, `service` as boto3 names it."""
        return self._session.client(service, endpoint_url=self.endpoint_url, config=_CONFIG)

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return cast("SQSClient", self.client("sqs"))

    @cached_property
    def sns(self) -> "SNSClient":
        """SNS."""
        return cast("SNSClient", self.client("sns"))

    @cached_property
    def events(self) -> "EventBridgeClient":
        """EventBridge."""
        return cast("EventBridgeClient", self.client("events"))

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets Manager."""
        return cast("SecretsManagerClient", self.client("secretsmanager"))

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda."""
        return cast("LambdaClient", self.client("lambda"))

    @cached_property
    def stacks(self) -> "CloudFormationClient":
        """CloudFormation."""
        return cast("CloudFormationClient", self.client("cloudformation"))

    @cached_property
    def http_apis(self) -> Any:
        """API Gateway, version 2."""
        return self.client("apigatewayv2")

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs."""
        return cast("CloudWatchLogsClient", self.client("logs"))
