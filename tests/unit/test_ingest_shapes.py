"""Bodies of another shape or encoding than asked for: taken where they are plain, else told what they are."""

import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.body_shapes import array_of_lines
from tests.fakes.events import event, events
from tests.fakes.relay import DEAD_LETTERS, IngestBench

LONG = {"x": "y" * 400_000}


def refused(body: str | bytes, path: str = "/v1/batch", **changes: Any) -> tuple[object, str]:
    """Code and message of the 400 for ``body``, of which nothing is kept."""
    bench = IngestBench()
    answer = bench.post(body, path, **changes)
    assert (answer.status, bench.sqs.queues) == (400, {})
    return answer.body["code"], str(answer.body["message"])


# -- an event that holds events


@pytest.mark.parametrize("more", [{}, LONG], ids=["short", "long"])
@pytest.mark.parametrize("broken", ["", ',"x":NaN', ',"x":"\\ud800"'])
@pytest.mark.parametrize(
    ("own", "named"),
    [
        ({"type": "Track", "event": "Order Paid", "userId": "u"}, "event"),
        ({"event": "Order Paid"}, "event"),
        ({"properties": {"total": 5}}, "properties"),
        ({"type": "Identify", "userId": "u", "traits": {}}, "traits"),
        ({"type": "Group", "groupId": "g"}, "groupId"),
        ({"type": "Alias", "previousId": "a"}, "previousId"),
        ({"type": "Page", "anonymousId": "a"}, "type"),
        ({"type": "Screen", "userId": "u"}, "type"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_an_object_says_beside_its_list_is_not_lost_unseen(
    own: dict[str, Any], named: str, first: bool, broken: str, more: dict[str, Any]
) -> None:
    """Its type is misspelt or missing: whether it is an event or a batch is not guessed."""
    held = {"batch": [event(properties=more)]}
    text = json.dumps({**own, **held} if first else {**held, **own})[:-1] + broken + "}"
    code, message = refused(text)
    assert code == "wrong_shape"
    assert f"a member {named} beside it" in message


@pytest.mark.parametrize(
    "own",
    [
        {"type": "batch"},
        {"userId": "u"},
        {"anonymousId": "a"},
        {"writeKey": "k", "sentAt": "2026-11-23T12:27:55.411Z", "timestamp": "2026-11-23T12:27:55.411Z"},
        {"messageId": "m", "sequence": 3, "context": {"library": {"name": "x"}}, "integrations": {}},
    ],
    ids=lambda own: "_".join(own),
)
def test_what_clients_write_beside_a_list_is_taken(own: dict[str, Any]) -> None:
    bench = IngestBench()
    assert bench.post({**own, "batch": [event()]}).body == {"success": True, "accepted": 1, "rejected": []}


# -- shapes that are taken


@pytest.mark.parametrize("properties", [{}, LONG], ids=["short", "long"])
@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n \n", " \n\t", "\n\ufeff", "\n\ufeff\n", "\r\n \ufeff\t"])
@pytest.mark.parametrize("around", ["{}", "{}\n", "\ufeff{}\n\n", "\n{} ", "\n\ufeff {}\n\ufeff"])
def test_events_one_a_line_are_taken(between: str, around: str, properties: dict[str, Any]) -> None:
    bench = IngestBench()
    sent = events(3, properties=properties)

    answer = bench.post(around.replace("{}", between.join(map(json.dumps, sent))))

    assert answer.body == {"success": True, "accepted": 3, "rejected": []}
    assert sorted(bench.queued_events(), key=lambda one: str(one["messageId"])) == sent


@pytest.mark.parametrize("properties", [{}, LONG], ids=["short", "long"])
@pytest.mark.parametrize("around", ["{}", "\ufeff {}\n", "\n\ufeff{}"])
def test_a_list_with_nothing_around_it_is_taken(around: str, properties: dict[str, Any]) -> None:
    bench = IngestBench()
    sent = events(3, properties=properties)

    answer = bench.post(gzip.compress(around.replace("{}", json.dumps(sent)).encode()))

    assert answer.body == {"success": True, "accepted": 3, "rejected": []}
    assert sorted(bench.queued_events(), key=lambda one: str(one["messageId"])) == sent


@pytest.mark.parametrize("shape", ["[%s]", "%s"], ids=["list", "lines"])
@pytest.mark.parametrize("spoiled", ["", ',"x":NaN', r',"x":"\ud800"'])
@pytest.mark.parametrize("properties", [{}, LONG], ids=["short", "long"])
def test_the_same_rules_hold_and_places_are_told(shape: str, spoiled: str, properties: dict[str, Any]) -> None:
    bench = IngestBench()
    good = [json.dumps(one)[:-1] + spoiled + "}" for one in events(3, properties=properties)]
    sent = [good[0], '{"type":"bad"}', "7", *good[1:]]

    answer = bench.post(shape % ("," if shape[0] == "[" else "\n").join(sent))

    listed = answer.body["rejected"]
    assert isinstance(listed, list)
    assert [(one["index"], one["code"]) for one in listed] == [(1, "type_unknown"), (2, "event_not_object")]
    assert (answer.body["accepted"], len(bench.sqs.bodies(DEAD_LETTERS))) == (3, 2)


@pytest.mark.parametrize("body", ["[]", " [ ]\n"])
def test_an_empty_list_sends_nothing(body: str) -> None:
    assert IngestBench().post(body).body == {"success": True, "accepted": 0, "rejected": []}


def test_the_ids_made_are_those_of_the_same_events_in_a_batch() -> None:
    text = '{"type":"page","userId":"u","timestamp":"2026-11-23T12:00:00.123Z"}'
    ids = []
    for body in (f'{{"batch":[{text},{text}]}}', f"[{text},{text}]", f"{text}\n{text}"):
        bench = IngestBench()
        bench.post(body)
        ids.append([one["messageId"] for one in bench.queued_events()])

    assert ids[0] == ids[1] == ids[2]


@given(
    st.lists(
        st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=9), max_size=3), min_size=2, max_size=6
    ),
    st.sampled_from(["\n", "\r\n", "\n \n"]),
    st.booleans(),
)
def test_every_line_is_one_event(values: list[dict[str, Any]], between: str, ascii_only: bool) -> None:
    text = between.join(json.dumps(value, ensure_ascii=ascii_only) for value in values)

    assert json.loads(array_of_lines(text.encode("utf-8", "surrogatepass") if ascii_only else _utf8(text))) == values


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


# -- shapes that are told


@pytest.mark.parametrize(
    "body",
    [
        '{"a":1}\n{"b":2',
        '{"a":1}\n{"b":2},',
        '{"a":1}\n{"b":2} {"c":3}',
        '{"a":1}\n"x\n',
        '{"a":1}\n]',
        '{"a":1}\nhello',
        '{"a":1}\n{"b":\ufeff2}',
    ],
)
def test_lines_of_which_one_is_no_value_are_told_so(body: str) -> None:
    code, message = refused(body)

    assert (code, "every line" in message) == ("not_json", True)
    with pytest.raises(NotJson):
        array_of_lines(body.encode())


@pytest.mark.parametrize(
    "body",
    [
        '{"a":1}{"b":2}',
        '{"a":1},{"b":2}\n{"c":[1\n2]}',
        "hello\nworld",
        '{"a":\n1',
        "1\n2",
        "[1]\n[2]",
        '{"a":1} {"b":2}\n',
    ],
)
def test_what_are_no_lines_is_no_json(body: str) -> None:
    assert refused(body) == ("not_json", "the body is not JSON")


def test_several_batches_in_one_body_are_told_so() -> None:
    batch = json.dumps({"batch": events(1)})

    code, message = refused(batch + "\n" + batch)

    assert (code, "one batch" in message) == ("not_json", True)


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group", "alias"])
@pytest.mark.parametrize("more", [{}, {"batch": []}, {"batch": [event()]}, {"batch": 7}, {"x": "y" * 1_100_000}])
def test_one_event_posted_as_a_batch_is_told_its_route(kind: str, more: dict[str, Any]) -> None:
    code, message = refused(json.dumps(event(**more, type=kind)))

    assert (code, f"/v1/{kind}," in message) == ("wrong_shape", True)


@pytest.mark.parametrize("identity", ["userId", "anonymousId", "groupId", "previousId"])
@pytest.mark.parametrize("more", [{}, {"type": "tracks"}, {"type": None}, {"x": "y" * 1_100_000}])
def test_one_event_without_a_known_type_is_told_that_there_are_routes(identity: str, more: dict[str, Any]) -> None:
    """Whoever is the first to send one may not know that it has to have a type."""
    code, message = refused(json.dumps({identity: "u1", "event": "Paid", **more}))

    assert (code, "such as /v1/track, or to /v1/batch in a list named batch" in message) == ("wrong_shape", True)


def test_what_is_like_no_event_is_told_what_is_expected() -> None:
    assert refused('{"events":[]}') == (
        "wrong_shape", "the body has no event list: expected an object with a list named batch",
    )  # fmt: skip


def test_an_envelope_may_have_a_type_of_its_own() -> None:
    assert IngestBench().post({"type": "batch", "batch": events(1)}).body["accepted"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"batch": []},
        {"batch": events(2)},
        {"type": "batch", "batch": events(2), "sentAt": "x", "context": {}},
        {"batch": events(2), "writeKey": "k", "type": None},
        events(2),
        [],
    ],
)
@pytest.mark.parametrize("path", ["/v1/track", "/v1/alias/"])
def test_a_batch_posted_as_one_event_is_told_its_route(body: Any, path: str) -> None:
    code, message = refused(json.dumps(body), path)

    assert (code, "/v1/batch" in message) == ("wrong_shape", True)


def test_a_batch_spelled_with_escapes_is_told_its_route() -> None:
    assert "/v1/batch" in refused(r'{"b\u0061tch":[]}', "/v1/track")[1]


@pytest.mark.parametrize(
    "more", [{"type": "track", "batch": []}, {"batch": ["B1"]}, {"batch": "B1"}, {"type": "page", "batch": [1]}]
)
def test_an_event_with_a_batch_of_its_own_is_one_event(more: dict[str, Any]) -> None:
    bench = IngestBench()
    sent = event(**more)
    if "type" not in more:
        del sent["type"]

    assert bench.post(sent, "/v1/track").body["accepted"] == 1
    assert bench.queued_events() == [event(**more) | {"type": "track"}]


# -- encodings that are told

TEXT = json.dumps({"batch": events(3)})
ZSTD = b"\x28\xb5\x2f\xfd\x04\x00\x51\x00\x00" + TEXT[:10].encode()
SNAPPY_FRAMED = b"\xff\x06\x00\x00sNaPpY\x00\x1e\x00\x00" + TEXT[:20].encode()
SNAPPY_BLOCK = (
    bytes([0x80 | len(TEXT) & 0x7F, len(TEXT) >> 7, 61 << 2, *(len(TEXT) - 1).to_bytes(2, "little")]) + TEXT.encode()
)
RAW = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (ZSTD, "zstd"),
        (gzip.compress(ZSTD, mtime=0), "zstd within gzip"),
        (SNAPPY_FRAMED, "snappy"),
        (SNAPPY_BLOCK, "snappy"),
        (b"\x82SNAPPY\x00" + b"\x00" * 8, "snappy"),
        (zlib.compress(TEXT.encode()), "deflate"),
        (zlib.compress(TEXT.encode(), 1), "deflate"),
        (zlib.compress(TEXT.encode(), 0), "deflate"),
        (RAW.compress(TEXT.encode()) + RAW.flush(), "deflate"),
        (gzip.compress(gzip.compress(TEXT.encode(), mtime=0), mtime=0), "gzip within gzip"),
        (b"\x04\x22\x4d\x18\x64\x40\xa7", "lz4"),
        (b"PK\x03\x04\x14\x00\xff", "zip"),
        (b"\xfd7zXZ\x00\x00", "xz"),
        (TEXT.encode("utf-16"), "UTF-16"),
        (TEXT.encode("utf-16-le"), "UTF-16"),
        (TEXT.encode("utf-16-be"), "UTF-16"),
        (TEXT.encode("utf-32"), "UTF-32"),
        (TEXT.encode("utf-32-le"), "UTF-32"),
        (TEXT.encode("utf-32-be"), "UTF-32"),
        (gzip.compress(TEXT.encode("utf-16"), mtime=0), "UTF-16 within gzip"),
        (ZSTD.decode("utf-8", "replace"), "zstd"),
        (zlib.compress(TEXT.encode()).decode("utf-8", "replace"), "deflate"),
        (TEXT.encode("utf-16-le").decode(), "UTF-16"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track"])
def test_an_encoding_that_is_not_read_is_told(body: str | bytes, name: str, path: str) -> None:
    code, message = refused(body, path)

    assert (code, f" {name}: the relay reads" in message) == ("body_unreadable", True), message


@pytest.mark.parametrize(
    ("announced", "name"), [("br", "brotli"), ("gzip, br", "brotli"), ("BR ", "brotli"), ("zstd", "zstd")]
)
@pytest.mark.parametrize("body", [b"\x1b\x30\x01\xf8\x9d\x09\xae\x8a\x5c", "\x0b\ufffd"])
def test_an_encoding_without_a_mark_is_told_as_it_is_announced(announced: str, name: str, body: str | bytes) -> None:
    bench = IngestBench()

    answer = bench.post(body, headers={"content-encoding": announced})

    assert (answer.status, f"the body is {name}: " in str(answer.body["message"])) == (400, True)


@pytest.mark.parametrize("announced", ["br", "zstd", "deflate", "identity", "", "x" * 1_000])
def test_what_is_announced_matters_to_nothing_that_can_be_read(announced: str) -> None:
    for body in (TEXT, TEXT.encode(), gzip.compress(TEXT.encode(), mtime=0)):
        assert IngestBench().post(body, headers={"content-encoding": announced}).body["accepted"] == 3


@pytest.mark.parametrize("announced", [None, "gzip", "x-unheard-of"])
@pytest.mark.parametrize("body", [b"\xff\xfa\xf0", b'{"batch":["\xff"]}', b"f({})", b"hello", b"event=E&userId=u"])
def test_of_anything_else_it_is_said_that_it_is_no_json(body: bytes, announced: str | None) -> None:
    code, message = refused(body, headers={} if announced is None else {"content-encoding": announced})

    assert (code, message) in (("not_json", "the body is not JSON"), ("not_json", "the body is not UTF-8"))
