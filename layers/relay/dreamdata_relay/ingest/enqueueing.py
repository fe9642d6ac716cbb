"""Sends the parts of a long request in full SendMessageBatch calls as it is read, so that little is kept in memory."""

from collections.abc import Sequence

from dreamdata_relay.events.chunks import CHUNK_END, CHUNK_START, chunk
from dreamdata_relay.events.typed_fields import Text
from dreamdata_relay.limits import MAX_WAITING_BYTES
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from dreamdata_relay.messages.queues import Queue, batches


class NotTaken(Exception):
    """Raised when ``queue`` did not accept ``count`` of the messages."""

    def __init__(self, queue: Queue, count: int) -> None:
        super().__init__(count)
        self.queue = queue
        self.count = count


class _Nowhere:
    """Takes the messages of a key in mode ``sandbox``, and keeps none."""

    def send(self, messages: Sequence[OutgoingMessage], deadline: float) -> list[int]:  # noqa: ARG002  # the interface's
        return []


NOWHERE: Queue = _Nowhere()


class Outbox:
    """Buffers messages for ``queue``, which has all of them after :meth:`finish`."""

    def __init__(self, queue: Queue, deadline: float) -> None:
        self._queue = queue
        self._deadline = deadline
        self._waiting: list[OutgoingMessage] = []
        self._bytes = 0

    def put(self, messages: Sequence[OutgoingMessage], size: int | None = None) -> None:
        """Buffer ``messages`` (``size`` bytes, if known); once the buffer is large, send the calls that are full.

        Raises :class:`NotTaken`.
        """
        self._waiting += messages
        self._bytes += sum(message.size for message in messages) if size is None else size
        if self._bytes < MAX_WAITING_BYTES:
            return
        # Keep the last call, which may not be full yet, so that no more calls are needed than for all at once.
        *full, last = batches(self._waiting)
        rest = [self._waiting[index] for index in last]
        self._waiting = [self._waiting[index] for call in full for index in call]
        self.finish()
        self._waiting, self._bytes = rest, sum(message.size for message in rest)

    def finish(self, *more: OutgoingMessage) -> None:
        """Send what is buffered, and ``more``. Raises :class:`NotTaken`."""
        waiting, self._waiting, self._bytes = [*self._waiting, *more], [], 0
        if waiting and (missing := self._queue.send(waiting, self._deadline)):
            raise NotTaken(self._queue, len(missing))


class EventOutbox:
    """Buffers events for ``queue`` and packs them into as few messages as if all had come together.

    ``rules``: the version of the privacy rules that the events have been through.
    """

    def __init__(self, queue: Queue, source: str, deadline: float, rules: str | None = None) -> None:
        self._outbox = Outbox(queue, deadline)
        self._attributes = {"source": source} | ({"rules": rules} if rules else {})
        self._events: list[Text] = []

    def put(self, events: Sequence[Text]) -> None:
        """Buffer ``events``, and pack earlier ones into full messages. Raises :class:`NotTaken`."""
        if self._events:
            *full, last = chunk(self._events)
            self._outbox.put(list(map(self._message, full)), sum(map(len, full)))
            # A text of several events, with their commas, packs as the single events would.
            self._events = [last[len(CHUNK_START) : -len(CHUNK_END)]]
        self._events += events

    def finish(self) -> None:
        """Send everything. Raises :class:`NotTaken`."""
        self._outbox.finish(*map(self._message, chunk(self._events)))

    def _message(self, body: bytes) -> OutgoingMessage:
        return OutgoingMessage(body.decode(), self._attributes)
