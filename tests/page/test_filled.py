"""What the relay filled in is told where it can be told, and never of an event that came whole."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import read_events
from dreamdata_relay.events.timestamps import from_epoch
from dreamdata_relay.ingest.service import _message_id
from local.page.filled import filled

NOW = 1_700_000_000.0


def behind_ingest(event: dict[str, Any], index: int = 0) -> bytes:
    """An event as ingest queues it."""
    text = json.dumps(event).encode()
    completion = Completion(received_at=from_epoch(NOW), message_id=_message_id)
    return bytes(read_events(Batch([text], None, len(text), [index]), completion).events[0])


def told(text: bytes, sent_at: float = NOW + 0.02) -> list[str]:
    return [change.path for change in filled(text, sent_at)]


EVENT = {"type": "identify", "userId": "u"}
OF_ITS_OWN = {"messageId": str(uuid.uuid4()), "timestamp": from_epoch(NOW - 60)}


@pytest.mark.parametrize("index", [0, 1, 250])
def test_an_id_that_the_relay_derived_is_proven(index: int) -> None:
    text = behind_ingest({**EVENT, "timestamp": from_epoch(NOW - 60)}, index)

    [change] = filled(text, NOW)

    assert (change.path, change.kind, change.came) == ("messageId", "added", None)
    assert "derived" in change.rule


def test_an_id_and_a_time_that_both_were_missing_are_likely() -> None:
    changes = filled(behind_ingest(EVENT), NOW + 0.02)

    assert [change.path for change in changes] == ["messageId", "timestamp"]
    assert all("Most likely" in change.rule for change in changes)


def test_a_missing_time_is_told_by_the_moment_of_receipt() -> None:
    event = {**EVENT, "messageId": OF_ITS_OWN["messageId"]}

    assert told(behind_ingest(event)) == ["timestamp"]
    assert told(behind_ingest(event), NOW + 60) == []


def test_a_time_made_of_the_original_one_is_not_one_of_receipt() -> None:
    text = behind_ingest({**EVENT, "originalTimestamp": from_epoch(NOW - 60)})

    assert told(text) == ["messageId"]


@given(st.dictionaries(st.text(), st.integers() | st.text()), st.floats(-1, 3600))
def test_an_event_that_came_whole_has_nothing_filled_in(more: dict[str, Any], later: float) -> None:
    text = behind_ingest({**more, **EVENT, **OF_ITS_OWN})

    assert told(text, NOW + later) == []


@pytest.mark.parametrize(
    "message_id",
    ["8b692641-9ea7-42c1-bc74-5ebb73778f52", str(uuid.uuid5(uuid.NAMESPACE_URL, "x")), "m-1"],
    ids=["random", "derived", "own"],
)
def test_a_compact_event_with_an_id_in_front_is_not_taken_for_one_of_ours(message_id: str) -> None:
    event = {"messageId": message_id, "timestamp": from_epoch(NOW - 60), **EVENT}

    assert told(json.dumps(event, separators=(",", ":")).encode()) == []


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"no JSON", b'{"messageId":"', '{"messageId":"é",'.encode()])
def test_any_text_may_be_asked(text: bytes) -> None:
    assert filled(text, None) == []
