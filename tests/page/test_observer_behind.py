"""More passes between two looks than is read at once: no event is lost from view by that, and none is told twice."""

import json
from pathlib import Path

import pytest

from local.front.record import NAME
from local.line_file import LineFile
from local.page import looks, tail
from local.page.entries import LOST_AFTER_S
from local.page.model import Model
from local.page.observations import Behind, Came, QueueLook
from local.page.observer import Observer
from tests.page.fake_stack import FakeStack, Now
from tests.page.requests import record
from tests.page.sightings import START, mode, place, received, rows_of, seen
from tests.page.sightings import contents as contents_named


def event(name: str) -> dict[str, str]:
    return {"type": "identify", "userId": "u", "messageId": name, "timestamp": "2020-01-01T00:00:00.000Z"}


def test_what_was_delivered_long_before_the_look_is_not_lost_from_view(
    stack: FakeStack, observer: Observer, now: Now, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_AT_ONCE", 3)
    monkeypatch.setattr(tail, "_MOST_BYTES", 2_000)
    observer.look()
    names = [f"m-{number}" for number in range(20)]
    requests = LineFile(tmp_path / NAME)
    for name in names:
        requests.add(record("/v1/batch", json.dumps({"batch": [event(name)]}).encode()))
    stack.deliver(*names)
    # The requests are of another year: of all of them the page hears too late.
    now.seconds += 100_000_000
    observer.look()

    rows = observer.changes(-1, 0)[2]
    assert {row.message_id: row.state for row in rows} == dict.fromkeys(names, "delivered")
    # As it came is read before as it left.
    assert {row.way for row in rows} == {"http"}
    assert observer.overview().forgotten == 0


def test_an_event_is_not_lost_while_what_dreamdata_received_is_not_read_to_its_end() -> None:
    model = Model()
    late = START + 1 + LOST_AFTER_S
    model.take([Behind(START), Came(START, (seen("came", b""),))])
    model.take([QueueLook(START, (place("q", 0, START, contents_named("queued")),))])
    model.take([QueueLook(late, ())])
    model.take([QueueLook(late + LOST_AFTER_S + 1, ())])

    assert {mode(row)[0] for row in rows_of(model)} == {"queued"}
    model.take([received("came", START + 1)])
    model.take([Behind(None)])
    assert sorted(mode(row)[0] for row in rows_of(model)) == ["delivered", "lost"]
