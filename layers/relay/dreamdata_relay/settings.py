"""The functions' settings, read once from a mapping (their environment) into frozen values."""

import ipaddress
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.errors import RelayError
from dreamdata_relay.limits import MAX_OUTAGE_S, MAX_RECEIVES

DEFAULT_ENDPOINT = "https://api.dreamdata.cloud/v1/batch"
MAX_PARALLEL_POSTS = 16
# The first one is the default.
COMPRESSIONS = ("none", "gzip")
UNREADABLE_BODIES = ("keep", "digest")
WHEN_AWAY = ("hold", "pass")
# Where the layer of the privacy rules puts them.
RULES_FILE = "/opt/relay_rules/rules.json"


class SettingError(RelayError):
    """Raised when a setting is missing or not usable; the text names the setting, never its value."""


class RuleSettings(Struct, frozen=True):
    """``rules_file``: the compiled privacy rules; ``privacy_keys_id``: name or ARN of their keys' secret, or empty.

    ``digests``: whether of what is no event only the size and a digest are dead-lettered. ``suppression_url``: the
    object of the suppression list, or empty; ``suppression_fail``: what happens while the list is away.
    """

    rules_file: str = RULES_FILE
    privacy_keys_id: str = ""
    digests: bool = False
    suppression_url: str = ""
    suppression_fail: Literal["hold", "pass"] = "hold"

    @property
    def privacy_keys_region(self) -> str | None:
        """The region in the secret's ARN; None for a name."""
        return _region(self.privacy_keys_id)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "RuleSettings":
        """Raises :class:`SettingError`."""
        return cls(
            rules_file=environment.get("RULES_FILE", "").strip() or RULES_FILE,
            privacy_keys_id=environment.get("PRIVACY_KEYS_SECRET_ID", "").strip(),
            digests=_chosen(environment, "UNREADABLE_BODIES", UNREADABLE_BODIES) == "digest",
            suppression_url=_suppression_url(environment),
            suppression_fail="pass" if _chosen(environment, "SUPPRESSION_FAIL", WHEN_AWAY) == "pass" else "hold",
        )


class _Compiled(Struct):
    rules: list[Raw]


def rules_at(path: str) -> bytes | None:
    """Return the compiled privacy rules in the file ``path``; None without a file, or without a rule in it.

    What cannot be read is returned as it is: whoever reads it finds the fault, and no event passes.
    """
    try:
        text = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return b"unreadable"
    if not text.strip():
        return None
    try:
        return text if msgspec.json.decode(text, type=_Compiled).rules else None
    except msgspec.MsgspecError:
        return text


class IngestSettings(Struct, frozen=True):
    """``queue_url`` and ``dead_letter_queue_url``; ``keys_secret_id``: name or ARN of the relay keys' secret.

    ``secret_outage_s``: how long a cached secret stays in use while Secrets Manager does not answer.
    ``mapping_path``: the prefix of paths over the custom domain, such as ``/a/b``; empty if there is none.
    """

    queue_url: str
    dead_letter_queue_url: str
    keys_secret_id: str
    secret_outage_s: float = MAX_OUTAGE_S
    mapping_path: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "IngestSettings":
        """Raises :class:`SettingError`."""
        return cls(
            queue_url=_required(environment, "QUEUE_URL"),
            dead_letter_queue_url=_required(environment, "DEAD_LETTER_QUEUE_URL"),
            keys_secret_id=_required(environment, "INGEST_KEYS_SECRET_ID"),
            secret_outage_s=_outage_s(environment),
            mapping_path=_path(environment, "MAPPING_PATH"),
        )


class DeliverSettings(Struct, frozen=True):
    """As above; ``endpoint`` is the full URL to post to, ``parallel_posts`` the number of payloads posted at a time.

    ``connect_timeout_s`` and ``read_timeout_s`` bound one post. ``compress``: whether to try payloads in gzip.
    ``max_receives``: ``maxReceiveCount`` of the queue's redrive policy.
    """

    queue_url: str
    dead_letter_queue_url: str
    key_secret_id: str
    endpoint: str = DEFAULT_ENDPOINT
    parallel_posts: int = 2
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 15.0
    compress: bool = False
    max_receives: int = MAX_RECEIVES
    secret_outage_s: float = MAX_OUTAGE_S

    @property
    def key_region(self) -> str | None:
        """The region in the secret's ARN; None for a name, which is one of the function's own region."""
        return _region(self.key_secret_id)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "DeliverSettings":
        """Raises :class:`SettingError`."""
        endpoint = environment.get("DREAMDATA_ENDPOINT") or DEFAULT_ENDPOINT
        _check_endpoint(endpoint)
        return cls(
            queue_url=_required(environment, "QUEUE_URL"),
            dead_letter_queue_url=_required(environment, "DEAD_LETTER_QUEUE_URL"),
            key_secret_id=_required(environment, "DREAMDATA_SECRET_ID"),
            endpoint=endpoint,
            parallel_posts=int(_number(environment, "PARALLEL_POSTS", 2, 1, MAX_PARALLEL_POSTS)),
            connect_timeout_s=_number(environment, "CONNECT_TIMEOUT_SECONDS", 3.0, 0.1, 10),
            read_timeout_s=_number(environment, "READ_TIMEOUT_SECONDS", 15.0, 0.1, 30),
            compress=_chosen(environment, "PAYLOAD_COMPRESSION", COMPRESSIONS) == "gzip",
            max_receives=int(_number(environment, "MAX_RECEIVE_COUNT", MAX_RECEIVES, 3, 1000)),
            secret_outage_s=_outage_s(environment),
        )


def _region(secret_id: str) -> str | None:
    parts = secret_id.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 6 else None


def _suppression_url(environment: Mapping[str, str]) -> str:
    """Return the URL of the list's object, ``https://BUCKET.s3.REGION.amazonaws.com/KEY``; empty if it is not set.

    With an endpoint of one's own for AWS, as boto3 reads it, the bucket is in the path.
    """
    value = environment.get("SUPPRESSION_OBJECT", "").strip()
    if not value:
        return ""
    url = urlsplit(value)
    bucket = (url.hostname or "").partition(".s3.")[0]
    if url.scheme != "https" or not bucket or url.path in ("", "/") or url.query or url.fragment or url.username:
        raise SettingError("SUPPRESSION_OBJECT is not the https URL of an object in S3")
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    return f"{endpoint.rstrip('/')}/{bucket}{url.path}" if endpoint else value


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingError(f"{name} is not set")
    return value


def _outage_s(environment: Mapping[str, str]) -> float:
    return _number(environment, "SECRET_OUTAGE_HOURS", MAX_OUTAGE_S / 3600, 1, 168) * 3600


def _path(environment: Mapping[str, str], name: str) -> str:
    """Return the path with a leading and no trailing slash; empty if it is not set."""
    value = environment.get(name, "").strip().strip("/")
    return f"/{value}" if value else ""


def _number(environment: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    text = environment.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise SettingError(f"{name} is not a number from {least:g} to {most:g}")
    return value


def _chosen(environment: Mapping[str, str], name: str, choices: Sequence[str]) -> str:
    """Return the value, which must be one of ``choices``; the first one if it is not set."""
    value = environment.get(name, "").strip() or choices[0]
    if value not in choices:
        raise SettingError(f"{name} is none of {', '.join(choices)}")
    return value


def _check_endpoint(endpoint: str) -> None:
    """Allow https, and http to a loopback address only, since every post carries the key."""
    try:
        url = urlsplit(endpoint)
        host = url.hostname
        _ = url.port
    except ValueError:
        raise SettingError("DREAMDATA_ENDPOINT is not a URL") from None
    if not host or url.username or url.password or url.query or url.fragment:
        raise SettingError("DREAMDATA_ENDPOINT is not a plain URL with a host")
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(host)):
        raise SettingError("DREAMDATA_ENDPOINT is neither https nor a loopback address")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
