"""A request that has shown no key yet: what is done for it is counted, so that no clock can make these tests fail."""

import base64
import gzip
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.events import body_keys, chunks, json_editing, json_repair
from dreamdata_relay.ingest import requests, service
from tests.fakes.aws import FakeSecrets
from tests.fakes.relay import QUEUE, RELAY_KEY, IngestBench, http_event

MB = 1_000_000
KIB = 1_024
EVENT = '{"type":"page","userId":"u","messageId":"%d","timestamp":"2026-11-23T12:00:00.000Z","p":%s}'
# Nothing like it is in a body twice, so it does not compress.
NOISE = base64.b64encode(random.Random(1).randbytes(3 * MB)).decode()  # noqa: S311  # the same at every run


@dataclass
class Work:
    """What was done until the answer: bytes inflated and decoded, strict reads and their bytes, and repairs."""

    inflated: int = 0
    members: int = 0
    decoded: int = 0
    reads: int = 0
    read: int = 0
    repairs: int = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Every step that may cost more than a glance, counted."""
    done = Work()

    class Inflater:
        def __init__(self, window: int) -> None:
            self._inflater = zlib.decompressobj(window)
            done.members += 1

        def decompress(self, data: bytes, room: int) -> bytes:
            piece = self._inflater.decompress(data, room)
            done.inflated += len(piece)
            return piece

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inflater, name)

    class Keyed:
        def decode(self, body: bytes) -> Any:
            done.reads += 1
            done.read += len(body)
            return strict.decode(body)

    class Base64:
        @staticmethod
        def b64decode(text: str) -> bytes:
            done.decoded += len(text)
            return base64.b64decode(text)

    strict = body_keys._KEYED
    monkeypatch.setattr(requests, "zlib", type("Zlib", (), {"decompressobj": Inflater, "error": zlib.error}))
    monkeypatch.setattr(requests, "base64", Base64)
    monkeypatch.setattr(body_keys, "_KEYED", Keyed())

    def repairing(module: Any, name: str) -> None:
        real = getattr(module, name)

        def repair(text: Any) -> Any:
            done.repairs += 1
            return real(text)

        monkeypatch.setattr(module, name, repair)

    editing = ((json_editing, name) for name in ("readable", "check", "split_object", "split_array"))
    for module, name in ((json_repair, "without_constants"), (json_repair, "readable"), *editing):
        repairing(module, name)
    for module in (chunks, service):
        repairing(module, "without_non_characters")
    repairing(chunks, "utf8_of")
    repairing(requests, "utf8_of")
    return done


def packed(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


# Made when they are asked for: compressing takes a second.
STRANGERS: dict[str, Callable[[], str | bytes]] = {
    "deep, then zeros, in gzip": lambda: packed('{"a":' + "[" * 20_000 + "0," * (2 * MB)),
    "a lone surrogate as a key and very many members": lambda: packed('{"\\ud800":0,' + '"a":0,' * 900_000 + '"b":0}'),
    "characters that are none": lambda: "￿" * (1900 * 1000 // 3),
    "the same in gzip": lambda: packed("￿" * (2 * MB)),
    "200,000 members of gzip": lambda: gzip.compress(b"", mtime=0) * 200_000,
    "two members": lambda: packed('{"batch":[]') + packed(',"writeKey":"x"}'),
    "a bomb": lambda: packed(" " * (40 * MB)),
    "gzip that is not": lambda: b"\x1f\x8b\x08" + b"\0" * MB,
    "large gzip": lambda: gzip.compress(NOISE[: 2 * MB].encode()),
    "six megabytes": lambda: " " * (6 * MB),
    "six megabytes in base64": lambda: b" " * (4 * MB),
    "NaN and an open string": lambda: '{"batch":[NaN,"' + '\\"' * 900_000,
    "brackets": lambda: "[" * (2 * MB),
    "a key of megabytes": lambda: '{"writeKey":"' + "\\u0041" * 300_000 + '"}',
    "the same beside NaN": lambda: '{"a":NaN,"writeKey":"' + "\\u0041" * 300_000 + '"}',
    "lone surrogates": lambda: '{"a":"' + "\ud800" * 300_000 + '"}',
}


@pytest.mark.parametrize("name", STRANGERS)
def test_for_a_stranger_a_body_is_read_once_within_bounds_and_never_repaired(work: Work, name: str) -> None:
    bench = IngestBench()

    answer = bench.post(STRANGERS[name](), key=None)

    assert (answer.status, answer.body["code"]) == (401, "unauthorized")
    assert work.inflated <= 512 * KIB + 1
    assert work.members <= 1
    assert work.decoded <= 4 * (2 * 1024 * KIB // 3 + 1)
    assert (work.reads, work.repairs) == (1, 0)
    assert work.read <= 2 * 1024 * KIB


@pytest.mark.parametrize("header", ["", "Basic", "Basic ", "Basic Og==", "Basic %%%", "Bearer x", "x" * 9_000])
def test_with_a_header_that_shows_no_key_the_body_is_not_looked_at(work: Work, header: str) -> None:
    event = http_event(packed(json.dumps({"writeKey": RELAY_KEY, "batch": []}))) | {
        "headers": {"Authorization": header}
    }

    answer = IngestBench().intake.answer(event, 15.0)

    assert (answer.status, work) == (401, Work())


def test_a_wrong_key_in_the_header_is_told_before_the_body_is_looked_at(work: Work) -> None:
    assert (IngestBench().post(STRANGERS["a bomb"](), key="wrong").status, work) == (401, Work())


def test_a_key_that_is_far_too_long_is_not_decoded() -> None:
    for body in ('{"writeKey":"%s"}', '{"a":NaN,"writeKey":"%s"}'):
        assert body_keys.keys_in((body % ("k" * 1_023)).encode()) == []
        assert body_keys.keys_in((body % ("k" * 1_022)).encode()) == ["k" * 1_022]


@pytest.mark.parametrize(("length", "status"), [(1_022, 200), (1_023, 401)])
@pytest.mark.parametrize("body", ['{"writeKey":"%s","batch":[]}', '{"a":NaN,"writeKey":"%s","batch":[]}'])
def test_a_key_in_the_body_may_take_a_kilobyte_with_its_quotes(body: str, length: int, status: int) -> None:
    key = "k" * length
    bench = IngestBench(secrets=FakeSecrets(json.dumps({"default": key})))

    assert bench.post(body % key, key=None).status == status


def client_body(size: int, value: str) -> str:
    """A batch without a header: events of some 800 bytes, ``value`` in one of them, the key at the end."""
    events = [EVENT % (number, f'"{NOISE[number * 700 : number * 700 + 700]}"') for number in range(size // 800)]
    events[-1] = EVENT % (9_999_999, value)
    return '{"batch":[' + ",".join(events) + '],"sentAt":"2026-11-23T12:00:00Z","writeKey":"' + RELAY_KEY + '"}'


@pytest.mark.parametrize("value", ["1", "NaN", "-Infinity", '"\\ud800"', '"￿"', '"\\u0000"'])
@pytest.mark.parametrize(("size", "zipped"), [(1_100_000, False), (512_000, False), (475_000, False), (80_000, True)])
def test_what_real_clients_send_without_a_header_is_taken_whole(value: str, size: int, zipped: bool) -> None:
    """Sizes as seen: Segment's Node client 1.1 MB, Java 512 kB, Python 475 kB; gzip by Python, as an option."""
    body = client_body(size, value)
    bench = IngestBench()

    answer = bench.post(packed(body) if zipped else body, key=None)

    assert (answer.status, answer.body["accepted"]) == (200, size // 800)
    assert RELAY_KEY not in str(bench.sqs.queues)


def test_the_largest_batch_of_segments_python_client_is_taken_in_gzip() -> None:
    """Its events share most of their text; these compress worse than any real ones."""
    events = [
        EVENT % (number, '"%s"' % (NOISE[number * 150 : number * 150 + 150] + "x" * 550)) for number in range(620)
    ]
    body = '{"batch":[' + ",".join(events) + '],"writeKey":"' + RELAY_KEY + '"}'
    assert (len(body) > 475_000, len(packed(body)) > 70_000) == (True, True)

    assert IngestBench().post(packed(body), key=None).body["accepted"] == 620


@pytest.mark.parametrize(
    "body",
    [
        '{"writeKey":"%s","batch":[{"type":"page","userId":"u"}]}',
        '\ufeff{"writeKey" : "%s","batch":[{"type":"page","userId":"u"}]}',
        '{"wr\\u0069teKey":"%s","batch":[{"type":"page","userId":"u"}]}',
        '{"writeKey":"%s","batch":[{"type":"page","userId":"u","p":NaN,"writeKey":"another"}]}',
        '{"writeKey":"first","batch":[{"type":"page","userId":"u","p":NaN}],"writeKey":"%s"}',
    ],
)
def test_the_key_is_found_wherever_it_stands(body: str) -> None:
    assert IngestBench().post(body % RELAY_KEY, key=None).status == 200


@pytest.mark.parametrize(
    "body",
    [
        '{"writeKey":"%s","writeKey":"wrong","batch":[]}',
        '{"batch":[{"writeKey":"%s"}]}',
        '{"a":"\\"writeKey\\":\\"%s\\"","b":NaN,"batch":[]}',
        '{"writeKey":["%s"],"a":NaN}',
    ],
)
def test_a_key_that_is_not_the_body_s_is_none(body: str) -> None:
    assert IngestBench().post(body % RELAY_KEY, key=None).status == 401


def test_a_larger_body_is_read_where_the_key_is_in_the_header() -> None:
    body = client_body(3 * MB, "1")

    assert [IngestBench().post(body, key=key).status for key in (RELAY_KEY, None)] == [200, 401]


def test_what_is_refused_for_a_key_is_counted_by_itself_and_never_by_a_key_s_name() -> None:
    bench = IngestBench()
    bench.post("{}", key=None)
    bench.post("{}", key="wrong")
    bench.post("nonsense")

    assert bench.telemetry.total(metrics.REQUESTS_UNAUTHORIZED) == 2
    assert bench.telemetry.total(metrics.REQUESTS_REFUSED) == 3
    assert bench.telemetry.labels == [{"key": "default"}]
    assert bench.sqs.bodies(QUEUE) == []


@pytest.mark.parametrize("members", [1, 999, 1_000, 1_001, 200_000])
def test_a_gzip_body_of_a_known_sender_may_have_a_thousand_members(work: Work, members: int) -> None:
    body = gzip.compress(b"", mtime=0) * (members - 1) + packed('{"batch":[]}')

    answer = IngestBench().post(body)

    assert (answer.status, work.members) == ((200, members) if members <= 1_000 else (400, 1_000))


def test_gzip_that_fits_packed_but_not_unpacked_is_not_read_further() -> None:
    body = json.dumps({"batch": [], "writeKey": RELAY_KEY})

    assert IngestBench().post(packed(body.ljust(512 * KIB)), key=None).status == 200
    assert IngestBench().post(packed(body.ljust(512 * KIB + 1)), key=None).status == 401


@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 401)])
def test_gzip_is_read_for_its_key_up_to_128_kb_packed(more: int, status: int) -> None:
    body = packed(json.dumps({"batch": [], "writeKey": RELAY_KEY}))

    # What follows the member is padding, and not read.
    assert IngestBench().post(body.ljust(128 * KIB + more, b"\0"), key=None).status == status


@pytest.mark.parametrize("in_base64", [False, True])
@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 401)])
def test_other_bodies_are_read_for_their_key_up_to_2_mb(more: int, status: int, in_base64: bool) -> None:
    body = json.dumps({"batch": [], "writeKey": RELAY_KEY}).ljust(2 * 1024 * KIB + more)

    assert IngestBench().post(body.encode() if in_base64 else body, key=None).status == status


@pytest.mark.parametrize(("size", "status"), [(16_384, 200), (16_385, 401)])
def test_only_a_small_body_is_repaired_for_its_key_and_once(work: Work, size: int, status: int) -> None:
    body = '{"a":NaN,"batch":[],"write\\u004bey":"' + RELAY_KEY + '"}'

    assert IngestBench().post(body.ljust(size), key=None).status == status
    assert work.reads == (2 if status == 200 else 1)
