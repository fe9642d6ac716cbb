"""A long array is taken apart into the same events as at once, wherever it is cut."""

import json
from collections.abc import Sequence

import msgspec
import pytest

from dreamdata_relay.events import streaming
from dreamdata_relay.events.bodies import read_batch_body, read_long_batch_body
from dreamdata_relay.events.envelopes import WrongShape
from dreamdata_relay.events.streaming import LongArray

SMALL = b'{"a":1}'
NESTED = b'{"a":[' + b",".join([SMALL] * 50) + b"]}"
IN_A_STRING = b'{"a":"' + rb"},{\"b\":" * 60 + b'"}'


def split(elements: Sequence[bytes], between: bytes = b",") -> list[tuple[int, bytes]]:
    array = b"[" + between.join(elements) + b"]"
    parts = list(LongArray(msgspec.Raw(array), typed=True).parts(20_000))
    assert all(part.probes is None or len(part.probes) == len(part.raws) for part in parts)
    return [(place, bytes(raw)) for part in parts for place, raw in zip(part.places or (), part.raws, strict=True)]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_STRETCH_BYTES", 400)
    monkeypatch.setattr(streaming, "_MOST_AT_ONCE", 7)


@pytest.mark.parametrize("between", [b",", b" , ", b",\r\n\t"])
@pytest.mark.parametrize(
    "elements",
    [
        [],
        [SMALL],
        [SMALL] * 500,
        [NESTED] * 20,
        [IN_A_STRING] * 20,
        [SMALL, NESTED, SMALL, IN_A_STRING] * 20,
        [b"1", b'"},{"', b"[]", b"null", b"-1.5e3"] * 100,
        [b"[" + b",".join([b"{}"] * 2_000) + b"]", b"{}"] * 3,
        [b'{"a":"' + b"x" * 5_000 + b'"}', SMALL] * 5,
        [SMALL] * 100 + [b'{"x":[' + b",".join([NESTED] * 30) + b"]}"] + [SMALL] * 100,
    ],
)
def test_a_long_array_gives_each_event_once_at_its_place(elements: list[bytes], between: bytes) -> None:
    assert split(elements, between) == list(enumerate(elements))


def test_what_msgspec_does_not_take_is_taken_apart_by_the_slow_way() -> None:
    deep = b'{"a":' + b"[" * 40 + b"{}" + b"]" * 40 + b',"b":' + b"[[]," * 30 + b"0" + b"]" * 30 + b"}"
    elements = [SMALL, b'{"a":"\\ud800"}', IN_A_STRING, b"7", deep] * 50
    body = b'{"context":{"c":1},"batch":[' + b" , ".join(elements) + b"]}"

    long, short = read_long_batch_body(body), read_batch_body(body)

    found = [bytes(raw) for part in long.parts(20_000) for raw in part.raws]
    assert found == [bytes(raw) for raw in short.batch.raws] == elements
    assert (long.context, long.count()) == (short.context, len(elements))


@pytest.mark.parametrize("after", [b"", b',"x":"]"', rb',"x":"\ud800"'])
def test_its_events_are_not_copied_before_they_are_read(after: bytes) -> None:
    body = b'{"batch":[' + b",".join([rb'{"a":"\ud800"}'] * 500) + b"]" + after + b"}"

    long = read_long_batch_body(body).long

    assert long is not None
    assert memoryview(long.text).obj is body


@pytest.mark.parametrize("batch", [{}, "[", None, 1])
def test_a_long_body_without_a_list_has_the_wrong_shape(batch: object) -> None:
    with pytest.raises(WrongShape, match="no event list"):
        read_long_batch_body(json.dumps({"batch": batch}).encode())


def test_a_long_body_with_two_lists_has_the_wrong_shape() -> None:
    with pytest.raises(WrongShape, match="more than one member named batch"):
        read_long_batch_body(b'{"batch":[1,2],"batch":[3]}')
