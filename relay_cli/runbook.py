"""The section of docs/operations.md for each alarm, and the one command that it says to type."""

from typing import NamedTuple

_STATUS, _SEND, _TAIL = "relay status", "relay send", "relay tail --errors --seconds 20"


class Section(NamedTuple):
    """A section's ``title`` and ``command``."""

    title: str
    command: str

    def __str__(self) -> str:
        return f"docs/operations.md, {self.title}: {self.command}"


_WAITING = Section("Events are waiting", _STATUS)
_UNEXPECTED = Section("Unexpected errors", _TAIL)
_INGEST = Section("Ingest fails", _SEND)
_SECRET = Section("A secret cannot be read", _TAIL)
# By the alarm's name in the template.
SECTIONS = {
    "DeadLettersAlarm": Section("Dead letters", "relay dead list"),
    "EventsWaitingAlarm": _WAITING,
    "NothingDeliveredAlarm": _WAITING,
    "QueueNotReadAlarm": Section("The queue is not read", _STATUS),
    "KeyRefusedAlarm": Section("The key is refused", "relay key set --check --follow 300"),
    "EndpointMisconfiguredAlarm": Section("The endpoint is wrong", _STATUS),
    "EverythingRefusedAlarm": Section("Everything is refused", _STATUS),
    "CompressionGivenUpAlarm": Section("Gzip is not taken", _TAIL),
    "DeliverErrorsAlarm": Section("The deliver function fails", _STATUS),
    "DeliverDurationAlarm": Section("The deliver function is slow", _SEND),
    "UnexpectedErrorsAlarm": _UNEXPECTED,
    "IngestUnexpectedErrorsAlarm": _UNEXPECTED,
    "IngestServerErrorsAlarm": _INGEST,
    "IngestErrorsAlarm": _INGEST,
    "IngestThrottlesAlarm": Section("Ingest is throttled", _SEND),
    "IngestSecretAlarm": _SECRET,
    "DeliverSecretAlarm": _SECRET,
    "UnauthorizedRequestsAlarm": Section("Requests without a key", _TAIL),
}
