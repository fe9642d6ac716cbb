"""The samples: what `events/samples.toml` tells of each, one for each rule of an event, and a fresh copy to send."""

import base64
import gzip
import json
import re
import tomllib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from dreamdata_relay.events.rules import RULES
from relay_cli.errors import WrongInput

_HERE = Path(__file__).parent
# In an installed package they lie within it.
SAMPLES = _HERE / "events" if (_HERE / "events").is_dir() else _HERE.parent / "events"

WayIn = Literal["http", "apigateway", "sqs", "lambda-sqs", "eventbridge", "sns"]

_uuids = re.compile(rb"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_FILL = b"<FILL>"
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample; the members are explained at the head of `events/samples.toml`.

    `content` stands in the place of a file.
    """

    name: str
    title: str
    way_in: WayIn
    file: str
    path: str = ""
    key: str | None = None
    status: int | None = None
    code: str | None = None
    delivered: int = 0
    dead: tuple[str, ...] = ()
    as_sent: bool = False
    fill_bytes: int = 0
    content: bytes = b""

    @property
    def events(self) -> int:
        """How many events, or messages that are none, are in it and have to end somewhere."""
        return self.delivered + len(self.dead)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request for the relay; `key` None stands for the stack's own relay key."""

    path: str
    body: bytes
    content_type: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message for the queue; `attributes` are strings."""

    body: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class BusEvent:
    """An event for EventBridge; `detail` is JSON text."""

    source: str
    detail_type: str
    detail: str


@dataclass(frozen=True, slots=True)
class Notification:
    """A message for an SNS topic."""

    message: str


Item = Request | Message | BusEvent | Notification


@dataclass(frozen=True, slots=True)
class FreshSample:
    """A copy of a sample with identities of its own: `ids` stand in nothing else, `items` are what is to be sent."""

    sample: Sample
    ids: frozenset[str]
    items: tuple[Item, ...]


def load_samples(folder: Path = SAMPLES) -> list[Sample]:
    """All samples, in the order of the file, then of the rules; raises WrongInput naming what is wrong with which."""
    try:
        tables = tomllib.loads((folder / "samples.toml").read_text())
    except (OSError, ValueError) as error:
        raise WrongInput(f"{folder / 'samples.toml'} cannot be read: {error}") from error
    return [*(_sample(name, table, folder) for name, table in tables.items()), *_of_rules()]


def _of_rules() -> list[Sample]:
    """A batch of one event for each rule that has an example of how it is broken."""
    return [
        Sample(
            name=rule.code.replace("_", "-"),
            title=f"an event that is refused as {rule.code}",
            way_in="http",
            file="",
            path="/v1/batch",
            status=200,
            dead=(rule.code,),
            content=f'{{"batch":[{_identified(rule.example, rule.code)}]}}'.encode(),
        )
        for rule in RULES
        if rule.example
    ]


def _identified(event: str, code: str) -> str:
    """The example with an identity of its own, by which it is followed."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, code)
    return f'{{"messageId":"{identity}",{event[1:]}' if event.startswith("{") else f'{event[:-1]} {identity}"'


def content_of(sample: Sample, folder: Path = SAMPLES) -> bytes:
    """The sample as it lies there."""
    return sample.content or (folder / sample.file).read_bytes()


class Renewal:
    """Puts a new UUID in the place of each, the same one wherever it stands: called with text after text."""

    def __init__(self) -> None:
        self._renewed: dict[bytes, bytes] = {}

    def __call__(self, text: bytes) -> bytes:
        """``text`` with new identities."""
        return _uuids.sub(lambda match: self._renewed.setdefault(match[0], self.identity(match)), text)

    def identity(self, _match: re.Match[bytes]) -> bytes:
        """What stands for the UUID that was found."""
        return str(uuid.uuid4()).encode()

    @property
    def ids(self) -> frozenset[str]:
        """The new identities."""
        return frozenset(value.decode() for value in self._renewed.values())


def fresh(
    sample: Sample, folder: Path = SAMPLES, renewal: Renewal | None = None, *, to_queue: bool = False
) -> FreshSample:
    """A copy of `sample` whose identities are new.

    ``to_queue``: what AWS takes from a bus or a topic to the queue goes there at once, in the form that it has there.
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


def ids_in(text: str) -> set[str]:
    """All UUIDs that stand in `text`."""
    return {match.decode() for match in _uuids.findall(text.encode("utf-8", "surrogatepass"))}


def _sample(name: str, table: Any, folder: Path) -> Sample:
    known = {field.name for field in fields(Sample)} - {"name", "content"}
    missing = {"title", "way_in", "file"} - set(table)
    if unknown := set(table) - known or missing:
        raise WrongInput(f"the sample {name} has unknown or lacks needed members: {', '.join(sorted(unknown))}")
    if table["way_in"] not in get_args(WayIn):
        raise WrongInput(f"the sample {name} has an unknown way_in: {table['way_in']}")
    if not (folder / table["file"]).is_file():
        raise WrongInput(f"the sample {name} has no file: {folder / table['file']}")
    return Sample(name=name, **{**table, "dead": tuple(table.get("dead", ()))})


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
    """The request that API Gateway made this event of; a packed body gets its new identities inside."""
    event = json.loads(content)
    body = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()
    body = gzip.compress(renew(gzip.decompress(body))) if body.startswith(_GZIP) else renew(body)
    return [Request(event["rawPath"], body, event["headers"]["content-type"], sample.key)]
