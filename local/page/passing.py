"""What passed since the last look: requests by the front and by the emulator, and messages handed to deliver."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from local.emulator import witness
from local.front import record
from local.page.arrivals import Arrivals
from local.page.observations import Came, Passed, Place
from local.page.requests import refusal_of, request_of
from local.page.rows import RefusedRequest, from_iso
from local.page.tail import Tail
from local.page.taking import Taking
from local.stack import QueuedMessage, Stack


class Passing:
    """The records of `stack`; `place_of` opens a message. Events that came over HTTP are kept in `arrivals`.

    With `removing` the records keep nothing that was read.
    """

    def __init__(
        self,
        stack: Stack,
        arrivals: Arrivals,
        place_of: Callable[[QueuedMessage], Place],
        *,
        removing: bool = False,
    ) -> None:
        folder = Path(stack.state_dir)
        follow = Taking if removing else Tail
        self._queue_url = stack.queue_url
        self._arrivals = arrivals
        self._place_of = place_of
        self._requests = [follow(folder / name) for name in (record.NAME, witness.REQUESTS)]
        self._received = follow(folder / witness.RECEIVED)

    def look(self) -> Iterator[list[Came | Passed | RefusedRequest]]:
        """All that is new, as much at once as a tail reads at once."""
        for tail in self._requests:
            while lines := tail.lines():
                yield [seen for line in lines for seen in self._requested(line)]
        while lines := self._received.lines():
            yield list(self._handed_on(lines))

    def _requested(self, line: bytes) -> Iterator[Came | RefusedRequest]:
        request = request_of(line)
        if request:
            yield from self._arrivals.take(request)
            yield from filter(None, [refusal_of(request)])

    def _handed_on(self, lines: Iterable[bytes]) -> Iterator[Passed]:
        for line in lines:
            item = json.loads(line)
            if item["QueueUrl"] == self._queue_url:
                yield Passed(from_iso(item["at"]), self._place_of(QueuedMessage.of(item)))
