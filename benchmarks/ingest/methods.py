"""Ways to read an HTTP body of events: validate each, complete it, and give it back as JSON text to be queued."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from benchmarks.ingest import checked, modelled, ours, tagged
from dreamdata_relay.events.chunks import chunk
from dreamdata_relay.events.typed_fields import Text


class Method(NamedTuple):
    """``read``: a body to the texts of the events accepted and the places of those refused."""

    name: str
    read: Callable[[bytes], tuple[Sequence[Text], list[int]]]
    note: str = ""


METHODS = (
    Method("dreamdata-relay", ours.read, "bytes kept"),
    Method("msgspec tagged union", tagged.read, "drops unnamed fields"),
    Method("orjson and handwritten checks", checked.read_orjson, "changes numbers and escapes"),
    Method("json and handwritten checks", checked.read_json, "changes numbers and escapes"),
    Method("pydantic, discriminated union", modelled.read_pydantic, "changes numbers and escapes"),
    Method("Powertools parser", modelled.read_powertools, "the same; its envelope takes the Lambda event"),
)


def packed(method: Method, body: bytes) -> int:
    """Read ``body`` by ``method`` and pack what it accepts into message bodies, as text; how many."""
    events, _ = method.read(body)
    return len([message.decode() for message in chunk(events)])
