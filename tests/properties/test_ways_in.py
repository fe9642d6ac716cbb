"""The same text ends the same way over HTTP, on the queue and in an SNS notification, but for what docs/ say."""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.events.batches import read_array
from dreamdata_relay.events.rules import NO_EVENT
from tests.examples import examples
from tests.fakes.events import event, sns
from tests.fakes.relay import IngestBench, message
from tests.properties.test_reading import events

_MADE = "made"
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

JUNK = st.sampled_from(["7", "null", '"a"', "[]", "{}", '{"type":"nonsense"}', "NaN", r'"\ud800"', "x", '{"a":1', ""])
ELEMENTS = st.one_of(events(), events(), events(), JUNK)
SPACE = st.sampled_from(["", "", "", " ", "\n", "\r\n", "\ufeff", " \ufeff ", "\ufeff\ufeff", "\n\ufeff\n"])
SHARED = st.sampled_from(
    [
        '"context":{"a":1}', '"context":{"traits":{"b":2}}', '"context":[]', '"context":null',
        '"integrations":{"All":true}', '"sentAt":"x"', '"type":"batch"', '"type":null', '"type":"page"',
        '"writeKey":"k"', '"messageId":"e"', '"userId":"u"',
        '"x":NaN', r'"x":"\ud800"', r'"c\u006fntext":{"c":3}', '"batch":[]', r'"b\u0061tch":[]', '"batch":7',
    ]
)  # fmt: skip


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A batch, an array, or lines; often with something odd in it."""
    elements = draw(st.lists(ELEMENTS, min_size=0, max_size=4))
    shape = draw(st.sampled_from(["batch", "array", "lines", "raw"]))
    if shape == "batch":
        members = [*draw(st.lists(SHARED, max_size=2)), f'"batch":[{",".join(elements)}]']
        text = "{" + draw(st.sampled_from([",", ", "])).join(draw(st.permutations(members))) + "}"
    elif shape == "array":
        text = "[" + draw(st.sampled_from([",", ", "])).join(elements) + "]"
    else:
        text = draw(st.sampled_from(["\n", "\r\n", "\n\ufeff", "\n \n"]) if shape == "lines" else SPACE).join(elements)
    return draw(SPACE) + text + draw(SPACE)


class Taken(NamedTuple):
    """The events accepted, without ids and times that were made; and the refused by place, code and detail."""

    accepted: list[Any]
    refused: list[tuple[int, str, str]]


class Whole(NamedTuple):
    """A text that was refused as a whole."""

    code: str
    detail: str


def over_http(text: str) -> Taken | Whole:
    bench = IngestBench()
    answer = bench.post(text)
    if answer.status != 200:
        return Whole(str(answer.body["code"]), str(answer.body["message"]))
    rejected = cast(list[dict[str, Any]], answer.body["rejected"])
    return Taken(
        [_as_given(one) for one in bench.queued_events()],
        [(one["index"], one["code"], one["detail"]) for one in rejected],
    )


def on_the_queue(body: Any) -> Taken | Whole:
    found = unwrap(message(body, _MADE))
    if found.refusal:
        return Whole(found.refusal.code, found.refusal.detail)
    events_ = found.reading.events if found.whole is None else read_array(b"[" + found.whole + b"]").raws
    return Taken(
        [_as_given(json.loads(bytes(one))) for one in events_],
        [(one.index, one.code, one.detail) for one in found.reading.refused],
    )


def _as_given(event: Any) -> Any:
    if event["messageId"] == _MADE or _UUID.fullmatch(event["messageId"]):
        del event["messageId"]
    # A second of the clock of these tests.
    if event["timestamp"].startswith("2026-11-23T12:27:5"):
        del event["timestamp"]
    return event


def in_a_notification(text: str) -> dict[str, Any]:
    return sns(text) | {"MessageId": _MADE}


@settings(max_examples=examples(1_500), deadline=None)
@given(texts(), st.sampled_from([str, in_a_notification]))
# Their first bytes are those of a Snappy block, too.
@example('\ufeff7 {"type":"identify","userId":"u"}', str)
@example('7 {"type":"identify","userId":"u"}\ufeff', str)
@example('7 {"type":"identify","userId":"Østergård"} ', str)
def test_a_text_has_one_end_by_every_way_in(text: str, way: Callable[[str], Any]) -> None:
    """What docs/delivery.md excepts is looked at by itself."""
    http, queue = over_http(text), on_the_queue(way(text))
    if isinstance(http, Taken) and isinstance(queue, Taken):
        assert http == queue
    elif isinstance(http, Whole) and isinstance(queue, Whole):
        assert (http.code == "not_json") == (queue.code in ("message_not_json", "message_empty"))
        if queue.code == "message_not_json":
            assert http.detail.removeprefix("the body is ") == queue.detail.removeprefix("the message is ")
    elif isinstance(http, Taken):
        # Nothing in it is like an event: the message is kept whole.
        assert http.accepted == []
        assert {code for _, code, _ in http.refused} <= NO_EVENT
    else:
        # One event by itself, to which the batch's route says where it belongs.
        assert http.code == "wrong_shape"
        assert over_http(f"[{text.strip(' \r\n\ufeff')}]") == queue


@pytest.mark.parametrize("way", [str, in_a_notification])
@pytest.mark.parametrize(
    "text",
    [
        '\ufeff{"batch":[EVENT]}',
        " \ufeff [EVENT]",
        "EVENT\n\ufeffEVENT2\n",
        '{"batch":[EVENT,EVENT2],"context":{"a":1}}',
    ],
)
def test_these_are_taken(text: str, way: Callable[[str], Any]) -> None:
    """So that the above is not about refusals only."""
    text = text.replace("EVENT2", json.dumps(event("e2"))).replace("EVENT", json.dumps(event("e1")))
    http = over_http(text)
    assert isinstance(http, Taken)
    assert len(http.accepted) == text.count('"messageId"')
    assert on_the_queue(way(text)) == http
