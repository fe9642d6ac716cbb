"""Determines what to import before anything is sent: the file, its format, its map."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from relay_cli.errors import WrongInput
from relay_cli.history.checking import Checked, check
from relay_cli.history.chunks import Chunk, chunks
from relay_cli.history.csv_records import Dialect
from relay_cli.history.ids import Seen
from relay_cli.history.map_reading import read_map
from relay_cli.history.mapping import Mapping
from relay_cli.history.maps import HistoryMap
from relay_cli.history.reading import Counts, Reader
from relay_cli.history.sources import CSV, format_of, opened, with_cells
from relay_cli.history.taken import Import
from relay_cli.to_type import to_type


@dataclass(frozen=True, slots=True)
class Found:
    """A file being read: its ``events`` with their ``counts``, and how many bytes were read."""

    events: Iterator[Chunk]
    counts: Counts
    position: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Job:
    """A ``file`` that was checked, and the ``plan`` that turns its records into events, unless they are events."""

    file: Path
    form: str
    checked: Checked
    plan: HistoryMap | None
    map_sha256: str

    def into(self, stack: str, api_url: str) -> Import:
        """Return the import of it into a stack."""
        return Import(self.checked.sha256, self.map_sha256, self.form, self.checked.encoding, stack, api_url)

    @contextmanager
    def read(self) -> Iterator[Found]:
        """Return its events; raises WrongInput if the map does not fit the file, or the file cannot be read."""
        dialect = self.plan.dialect if self.plan else Dialect()
        with closing(Seen()) as seen, opened(self.file, self.form, self.checked.encoding, dialect) as source:
            mapping, records = None, source.records
            if self.plan:
                columns = source.columns or self.plan.columns()
                mapping = Mapping(self.plan, columns, seen, is_json=self.form != CSV)
                records = with_cells(source, columns)
            reader = Reader(time.time(), seen)
            yield Found(chunks(records, mapping, reader), reader.counts, source.position)


def prepared(
    file: Path, map_: Path | None, form: str | None, encoding: str | None, progress: Callable[[int], None]
) -> Job:
    """Return the job after checking everything about the whole file; raises WrongInput."""
    plan, text = read_map(map_) if map_ else (None, b"")
    found = format_of(file, form)
    # Of one that is not there the check tells.
    if found == CSV and plan is None and file.exists():
        raise WrongInput(
            f"CSV needs a map of its columns; this drafts one: {to_type('import --sketch map.yaml', file)}"
        )
    checked = check(file, encoding or (plan.encoding if plan else None), progress)
    return Job(file, found, checked, plan, hashlib.sha256(text).hexdigest())
