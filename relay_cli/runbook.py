"""Names the section of docs/operations.md for each alarm and reason, and the one command to type."""

from collections.abc import Iterable
from typing import NamedTuple

from relay_cli.to_type import to_type

_STATUS, _SEND, _TAIL = "status", "send", "tail --errors --seconds 20"


class Section(NamedTuple):
    """A section's ``title``, and what is typed after `relay` to begin with."""

    title: str
    command: str

    def __str__(self) -> str:
        return f"docs/operations.md, {self.title}: {to_type(self.command)}"


_WAITING = Section("Events are waiting", _STATUS)
_UNEXPECTED = Section("Unexpected errors", _TAIL)
_INGEST = Section("Ingest fails", _SEND)
_SECRET = Section("A secret cannot be read", _TAIL)
NOT_READ = Section("The queue is not read", _STATUS)
DELIVER_FAILS = Section("The deliver function fails", _STATUS)
_KEY = Section("The key is refused", "key set --check --follow 300")
_ENDPOINT = Section("The endpoint is wrong", _STATUS)
RULES = Section("The privacy rules cannot run", _TAIL)
_EVERYTHING = Section("Everything is refused", _STATUS)
# By what messages are held for; what to do about any other reason is in the table of reasons, in "Events are waiting".
_OF_REASONS = {
    "configuration": _ENDPOINT,
    "refused_all": _EVERYTHING,
    "error": _UNEXPECTED,
    "rules_unavailable": RULES,
    "key:secret_unavailable": _SECRET,
    "key:secret_withdrawn": _SECRET,
}
# By the alarm's name in the template.
SECTIONS = {
    "DeadLettersAlarm": Section("Dead letters", "dead list"),
    "EventsWaitingAlarm": _WAITING,
    "NothingDeliveredAlarm": _WAITING,
    "QueueNotReadAlarm": NOT_READ,
    "KeyRefusedAlarm": _KEY,
    "EndpointMisconfiguredAlarm": _ENDPOINT,
    "EverythingRefusedAlarm": _EVERYTHING,
    "CompressionGivenUpAlarm": Section("Gzip is not taken", _TAIL),
    "DeliverErrorsAlarm": DELIVER_FAILS,
    "DeliverDurationAlarm": Section("The deliver function is slow", _SEND),
    "UnexpectedErrorsAlarm": _UNEXPECTED,
    "IngestUnexpectedErrorsAlarm": _UNEXPECTED,
    "IngestServerErrorsAlarm": _INGEST,
    "IngestErrorsAlarm": _INGEST,
    "IngestThrottlesAlarm": Section("Ingest is throttled", _SEND),
    "IngestRulesAlarm": RULES,
    "DeliverRulesAlarm": RULES,
    "IngestSecretAlarm": _SECRET,
    "DeliverSecretAlarm": _SECRET,
    "UnauthorizedRequestsAlarm": Section("Requests without a key", _TAIL),
}


def sections_of(reasons: Iterable[str]) -> tuple[Section, ...]:
    """Return what to read about messages held for ``reasons``; sections that only say to wait yield to others."""
    found = dict.fromkeys(_KEY if _is_of_key(reason) else _OF_REASONS.get(reason, _WAITING) for reason in reasons)
    return tuple(section for section in found if section != _WAITING) or (_WAITING,)


def _is_of_key(reason: str) -> bool:
    return reason.startswith("key:") and reason not in _OF_REASONS
