"""Makes fresh copies of a sample, so that it can be sent repeatedly."""

import base64
import gzip
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from relay_cli.samples import (
    SAMPLES,
    UUIDS,
    BusEvent,
    FreshSample,
    Item,
    Message,
    Notification,
    Request,
    Sample,
    content_of,
)

_FILL = b"<FILL>"
_GZIP = b"\x1f\x8b"


class Renewal:
    """Replaces each UUID with a new one, the same one wherever it occurs; called with text after text."""

    def __init__(self) -> None:
        self._renewed: dict[bytes, bytes] = {}

    def __call__(self, text: bytes) -> bytes:
        """Return ``text`` with new identities."""
        return UUIDS.sub(lambda match: self._renewed.setdefault(match[0], self.identity(match)), text)

    def identity(self, _match: re.Match[bytes]) -> bytes:
        """Return the replacement of the UUID that was found."""
        return str(uuid.uuid4()).encode()

    @property
    def ids(self) -> frozenset[str]:
        """Return the new identities."""
        return frozenset(value.decode() for value in self._renewed.values())


def fresh(
    sample: Sample, folder: Path = SAMPLES, renewal: Renewal | None = None, *, to_queue: bool = False
) -> FreshSample:
    """Return a copy of `sample` with new identities.

    ``to_queue``: what AWS would pass from a bus or a topic goes directly to the queue, in the form that it has there.
    """
    renew = renewal or Renewal()
    content = content_of(sample, folder)
    if sample.fill_bytes:
        content = content.replace(_FILL, b"x" * (sample.fill_bytes - len(content) + len(_FILL)))
    if sample.way_in == "apigateway":
        items = _api_request(sample, content, renew)
    elif to_queue and sample.way_in in ("eventbridge", "sns"):
        items = [Message(renew(content).decode(), {})]
    else:
        items = _items(sample, renew(content))
    return FreshSample(sample, renew.ids, tuple(items))


def _items(sample: Sample, content: bytes) -> list[Item]:
    text = content.decode()
    if sample.way_in == "http":
        return [Request(sample.path, content, "application/json", sample.key)]
    if sample.way_in == "sqs":
        return [Message(text, {})]
    if sample.way_in == "lambda-sqs":
        return [Message(record["body"], _attributes(record)) for record in json.loads(text)["Records"]]
    event = json.loads(text)
    if sample.way_in == "sns":
        return [Notification(event["Message"])]
    return [BusEvent(event["source"], event["detail-type"], json.dumps(event["detail"], ensure_ascii=False))]


def _attributes(record: dict[str, Any]) -> dict[str, str]:
    return {name: value["stringValue"] for name, value in record["messageAttributes"].items()}


def _api_request(sample: Sample, content: bytes, renew: Callable[[bytes], bytes]) -> list[Item]:
    """Return the request behind this API Gateway event; a compressed body gets its new identities inside."""
    event = json.loads(content)
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    body = gzip.compress(renew(gzip.decompress(body))) if body.startswith(_GZIP) else renew(body)
    return [Request(event["rawPath"], body, event["headers"]["content-type"], sample.key)]
