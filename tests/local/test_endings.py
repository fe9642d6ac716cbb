"""A sample that does not end as its file says is found out, whatever is wrong."""

from dataclasses import replace
from typing import Any

import pytest

from local.endings import Ending
from local.sandbox_client import ReceivedEvent
from local.stack import QueuedMessage
from local.ways_in import Answer
from relay_cli.samples import FreshSample, Message, Sample

SENT = '{"messageId":"m-1"}'
SAMPLE = Sample("s", "t", "http", "f", status=200, delivered=1, dead=("type_unknown",), as_sent=True)
ANSWER = Answer(200, {"accepted": 1, "rejected": [{"code": "type_unknown"}]})


def event(raw: str = SENT) -> ReceivedEvent:
    return ReceivedEvent(None, raw, "m-1", "p-1", 0, "")


def letter(code: str = "type_unknown") -> QueuedMessage:
    return QueuedMessage("q-1", "{}", {"error_code": code}, 0, 0)


def ending(**changes: Any) -> Ending:
    sample = changes.pop("sample", SAMPLE)
    values = {"answer": ANSWER, "events": [event()], "letters": [letter()], **changes}
    return Ending(FreshSample(sample, frozenset(), (Message(SENT, {}),)), **values)


def test_all_as_told_is_no_problem() -> None:
    assert ending().problems() == []
    assert ending().is_over()


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({"answer": Answer(503, {"code": "x"})}, "answered 503"),
        ({"answer": None}, "answered None"),
        ({"sample": replace(SAMPLE, code="not_json")}, "not not_json"),
        ({"answer": Answer(200, {"accepted": 2, "rejected": []})}, "another number"),
        ({"events": []}, "0 delivered"),
        ({"events": [event(), event()]}, "2 delivered"),
        ({"events": [event('{"messageId": "m-1"}')]}, "not the bytes"),
        ({"letters": []}, "dead letters"),
        ({"letters": [letter("identity_missing")]}, "identity_missing"),
        ({"letters": [letter(), letter()]}, "dead letters"),
    ],
)
def test_anything_else_is(changes: dict[str, Any], about: str) -> None:
    assert any(about in problem for problem in ending(**changes).problems())


@pytest.mark.parametrize("missing", ["events", "letters"])
def test_it_is_not_over_while_something_is_missing(missing: str) -> None:
    assert not ending(**{missing: []}).is_over()
