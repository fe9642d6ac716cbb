"""Peak memory of the largest invocations, each in a fresh process, its queue and Dreamdata in another."""

import base64
import gzip
import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.bounds.hostile import MANY
from benchmarks.bounds.memory_child import records_of
from benchmarks.bounds.work import body_of, messages_of
from benchmarks.children import environment, python
from benchmarks.ingest.invocation import requests_of, sqs_sink

MAX_EVENT_BYTES = 6 * 1024 * 1024
_ROOM_FOR_THE_REST = 2_000


class Need(NamedTuple):
    """MB (millions of bytes): the Lambda event's size, idle memory, and above idle the peaks of parsing and of all.

    ``after_event``: the peak above what was resident with the event in hand, which is what the function adds.
    """

    name: str
    function: str
    event: float
    idle: float
    parsed: float
    peak: float
    after_event: float


def needs(events: Sequence[bytes]) -> Iterator[Need]:
    """The needs of invocations with as many of ``events`` as one takes, then with hostile ones."""
    with TemporaryDirectory() as folder, sqs_sink() as url:
        file = Path(folder) / "event.json"
        for name, (function, event) in _cases(events).items():
            text = json.dumps(event, ensure_ascii=False).encode()
            if len(text) > MAX_EVENT_BYTES:
                raise RuntimeError(f"the event of {name!r} is larger than Lambda takes")
            file.write_bytes(text)
            yield Need(name, function, len(text) / 1e6, *_measured(function, file, url))


def _measured(function: str, file: Path, url: str) -> tuple[float, float, float, float]:
    command = python("benchmarks.bounds.memory_child", function, str(file), url)
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if done.returncode:
        raise RuntimeError(f"{function}: {done.stderr.strip()[-400:]}")
    idle, parsed, peak, after_event = map(float, done.stdout.split())
    return idle, parsed, peak, after_event


def _cases(events: Sequence[bytes]) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    plain = _fitting(events, _request)
    hostile = {name: _fitting(make(MAX_EVENT_BYTES // (len(make(1)[0]) + 1)), _request) for name, make in MANY.items()}
    return {
        "ingest, a plain body": ("ingest", plain),
        "ingest, a base64 body": ("ingest", _fitting(events, _encoded)),
        "ingest, gzip, 6 MB unpacked": ("ingest", _gzipped(events)),
        "deliver, chunks": ("deliver", _fitting(events, lambda some: _records(messages_of(some)))),
        **{f"ingest, {name}": ("ingest", event) for name, event in hostile.items()},
    }


def _records(messages: Sequence[Any]) -> Mapping[str, Any]:
    return records_of([message.body.encode() for message in messages])


def _request(events: Sequence[bytes]) -> Mapping[str, Any]:
    return requests_of([body_of(events)])[0]


def _encoded(events: Sequence[bytes]) -> Mapping[str, Any]:
    return {**_request([]), "body": base64.b64encode(body_of(events)).decode(), "isBase64Encoded": True}


def _gzipped(events: Sequence[bytes]) -> Mapping[str, Any]:
    count = 0
    size = _ROOM_FOR_THE_REST
    while size + len(events[count]) + 1 < MAX_EVENT_BYTES:
        size += len(events[count]) + 1
        count += 1
    packed = base64.b64encode(gzip.compress(body_of(events[:count]))).decode()
    return {**_request([]), "body": packed, "isBase64Encoded": True}


def _fitting(events: Sequence[bytes], make: Callable[[Sequence[bytes]], Mapping[str, Any]]) -> Mapping[str, Any]:
    """The event of as many as fit into what Lambda takes."""
    low, high = 1, len(events) + 1
    while high - low > 1:
        middle = (low + high) // 2
        fits = len(json.dumps(make(events[:middle]), ensure_ascii=False).encode()) <= MAX_EVENT_BYTES
        low, high = (middle, high) if fits else (low, middle)
    return make(events[:low])
