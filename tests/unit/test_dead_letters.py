"""Dead letters: whole up to 1,000,000 bytes, a marked stub beyond, always within what SQS takes."""

import json
import re

import pytest

from dreamdata_relay.messages.dead_letters import dead_letter
from tests.fakes.relay import DEAD_LETTERS, IngestBench

ALLOWED = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


def test_a_refused_event_is_kept_as_it_came_with_its_reason() -> None:
    letter = dead_letter('{"a":1}', "type_unknown", "why", "http:default", 400)

    assert letter.body == '{"a":1}'
    assert letter.attributes == {
        "error_code": "type_unknown",
        "error_detail": "why",
        "source": "http:default",
        "status": "400",
    }


@pytest.mark.parametrize("filler", ["x", "\\n", "ø", "漢", "😀", "\\ud800", "\\u0000"])
@pytest.mark.parametrize("size", [499_000, 999_900, 1_000_100, 5_000_000])
def test_an_event_too_large_is_whole_or_a_stub_with_its_ids_and_size(filler: str, size: int) -> None:
    start, end = '{"type":"page","userId":123456789012345678901,"messageId":"\\ud800","a":"', '"}'
    count = (size - len(start) - len(end)) // len(filler.encode())
    event = start + filler * count + end
    letter = dead_letter(event, "event_too_large", "d", "s")

    if len(event.encode()) <= 1_000_000:
        assert letter.body == event
        return
    stub = json.loads(letter.body)
    assert (stub["relay_stub"], stub["bytes"], stub["eventType"]) == (True, len(event.encode()), "page")
    assert '"userId":123456789012345678901,' in letter.body
    assert (stub["messageId"], stub["head"]) == ("\ud800", event.encode()[:200_000].decode("utf-8", "ignore"))
    assert letter.size <= 1_048_576
    assert "type" not in stub


@pytest.mark.parametrize("body", ["x" * 1_000_001, "[" * 1_000_001, '"' + "x" * 1_000_000 + '"'])
def test_a_large_text_that_is_no_event_has_a_stub_too(body: str) -> None:
    stub = json.loads(dead_letter(body, "c", "d", "s").body)

    assert stub == {"relay_stub": True, "bytes": len(body), "head": body[:200_000]}


def test_a_stub_moved_back_to_the_queue_is_no_event() -> None:
    event = '{"type":"page","userId":"u","messageId":"m","a":"' + "x" * 1_100_000 + '"}'
    stub = dead_letter(event, "c", "d", "s").body

    assert IngestBench().post('{"batch":[' + stub + "]}").body["accepted"] == 0


@pytest.mark.parametrize("text", ["\x00", "\ufffe\uffff", "\ud800", "\x1f\x0b"])
def test_a_dead_letter_holds_only_what_sqs_takes(text: str) -> None:
    letter = dead_letter('{"a":"' + text + '"}', "c", text + "detail", "s")

    assert all(ALLOWED.fullmatch(value) for value in (letter.body, *letter.attributes.values()))


def test_a_detail_is_at_most_a_kilobyte() -> None:
    detail = dead_letter("{}", "c", "ø" * 5_000, "s").attributes["error_detail"]

    assert len(detail.encode()) == 1_000


def test_an_event_over_a_megabyte_in_a_request_is_kept_as_a_stub_without_the_key() -> None:
    bench = IngestBench()
    event = '{"writeKey":"relay","type":"page","userId":"u","messageId":"m","a":"' + "x" * 1_200_000 + '"}'

    answer = bench.post(event, "/v1/page")

    assert [r["code"] for r in answer.body["rejected"]] == ["event_too_large"]  # type: ignore[attr-defined]
    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    assert (json.loads(letter)["messageId"], "writeKey" in letter) == ("m", False)
