"""Events as real senders make them, each with what must become of it: written from the contract, not from the code."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.simulation.ledger import SimEvent
from tests.simulation.reading import KINDS

_TEXTS = ("plain", "Søng Æ", "日本語 😀", 'quo"te\\', "a\u2028b", "tab\tline\n")


class EventMaker:
    """Makes events; ``moment`` gives the virtual time as seconds since the epoch."""

    def __init__(self, random_: random.Random, moment: Callable[[], float]) -> None:
        self._random = random_
        self._moment = moment
        self._made = 0
        # How many of the events have another's id, and what Dreamdata does with those whose content it cannot take.
        self.shared_ids = 0.0
        self.lookalikes = 0.0
        self.content: tuple[str, ...] = ("400", "422")
        self.chance = 1.0
        self._ids: list[str] = []

    def marker(self) -> str:
        self._made += 1
        return f"sim-{self._made:06}"

    def good(self, *, plain: bool = False) -> SimEvent:
        """An event to be delivered; ``plain``: complete as it stands."""
        marker = self.marker()
        event = self._complete(marker)
        if not plain and self._random.random() < self.lookalikes:
            event.update(self._random.choice(_LOOKALIKES))
            plain = True
        if plain or self._random.random() < 0.4:
            return SimEvent(marker, _text(event), expected=event, exact=True)
        change = self._random.choice(_CHANGES)
        return change(self, marker, event)

    def poison(self) -> SimEvent:
        """An event that Dreamdata refuses, or fails on, for reasons of its own."""
        event = self.good(plain=self._random.random() < 0.8)
        event.content, event.chance = self._random.choice(self.content), self.chance
        return event

    def bare(self) -> SimEvent:
        """An event without an id, and maybe without a time."""
        marker = self.marker()
        make = self._random.choice((self._no_id, self._neither))
        return make(marker, self._complete(marker))

    def twin(self) -> SimEvent:
        """An event without an id and with a day for its time: another one may be the same to the byte."""
        marker = self.marker()
        event = self._complete(marker)
        event.pop("messageId")
        event["timestamp"] = expected = _stamp(self._moment())[:10]
        return SimEvent(
            marker,
            _text(event),
            expected=event | {"timestamp": f"{expected}T00:00:00Z"},
            made=frozenset({"messageId"}),
            one_id=False,
        )

    def flood(self, key: str) -> list[SimEvent]:
        """More refused events than are dead-lettered one by one, all with one marker and a key in each."""
        marker = self.marker()
        text = f'{{"writeKey":"{key}","marker":"{marker}"}}'
        return [SimEvent(marker, text, refusal="type_unknown", count=_FLOOD)] * _FLOOD

    def sized(self, size: int) -> SimEvent:
        """A complete event of about ``size`` bytes."""
        marker = self.marker()
        event = self._complete(marker)
        event.setdefault("properties", {})["filler"] = "x" * size
        return SimEvent(marker, _text(event), expected=event, exact=True)

    def bad(self) -> SimEvent:
        """An event to be dead-lettered with a certain code."""
        marker = self.marker()
        event = self._complete(marker) | {"type": "track", "event": "Bought"}
        code = self._random.choice(_BAD)
        if code == "event_not_object":
            return SimEvent(marker, json.dumps(marker), refusal=code)
        if code == "event_too_large":
            event["properties"] = {"filler": "x" * self._random.choice((499_900, 700_000, 1_050_000))}
        elif code == "group_id_missing":
            event = {**event, "type": "group"}
            event.pop("groupId", None)
        else:
            event.update(_BAD_MEMBERS[code])
        event["context"] = {"marker": marker}
        if self._random.random() < 0.1:
            event["writeKey"] = "relay-key-number-0"
        if code == "identity_missing":
            event.pop("anonymousId", None)
        return SimEvent(marker, _text(event), refusal=code)

    def _complete(self, marker: str) -> dict[str, Any]:
        kind = self._random.choice(KINDS)
        event: dict[str, Any] = {
            "type": kind,
            "messageId": self._id(),
            "timestamp": _stamp(self._moment() - self._random.random() * 100),
            "userId": f"user-{self._random.randrange(20)}",
            "context": {"marker": marker, "word": self._random.choice(_TEXTS)},
        }
        if kind == "track":
            event["event"] = self._random.choice(_TEXTS)
            event["properties"] = {"price": self._random.randrange(10_000) / 100, "list": [1, None, {"a": True}]}
        elif kind == "group":
            event["groupId"] = "group-1"
        elif kind == "alias":
            event["previousId"] = "before"
        elif kind == "identify":
            event["traits"] = {"name": self._random.choice(_TEXTS)}
        return event

    def _id(self) -> str:
        if self._ids and self._random.random() < self.shared_ids:
            return self._random.choice(self._ids[-8:])
        self._ids.append(f"evid-{len(self._ids):06}")
        return self._ids[-1]

    # -- events that need something; each says what must arrive

    def _no_id(self, marker: str, event: dict[str, Any]) -> SimEvent:
        event.pop("messageId")
        return SimEvent(marker, _text(event), expected=dict(event), made=frozenset({"messageId"}))

    def _no_time(self, marker: str, event: dict[str, Any]) -> SimEvent:
        event.pop("timestamp")
        return SimEvent(marker, _text(event), expected=dict(event), made=frozenset({"timestamp"}))

    def _neither(self, marker: str, event: dict[str, Any]) -> SimEvent:
        event.pop("timestamp")
        event.pop("messageId")
        return SimEvent(marker, _text(event), expected=dict(event), made=frozenset({"timestamp", "messageId"}))

    def _offset(self, marker: str, event: dict[str, Any]) -> SimEvent:
        moment = datetime.fromtimestamp(int(self._moment()), UTC)
        expected = event | {"timestamp": moment.isoformat()[:-6] + ".25Z"}
        event["timestamp"] = datetime.fromtimestamp(int(self._moment()) + 7200, UTC).isoformat()[:-6] + ".25+02:00"
        return SimEvent(marker, _text(event), expected=expected)

    def _original(self, marker: str, event: dict[str, Any]) -> SimEvent:
        stamp = event.pop("timestamp")
        event["originalTimestamp"] = stamp
        return SimEvent(marker, _text(event), expected=event | {"timestamp": stamp})

    def _number(self, marker: str, event: dict[str, Any]) -> SimEvent:
        expected = event | {"userId": "12345678901234567890"}
        event["userId"] = 12345678901234567890
        return SimEvent(marker, _text(event), expected=expected)

    def _empty_array(self, marker: str, event: dict[str, Any]) -> SimEvent:
        return SimEvent(marker, _text(event | {"integrations": []}), expected=event | {"integrations": {}})

    def _constants(self, marker: str, event: dict[str, Any]) -> SimEvent:
        event["properties"] = {"ratio": float("nan"), "most": float("inf"), "least": float("-inf")}
        expected = event | {"properties": {"ratio": None, "most": None, "least": None}}
        return SimEvent(marker, _text(event), expected=expected)

    def _surrogate(self, marker: str, event: dict[str, Any]) -> SimEvent:
        event["properties"] = {"cut": "\ud83d", "nul": "\0", "non": "\uffff"}
        return SimEvent(marker, json.dumps(event), expected=event, exact=True)

    def _with_key(self, marker: str, event: dict[str, Any]) -> SimEvent:
        return SimEvent(marker, _text(event | {"writeKey": "somebody's"}), expected=event)


def _text(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


_CHANGES: tuple[Callable[[EventMaker, str, dict[str, Any]], SimEvent], ...] = (
    EventMaker._no_id,
    EventMaker._no_time,
    EventMaker._neither,
    EventMaker._offset,
    EventMaker._original,
    EventMaker._number,
    EventMaker._empty_array,
    EventMaker._constants,
    EventMaker._surrogate,
    EventMaker._with_key,
)
_BAD_MEMBERS: dict[str, dict[str, Any]] = {
    "type_unknown": {"type": "purchase"},
    "identity_missing": {"userId": ""},
    "event_name_missing": {"event": ""},
    "timestamp_invalid": {"timestamp": "yesterday"},
    "field_not_object": {"properties": "text"},
}
_BAD = (*_BAD_MEMBERS, "group_id_missing", "event_too_large", "event_not_object")
_FLOOD = 1_100
_OTHER = {"type": "page", "userId": "somebody else", "messageId": "another"}
# Members that wrappers have, in an event that says what it is.
_LOOKALIKES: tuple[dict[str, Any], ...] = (
    {"batch": []},
    {"batch": ["a", "b"]},
    {"batch": [_OTHER]},
    {"detail-type": "x", "source": "s", "id": "i", "time": "2026-01-01T00:00:00Z", "detail": _OTHER},
    {"Type": "Notification", "TopicArn": "arn", "MessageId": "n", "Message": json.dumps(_OTHER)},
    {"Records": [{"s3": {}}], "batch": [], "detail": _OTHER},
)
