"""The stack that a command works on: its outputs, and boto3 clients for its region."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ProfileNotFound

from relay_cli.aws_session import AwsSession
from relay_cli.errors import AwsFailed, NoStack
from relay_cli.paging import pages
from relay_cli.to_type import LOCAL_DIR_VARIABLE, aws_to_type, current

if TYPE_CHECKING:
    from botocore.config import Config
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

NO_CREDENTIALS = "no AWS credentials: log in ({log_in}), or give --profile"
_LOCAL_DIR = Path(__file__).resolve().parent.parent / ".local"
_TRIES = 5
# Answers of AWS's services that say that there were too many calls.
_THROTTLED = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException", "SlowDown",
    }
)  # fmt: skip
# The emulator takes any key pair.
_LOCAL_KEY_PAIR = ("000000000000", "local")
_NEEDED = ("QueueUrl", "DeadLetterQueueUrl", "IngestKeysSecretArn", "DreamdataSecretArn", "MetricsNamespace")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a stack: its CloudFormation type and its physical id."""

    kind: str
    physical_id: str


@dataclass(frozen=True)
class RelayStack:
    """A deployed relay. ``outputs`` are the stack's by name; ``api_url`` has no trailing slash."""

    name: str
    outputs: Mapping[str, str]
    api_url: str
    session: Any
    aws_endpoint_url: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether it runs in the emulator, where metrics are only logged and not counted."""
        return self.aws_endpoint_url is not None

    @property
    def behind_aws(self) -> timedelta:
        """Return by how much this machine's clock is known to be behind AWS's."""
        found: timedelta = getattr(self.session, "behind_aws", timedelta(0))
        return found

    def now(self) -> datetime:
        """Return the time (UTC) by AWS's clock, which also stamps counts, logs and messages."""
        return datetime.now(UTC) + self.behind_aws

    def output(self, name: str) -> str:
        """Return the output ``name``; raises NoStack if the stack has none."""
        try:
            return self.outputs[name]
        except KeyError:
            raise NoStack(f"the stack {self.name} has no output {name}: deploy this version's template") from None

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """Return the stack's own resources by their names in the template, none of a similarly named stack."""
        client: CloudFormationClient = self.client("cloudformation")
        try:
            listed = [
                summary
                for page in pages(client.list_stack_resources, StackName=self.name)
                for summary in page["StackResourceSummaries"]
            ]
        except ClientError as error:
            raise AwsFailed(told(error)) from error
        return {
            summary["LogicalResourceId"]: Resource(summary["ResourceType"], summary["PhysicalResourceId"])
            for summary in listed
            if summary.get("PhysicalResourceId")
        }

    def of_type(self, kind: str) -> dict[str, str]:
        """Return the physical ids of the resources of a CloudFormation type, by their names in the template."""
        return {name: found.physical_id for name, found in self.resources.items() if found.kind == kind}

    def client(self, service: str) -> Any:
        """Return a boto3 client for ``service``."""
        return self.session.client(service, endpoint_url=self.aws_endpoint_url, config=_config(self.is_local))

    @cached_property
    def sqs(self) -> "SQSClient":
        """SQS."""
        return cast("SQSClient", self.client("sqs"))

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets Manager."""
        return cast("SecretsManagerClient", self.client("secretsmanager"))

    @cached_property
    def dreamdata_secrets(self) -> "SecretsManagerClient":
        """Secrets Manager in the region of the Dreamdata key's secret, possibly not the stack's."""
        parts = self.output("DreamdataSecretArn").split(":")
        if self.is_local or len(parts) < 7:
            return self.secrets
        client = self.session.client("secretsmanager", region_name=parts[3], config=_config())
        return cast("SecretsManagerClient", client)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs."""
        return cast("CloudWatchLogsClient", self.client("logs"))

    @cached_property
    def metrics(self) -> "CloudWatchClient":
        """CloudWatch."""
        return cast("CloudWatchClient", self.client("cloudwatch"))

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda."""
        return cast("LambdaClient", self.client("lambda"))


@cache
def _config(is_local: bool = False) -> "Config":
    """Return every client's settings; the local stack is called without a proxy."""
    # With it come botocore's endpoints and urllib3.
    from botocore.config import Config

    usual = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": _TRIES})
    return usual.merge(Config(proxies={})) if is_local else usual


def find_stack(name: str | None, region: str | None, profile: str | None) -> RelayStack:
    """Return the stack ``name`` on AWS; raises NoStack or AwsFailed."""
    if not name:
        raise NoStack("which stack? Give --stack NAME or set RELAY_STACK; --local is the one of `make up`")
    try:
        session = AwsSession(region, profile)
        described = session.client("cloudformation", config=_config()).describe_stacks(StackName=name)
    except NoCredentialsError as error:
        raise NoStack(NO_CREDENTIALS.format(log_in=aws_to_type("sso login"))) from error
    except NoRegionError as error:
        raise NoStack("no AWS region: give --region, or set AWS_REGION") from error
    except ProfileNotFound as error:
        raise NoStack(f"{error}: see ~/.aws/config") from error
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            raise NoStack(f"there is no stack {name} in this account and region") from error
        raise AwsFailed(told(error)) from error
    except BotoCoreError as error:
        raise AwsFailed(told(error)) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Stacks"][0].get("Outputs", ())}
    if any(needed not in outputs for needed in _NEEDED):
        raise NoStack(f"the stack {name} is no relay, or still being made: its outputs are missing")
    return RelayStack(name, outputs, outputs.get("ApiUrl", "").rstrip("/"), session)


def local_folder() -> Path:
    """Return the folder of the local stack's files."""
    return Path(os.environ.get(LOCAL_DIR_VARIABLE) or _LOCAL_DIR)


def is_named_folder() -> bool:
    """Whether that folder is another than the project's own, so that every command has to name it."""
    return local_folder().resolve() != _LOCAL_DIR


def find_local_stack() -> RelayStack:
    """Return the stack that `make up` has started; raises NoStack."""
    path = local_folder() / "stack.json"
    try:
        content = json.loads(path.read_bytes())
        session = AwsSession(content["region"], key_pair=_LOCAL_KEY_PAIR)
        outputs, url = content["outputs"], content["aws_endpoint_url"]
        return RelayStack(content["stack_name"], outputs, content["api_url"].rstrip("/"), session, url)
    except FileNotFoundError:
        raise NoStack(f"no local stack is up; start one with: {current().settings}make up") from None
    except (ValueError, KeyError, TypeError) as error:
        raise NoStack(f"{path} cannot be read; end the stack with: {current().settings}make down") from error


def told(error: Exception) -> str:
    """Describe boto3's ``error`` in one line: the call and the answer."""
    if isinstance(error, ClientError):
        found = error.response["Error"]
        if found.get("Code") in _THROTTLED:
            return (
                f"AWS throttles {error.operation_name}, also after {_TRIES} tries: there are too many calls in this"
                " account and region. Try again in a minute"
            )
        return f"{error.operation_name}: {found.get('Code')}: {found.get('Message', '')}".replace("\n", " ")[:400]
    return f"AWS was not reached: {error}".replace("\n", " ")[:400]
