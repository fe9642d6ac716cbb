"""``make bench``: how much CPU ingest and deliver take, beside bare JSON parsers, in one run.

Every method is first shown to accept and to refuse the same events.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.corpus import Corpus, make_corpus
from benchmarks.measuring import interleaved
from dreamdata_relay.chunks import chunk, without_non_characters
from dreamdata_relay.collecting import collect
from dreamdata_relay.completion import Completion, complete
from dreamdata_relay.envelopes import read_batch_body
from dreamdata_relay.errors import EventRefused
from dreamdata_relay.events import Reading, read_events
from dreamdata_relay.identifiers import derived_id, random_id
from dreamdata_relay.metrics import Metric
from dreamdata_relay.payloads import payloads_of
from dreamdata_relay.unwrapping import QueuedMessage

NOW = "2026-11-23T12:27:55.411Z"
MESSAGES_A_BATCH = 80


class _Quiet:
    """Telemetry that keeps nothing."""

    def add(self, metric: Metric, value: float = 1) -> None: ...

    def label(self, **dimensions: str) -> None: ...

    def log(self, level: str, message: str, **fields: object) -> None: ...


def _message_id(text: bytes, index: int, own_time: bool) -> str:
    return derived_id(text, str(index).encode()) if own_time else random_id()


COMPLETION = Completion(NOW, _message_id)


def read(bodies: list[bytes]) -> list[Reading]:
    """What ingest does with bodies, but for packing and sending."""
    return [read_events(read_batch_body(body).batch, COMPLETION) for body in bodies]


def read_and_pack(bodies: list[bytes]) -> None:
    """With packing into message bodies, as text."""
    for body in bodies:
        reading = read_events(read_batch_body(without_non_characters(body)).batch, COMPLETION)
        for message in chunk(reading.events):
            message.decode()


def read_only(bodies: list[bytes]) -> None:
    """As :func:`read`, and let go of at once, as an invocation does."""
    for body in bodies:
        read_events(read_batch_body(body).batch, COMPLETION)


def check_agreement(bodies: list[bytes]) -> int:
    """The fast way and the careful one accept and refuse the same events; how many are refused."""
    refused = 0
    for body, reading in zip(bodies, read(bodies), strict=True):
        careful = set()
        for index, raw in enumerate(read_batch_body(body).batch.raws):
            try:
                complete(bytes(raw), index, COMPLETION)
            except EventRefused:
                careful.add(index)
        if careful != {event.index for event in reading.refused}:
            raise SystemExit("the fast and the careful way disagree: the figures would compare two different things")
        refused += len(careful)
    return refused


def messages_of(corpus: Corpus) -> list[QueuedMessage]:
    """The corpus as full chunks on the queue."""
    events = [bytes(event) for reading in read(corpus.bodies) for event in reading.events]
    return [
        QueuedMessage(f"m{number}", "r", body.decode(), 1, 0.0, {"source": "http:default"})
        for number, body in enumerate(chunk(events))
    ]


def collect_and_pack(messages: list[QueuedMessage]) -> list[int]:
    """What deliver does with messages, but for posting; the sizes of the bodies."""
    sizes = []
    for start in range(0, len(messages), MESSAGES_A_BATCH):
        collection = collect(messages[start : start + MESSAGES_A_BATCH], _Quiet())
        sizes += [len(payload.body(NOW)) for payload in payloads_of(collection.pieces)]
    return sizes


def main() -> None:
    """Measure, print a table, write the figures beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, default=Path(".local/bench.json"))
    options = parser.parse_args()
    corpus = make_corpus()
    refused = check_agreement(corpus.dirty)
    messages = messages_of(corpus)
    cases: dict[str, Callable[[], object]] = {
        "orjson.loads of the bodies": lambda: [orjson.loads(body) is None for body in corpus.bodies],
        "json.loads of the bodies": lambda: [json.loads(body) is None for body in corpus.bodies],
        "ingest: read, complete, keep the bytes": lambda: read_only(corpus.bodies),
        "ingest: the same, 2 % of the events broken": lambda: read_only(corpus.dirty),
        "ingest: with packing into messages": lambda: read_and_pack(corpus.bodies),
        "deliver: unwrap, validate, pack": lambda: collect_and_pack(messages),
    }
    measured = interleaved(cases, options.rounds)
    base = measured["orjson.loads of the bodies"].median
    table = Table("case", "us/event", "x orjson.loads", "range")
    for name, seconds in measured.items():
        events = len(corpus.events)
        spread = f"{seconds.least / base:.2f} to {seconds.most / base:.2f}"
        table.add_row(name, f"{seconds.median / events * 1e6:.2f}", f"{seconds.median / base:.2f}", spread)
    sizes = collect_and_pack(messages)
    console = Console()
    console.print(table)
    console.print(
        f"{len(corpus.events)} events in {len(corpus.bodies)} bodies, {refused} broken in the broken ones; deliver: "
        f"{len(sizes)} payloads, the largest {max(sizes)} bytes, {100 * sum(sizes) / len(sizes) / 500_000:.1f} % full"
    )
    figures = {
        name: {"us_per_event": s.median / len(corpus.events) * 1e6, "x_orjson": s.median / base}
        for name, s in measured.items()
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
