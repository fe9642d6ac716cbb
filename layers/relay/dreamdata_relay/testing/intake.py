"""The ingest function's core over queues in memory."""

from collections.abc import Sequence

from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.ingest.service import Intake
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from dreamdata_relay.metrics import Metric
from dreamdata_relay.secrets.keys import KnownKey, RelayKeys

KEY_NAME = "sandbox"


class MemoryQueue:
    """See :class:`dreamdata_relay.messages.queues.Queue`; it takes every message."""

    def __init__(self) -> None:
        self._messages: list[OutgoingMessage] = []

    def send(self, messages: Sequence[OutgoingMessage], deadline: float) -> list[int]:  # noqa: ARG002  # the interface's
        """Take all."""
        self._messages += messages
        return []

    def taken(self) -> list[OutgoingMessage]:
        """Return the messages since the last call."""
        messages, self._messages = self._messages, []
        return messages


class SandboxKeys(RelayKeys):
    """Accepts every key, or ``only`` one: there is nothing here to protect, and a test's key can be any word."""

    def __init__(self, only: str | None = None) -> None:
        self._only = only

    def find(self, key: str) -> KnownKey | None:
        """Return the one that there is, or None for a key that is not accepted."""
        return KnownKey(KEY_NAME, sandbox=False) if self._only in (None, key) else None

    def others_than(self, shown: str) -> tuple[str, ...]:  # noqa: ARG002  # the interface's
        """Return no other key."""
        return ()


class _Unheard:
    """See :class:`dreamdata_relay.metrics.Telemetry`; a test reads the record instead."""

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None:
        pass

    def label(self, **dimensions: str) -> None:
        pass

    def log(self, level: str, message: str, **fields: object) -> None:
        pass


def intake_over(queue: MemoryQueue, dead_letters: MemoryQueue, key: str | None) -> Intake:
    """Make the core as the function's handler does, with ``key`` as the only relay key, or any."""
    return Intake(
        keys=SandboxKeys(key), queue=queue, dead_letters=dead_letters, clock=SystemClock(), telemetry=_Unheard()
    )
