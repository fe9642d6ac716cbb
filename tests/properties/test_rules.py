"""Every way to read an event refuses what the table of rules refuses, for the reason that the table gives first."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings

from dreamdata_relay.events.batches import Batch, read_array
from dreamdata_relay.events.bulk_refusals import refuse_in_bulk
from dreamdata_relay.events.reading import read_events
from dreamdata_relay.events.rules import CODES, EVENT_TYPES, NOT_OBJECT, RULES, Reason, Rule
from dreamdata_relay.events.timestamps import to_utc
from dreamdata_relay.limits import MAX_EVENT_BYTES, MAX_NESTING
from tests.examples import examples
from tests.properties.test_reading import COMPLETION, events

SIZED = ("event_too_large", "event_nested_too_deep")
EXAMPLES = [rule for rule in RULES if rule.example]


class Plain:
    """An event as Python's own reader gives it, for the predicates of the table."""

    def __init__(self, text: str) -> None:
        self.members: dict[str, Any] = json.loads(text)

    @property
    def kind(self) -> str | None:
        found = self.members.get("type")
        return found if isinstance(found, str) else None

    def given(self, name: str) -> bool:
        found = self.members.get(name)
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return is_number if is_number and name != "event" else isinstance(found, str) and bool(found)

    def misdated(self) -> str | None:
        for name in ("timestamp", "originalTimestamp"):
            found = self.members.get(name)
            if found is None or (isinstance(found, str) and not found.strip()):
                continue
            try:
                to_utc(found if isinstance(found, str) else "no text")
            except ValueError:
                return name
            return None
        return None

    def no_object(self, names: Iterable[str]) -> str | None:
        found = (
            name
            for name in names
            if not (isinstance(self.members.get(name, {}), dict | None) or self.members[name] == [])
        )
        return next(found, None)


def by_the_table(text: str) -> Reason | None:
    """The first rule broken, each asked by itself."""
    for rule in RULES:
        asked: Any = text.encode() if rule in (RULES[0], *RULES[-len(SIZED) :]) else Plain(text)
        found = rule.broken(asked)
        if found is not None:
            return rule.reason(found)
    return None


def by_reading(array: str) -> list[Reason | None]:
    """What the fast pass and what it leaves to others say of each event."""
    batch = read_array(array.encode())
    refused = {one.index: Reason(one.code, one.detail) for one in read_events(batch, COMPLETION).refused}
    return [refused.get(index) for index in range(len(batch.raws))]


@settings(max_examples=examples(1_500), deadline=None)
@given(events())
def test_every_way_to_read_an_event_agrees_with_the_table(text: str) -> None:
    """Among events that can be typed, beside one that cannot, and read by itself with care."""
    expected = by_the_table(text)
    good = '{"type":"page","userId":"u","messageId":"good","timestamp":"2026-11-23T12:00:00.000Z"}'

    assert by_reading(f"[{text}]") == [expected]
    assert by_reading(f"[{good},{text},7]") == [None, expected, NOT_OBJECT]
    with_care = read_events(Batch([text.encode()]), COMPLETION, None).refused
    assert [Reason(one.code, one.detail) for one in with_care] == [expected] * bool(expected)


@settings(max_examples=examples(1_000), deadline=None)
@given(events())
@example('{"type":"track","userId":true,"event":""}')
@example('{"type":"group","userId":"u","groupId":{}}')
def test_what_is_refused_in_bulk_is_refused_by_the_table(text: str) -> None:
    for reason in refuse_in_bulk([text.encode()]).refused:
        assert reason == by_the_table(text)


@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.code)
def test_an_example_breaks_its_rule_and_no_other_one(rule: Rule[Any]) -> None:
    assert {reason.code for reason in by_reading(f"[{rule.example}]") if reason} == {rule.code}
    broken = [one.code for one in RULES[1:-2] if rule.example[0] == "{" and one.broken(Plain(rule.example)) is not None]  # type: ignore[arg-type]  # shows all that any of them asks
    assert broken == [rule.code] * (rule.example[0] == "{")


@pytest.mark.parametrize("code", CODES)
def test_every_reason_is_told_to_people_once(code: str) -> None:
    told = [rule for rule in RULES if rule.code == code and rule.meaning and rule.remedy]
    assert len(told) == 1
    assert (code in SIZED) != bool(told[0].example)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_size_and_nesting_are_the_last_rules(kind: str) -> None:
    deep = "[" * (MAX_NESTING + 1) + "]" * (MAX_NESTING + 1)
    whole = f'{{"type":"{kind}","userId":"u","previousId":"p","groupId":"g","event":"e","x":%s}}'
    large = '"' + "y" * MAX_EVENT_BYTES + '"'

    assert [reason and reason.code for reason in by_reading(f"[{whole % deep},{whole % large}]")] == [*reversed(SIZED)]
    assert by_reading("[" + (whole % large).replace('"groupId":"g"', '"properties":7') + "]")[0] == by_the_table(
        whole.replace('"groupId":"g"', '"properties":7') % 1
    )
