"""Turns records into events, a chunk at a time, each with its record."""

from collections.abc import Iterator

from relay_cli.history.mapping import Made, Mapping
from relay_cli.history.reading import AS_IT_IS, Reader
from relay_cli.history.records import Record, Records

# Read by the relay's rules together; what is asked of all at once costs a fraction of what it costs to ask of each.
_AT_ONCE = 512
type Chunk = list[tuple[Record, Made]]


def chunks(records: Records, mapping: Mapping | None, reader: Reader) -> Iterator[Chunk]:
    """Yield the events of ``records`` and the faults of those that are not sent, by the relay's rules, in order."""
    found: list[tuple[Record, Made]] = []
    for record in records:
        reader.counts.records += 1
        if mapping:
            found += [(record, made) for made in mapping.events_of(record)]
            reader.counts.repeated = mapping.repeated
        else:
            # No CSV is read without a map.
            text = b"" if record.fault else bytes(record.text)  # type: ignore[arg-type]
            found.append((record, Made(record.line, AS_IT_IS, text, fault=record.fault)))
        if len(found) >= _AT_ONCE:
            yield _read(found, reader)
            found = []
    if found:
        yield _read(found, reader)


def _read(found: Chunk, reader: Reader) -> Chunk:
    records, made = zip(*found, strict=True)
    return list(zip(records, reader.read(made), strict=True))
