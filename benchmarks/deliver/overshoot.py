"""Events whose sizes are chosen to make a packer overshoot, through the relay."""

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.deliver import senders
from benchmarks.deliver.processes import Sink
from benchmarks.deliver.race import complete, fill, over
from benchmarks.deliver.senders import Contender
from benchmarks.parts import Cell, Part
from dreamdata_relay.events.chunks import chunk
from dreamdata_relay.limits import MAX_CHUNK_BYTES, MAX_EVENT_BYTES

_CHUNK_FRAME = len(chunk([b""])[0])
_HALF, _THIRD = MAX_EVENT_BYTES // 2, MAX_EVENT_BYTES // 3


class Family(NamedTuple):
    """``sizes`` in bytes of events; ``filler``: what fills them up."""

    sizes: Sequence[int]
    filler: str = "x"


def families(seed: int) -> Mapping[str, Family]:
    """By name; the same for the same seed."""
    source = random.Random(seed)  # noqa: S311  # reproducible, not secret
    return {
        "the largest, each alone": Family([MAX_EVENT_BYTES] * 8),
        "just over half": Family([_HALF + 1] * 16),
        "half and one less, half and one more": Family([_HALF - 1, _HALF + 1] * 12),
        "a third, one more, one less": Family([_THIRD, _THIRD + 1, _THIRD - 1] * 12),
        "whole messages": Family([MAX_CHUNK_BYTES - _CHUNK_FRAME] * 90),
        "one byte over a message": Family([MAX_CHUNK_BYTES - _CHUNK_FRAME + 1] * 90),
        "any size, three bytes a character": Family([source.randrange(200, MAX_EVENT_BYTES) for _ in range(60)], "東"),
        "any size, escapes": Family([source.randrange(200, 60_000) for _ in range(400)], '"'),
        "very small": Family([source.randrange(150, 260) for _ in range(12_000)]),
    }


def events_of(family: Family) -> list[bytes]:
    """Complete events of exactly the sizes wanted, each with an id of its own."""
    return [_event(number, size, family.filler) for number, size in enumerate(family.sizes)]


def _event(number: int, size: int, filler: str) -> bytes:
    event = {"type": "page", "messageId": f"o-{number}", "userId": "u", "timestamp": "2026-11-23T12:27:55.411Z"}
    empty = len(_text({**event, "properties": {"t": ""}}))
    unit = len(_text({"t": filler})) - len(_text({"t": ""}))
    count, rest = divmod(size - empty, unit)
    return _text({**event, "properties": {"t": filler * count + "x" * rest}})


def _text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def overshoot(sink: Sink, folder: Path, seed: int) -> Part:
    """The table of what the sink got, ``over``: bodies too large; raises Lost when not every event was delivered."""
    return Part(
        "deliver-overshoot",
        "Deliver: sizes chosen to overshoot 500,000 bytes",
        [_relay(sink, folder, name, events_of(family)) for name, family in families(seed).items()],
        (
            "Counted by the sink, of whole bodies; every event was delivered. fill: but for the last payload. No "
            "packing fills payloads with events of just over half of one.",
        ),
    )


def _relay(sink: Sink, folder: Path, name: str, events: Sequence[bytes]) -> dict[str, Cell]:
    file = folder / "overshoot"
    file.write_bytes(b"\n".join(chunk(events)))
    with senders.relay_sender("path", sink, file) as process:
        sink.start(folder / "kept")
        process.ask("go")
        sizes = sink.sizes()
    one = Contender(senders.OURS, process, len(events))
    complete(one, folder / "kept", {json.loads(event)["messageId"] for event in events})
    return {
        "events": name,
        "number": len(events),
        "bodies": len(sizes),
        "fill %": fill(sizes),
        "largest": max(sizes),
        "over": over(sizes),
    }
