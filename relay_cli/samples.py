"""The samples: those in `events/samples.toml`, and one for each rule of an event."""

import re
import tomllib
import uuid
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from dreamdata_relay.events.rules import RULES
from relay_cli.errors import WrongInput

_HERE = Path(__file__).parent
# In an installed package they lie within it.
SAMPLES = _HERE / "events" if (_HERE / "events").is_dir() else _HERE.parent / "events"

WayIn = Literal["http", "apigateway", "sqs", "lambda-sqs", "eventbridge", "sns"]

UUIDS = re.compile(rb"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample; the head of `events/samples.toml` explains the members.

    `content` replaces a file.
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
    """An HTTP request for the relay; `key` None means the stack's own relay key."""

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
    """A copy of a sample with identities of its own: `ids` occur nowhere else, `items` are what to send."""

    sample: Sample
    ids: frozenset[str]
    items: tuple[Item, ...]


def load_samples(folder: Path = SAMPLES) -> list[Sample]:
    """Return all samples, in the order of the file, then of the rules; raises WrongInput with the sample's name."""
    try:
        tables = tomllib.loads((folder / "samples.toml").read_text())
    except (OSError, ValueError) as error:
        raise WrongInput(f"{folder / 'samples.toml'} cannot be read: {error}") from error
    return [*(_sample(name, table, folder) for name, table in tables.items()), *_of_rules()]


def _of_rules() -> list[Sample]:
    """Return a batch with one event for each rule that has an example of a violation."""
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
    """Return the example with an identity of its own, so that it can be followed."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, code)
    return f'{{"messageId":"{identity}",{event[1:]}' if event.startswith("{") else f'{event[:-1]} {identity}"'


def content_of(sample: Sample, folder: Path = SAMPLES) -> bytes:
    """Return the sample's content unchanged."""
    return sample.content or (folder / sample.file).read_bytes()


def ids_in(text: str) -> set[str]:
    """Return all UUIDs in `text`."""
    return {match.decode() for match in UUIDS.findall(text.encode("utf-8", "surrogatepass"))}


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
