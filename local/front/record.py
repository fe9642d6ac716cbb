"""The record of what came in: each request as it came, and its answer, a JSON object a line.

The front writes it, other programs of this user read it: ``requests.ndjson`` in the stack's state folder, readable by
its owner only, since it holds whatever the senders sent, a key in a body included. A line has these members, and may
get more of them:

====================  ==============================================================================================
``at``                when the request had come in whole: UTC, ISO 8601 with milliseconds and ``Z``
``request_id``        the request's id, as in the event that the function got and in the answer's ``apigw-requestid``
``method``, ``path``  as sent; the path has its query and its ``%`` escapes
``headers``           by name in lower case, values of one name joined with a comma; never ``authorization``
``body_base64``       the body as it came, packed where it was; ``null`` where it was too large to be kept
``status``            of the answer
``answer_base64``     the answer's body
====================  ==============================================================================================

A line is whole before its answer is sent. A request that the web guard refuses is not in it.

The record is bounded: before a line that would make the file larger than 32 MB the file becomes
``requests.1.ndjson``, in place of the one before, and a new one begins. So who follows it sees another inode or a file
that shrank, reads the rest of ``requests.1.ndjson`` and goes on at the new file's beginning. A front that starts
removes both.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local.line_file import MAX_BYTES, LineFile

NAME = "requests.ndjson"
OLD_NAME = "requests.1.ndjson"
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer. headers: names in lower case. body: None where it was too large to be kept."""

    at: datetime
    request_id: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None
    status: int
    answer: bytes

    def line(self) -> bytes:
        """The exchange as a line of the record."""
        shown = {
            "at": self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
            "headers": {name: value for name, value in self.headers.items() if name not in _SECRET_HEADERS},
            "body_base64": None if self.body is None else base64.b64encode(self.body).decode(),
            "status": self.status,
            "answer_base64": base64.b64encode(self.answer).decode(),
        }
        return json.dumps(shown).encode() + b"\n"


class Record:
    """Writes the record in ``folder``; may be used by several threads."""

    def __init__(self, folder: Path, max_file_bytes: int = MAX_BYTES) -> None:
        self._lines = LineFile(folder / NAME, max_file_bytes)

    def add(self, exchange: Exchange) -> None:
        """Append one exchange."""
        self._lines.add(exchange.line())
