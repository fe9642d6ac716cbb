"""Events that cannot all be typed at once: found by where msgspec stops, with the same result as one by one."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.events import typed_fields
from dreamdata_relay.events.bodies import read_batch_body
from dreamdata_relay.events.typed_fields import UNTYPED, Probe, probe_each, probe_one

TYPED: dict[str, Any] = {
    "type": "track",
    "userId": "u",
    "event": "e",
    "messageId": "m",
    "context": {"traits": {"a": 1}},
}
UNTYPABLE: tuple[Any, ...] = (
    {"userId": 1},
    {"context": []},
    {"writeKey": "`$[0].userId`"},
    {"writeKey": "`$[9]`"},
    {"event": "\ud800"},
    {"properties": {"x": [[[["`$[3]`"]]]]}, "type": {"$[1]": 1}},
    [],
    None,
    7,
    "`$[2]`",
)
EVENTS = st.lists(st.one_of(st.just(TYPED), st.just(TYPED), st.sampled_from(UNTYPABLE)), max_size=200)


def _texts(events: list[Any]) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


@given(EVENTS)
def test_probes_in_groups_are_those_of_each_event_by_itself(events: list[Any]) -> None:
    raws = _texts(events)
    assert probe_each(raws) == list(map(probe_one, raws))


@given(EVENTS)
def test_a_body_tells_which_event_is_the_first_untyped_one_and_none_other(events: list[Any]) -> None:
    batch = read_batch_body(b'{"batch":[' + b",".join(_texts(events)) + b"]}").batch
    alone = list(map(probe_one, batch.raws))
    if batch.untyped is not None:
        assert batch.probes is None
        assert alone.index(UNTYPED) == batch.untyped
    assert probe_each(batch.raws, batch.untyped) == alone


@given(EVENTS, st.integers(0, 300))
def test_a_wrong_place_costs_time_but_takes_no_event_for_another(events: list[Any], place: int) -> None:
    raws = _texts(events)
    found = probe_each(raws, place)
    assert len(found) == len(raws)
    assert all(probe in (UNTYPED, probe_one(raw)) for probe, raw in zip(found, raws, strict=True))


@pytest.mark.parametrize("untypable", [{"userId": 1}, {"context": []}, {"writeKey": "`$[0]`"}, [], None])
def test_msgspec_says_where_it_stopped(untypable: Any) -> None:
    events = _texts([TYPED] * 12 + [untypable] + [TYPED] * 3)
    assert read_batch_body(b'{"batch":[' + b",".join(events) + b"]}").batch.untyped == 12
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.json.decode(b"[" + b",".join(events) + b"]", type=list[Probe])
    assert typed_fields.place_in(raised.value) == 12


def test_one_untyped_event_makes_no_other_one_be_decoded_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[bytes] = []
    monkeypatch.setattr(typed_fields, "probe_one", lambda raw: alone.append(raw) or probe_one(raw))  # type: ignore[func-returns-value]  # append() is None
    events = _texts([TYPED] * 70 + [{"userId": 1}] + [TYPED] * 200 + [{"context": []}] + [TYPED] * 90)
    assert probe_each(events, 70).count(UNTYPED) == 2
    assert probe_each(events).count(UNTYPED) == 2
    assert alone == []
