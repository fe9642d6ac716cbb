"""A dead letter as it is on the queue, and the choice among letters."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dreamdata_relay.errors import Refusal
from dreamdata_relay.events.rules import CODES
from relay_cli.errors import WrongInput

# Received too often, not refused: the redrive policy has moved it, and nobody wrote a reason.
OUT_OF_TRIES = "out_of_tries"
REASONS = frozenset({*map(str, Refusal), *CODES, OUT_OF_TRIES})
# What the relay wrote about this try; with them the message would look older, or refused, on its next way.
_OWN_ATTRIBUTES = frozenset({"error_code", "error_detail", "status", "splits", "first_sent_at"})
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_TYPE_OF_STUB = "eventType"


@dataclass(frozen=True, slots=True)
class Letter:
    """A received dead letter; ``sent_at`` is when it was written (UTC), ``attributes`` are boto3's."""

    message_id: str
    receipt_handle: str
    body: str
    sent_at: datetime
    attributes: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> "Letter":
        """Return the letter in a message of ReceiveMessage's answer."""
        sent = int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000
        return cls(
            message["MessageId"],
            message["ReceiptHandle"],
            message["Body"],
            datetime.fromtimestamp(sent, UTC),
            message.get("MessageAttributes", {}),
        )

    def attribute(self, name: str) -> str:
        """Return the attribute's text, empty if there is none."""
        return str(self.attributes.get(name, {}).get("StringValue", ""))

    @property
    def reason(self) -> str:
        """Return ``error_code``, or OUT_OF_TRIES if the redrive policy moved the letter."""
        return self.attribute("error_code") or OUT_OF_TRIES

    @property
    def source(self) -> str:
        """Return where the events came from: ``http:<key>``, ``sns``, ``eventbridge`` or ``queue``."""
        return self.attribute("source") or "queue"

    @property
    def is_stub(self) -> bool:
        """Whether it stands for an event that was too large to keep, and so can only be refused again."""
        return bool(self._read().get("relay_stub") is True)

    @property
    def types(self) -> frozenset[str]:
        """Return the types of its events as written; empty if unknown."""
        found = (event.get("type", event.get(_TYPE_OF_STUB)) for event in self.events())
        return frozenset(kind for kind in found if isinstance(kind, str))

    @property
    def event_ids(self) -> frozenset[str]:
        """Return the ``messageId`` of each of its events."""
        found = (event.get("messageId") for event in self.events())
        return frozenset(name for name in found if isinstance(name, str))

    def is_named(self, name: str) -> bool:
        """Whether ``name`` is its SQS message id or the ``messageId`` of one of its events."""
        return name == self.message_id or name in self.event_ids

    def kept_attributes(self) -> dict[str, Mapping[str, Any]]:
        """Return the attributes that go back to the queue: all but what the relay wrote about the failure."""
        return {name: value for name, value in self.attributes.items() if name not in _OWN_ATTRIBUTES}

    def shown(self) -> dict[str, object]:
        """Return its JSON without the body."""
        return {
            "id": self.message_id,
            "reason": self.reason,
            "detail": self.attribute("error_detail"),
            "status": self.attribute("status") or None,
            "source": self.source,
            "types": sorted(self.types),
            "time": self.sent_at.isoformat(timespec="milliseconds"),
            "bytes": len(self.body.encode("utf-8", "surrogatepass")),
            "stub": self.is_stub,
        }

    def exported(self) -> str:
        """Return its line in a file of letters: the JSON that is shown, with the body, in ASCII."""
        return json.dumps({**self.shown(), "body": self.body}) + "\n"

    def events(self) -> list[dict[str, Any]]:
        """Return its events, unwrapped; empty if it holds none."""
        read = self._read()
        events = read["batch"] if isinstance(read.get("batch"), list) else [read]
        return [event for event in events if isinstance(event, dict)]

    def _read(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
            value = {"batch": value} if isinstance(value, list) else value
            # A notification of SNS and an event of EventBridge carry the event inside.
            if isinstance(value, dict) and isinstance(value.get("Message"), str) and "TopicArn" in value:
                value = json.loads(value["Message"])
            elif isinstance(value, dict) and isinstance(value.get("detail"), dict) and "detail-type" in value:
                value = value["detail"]
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters: every given member must fit; times are UTC. ``source`` also fits with a suffix after a colon."""

    reasons: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return any((self.reasons, self.types, self.source, self.since, self.until, self.ids))

    def fits(self, letter: Letter) -> bool:
        """Whether ``letter`` is chosen."""
        return (
            (not self.reasons or letter.reason in self.reasons)
            and (not self.types or bool(self.types & letter.types))
            and (not self.source or letter.source == self.source or letter.source.startswith(self.source + ":"))
            and (self.since is None or letter.sent_at >= self.since)
            and (self.until is None or letter.sent_at < self.until)
            and (not self.ids or letter.message_id in self.ids)
        )


def moment(text: str, now: datetime) -> datetime:
    """Return the time that an operator wrote: ``30m``, ``6h``, ``2d`` ago, or ISO 8601 (UTC without a zone)."""
    if found := re.fullmatch(r"(\d{1,6})([mhd])", text.strip()):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise WrongInput(f"{text} is no time: write 30m, 6h, 2d, or 2026-03-02T08:00:00Z") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
