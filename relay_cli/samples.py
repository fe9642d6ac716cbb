"""The samples: what `events/samples.toml` tells of each, and one for each rule of an event."""

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


def ids_in(text: str) -> set[str]:
    """All UUIDs that stand in `text`."""
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
