"""The fast way and the careful way say the same of every event, and change only what a rule names."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.errors import EventRefused
from dreamdata_relay.events.batches import Batch, read_array
from dreamdata_relay.events.bulk_refusals import refuse_in_bulk
from dreamdata_relay.events.message_ids import derived_id
from dreamdata_relay.events.normalization import Completion, complete
from dreamdata_relay.events.numeric_ids import digits_of
from dreamdata_relay.events.reading import Reading, read_events
from dreamdata_relay.events.repeats import Seen
from dreamdata_relay.events.typed_fields import Text
from tests.examples import examples

COMPLETION = Completion("2026-11-23T12:00:00.000Z", lambda text, index, own: derived_id(text, bytes([index, own])))

NAMES = [
    "type", "messageId", "userId", "anonymousId", "previousId", "groupId", "event", "timestamp", "originalTimestamp",
    "traits", "properties", "context", "integrations", "writeKey", "extra", "batch", "detail-type", "detail",
]  # fmt: skip
RAW_VALUES = st.sampled_from(
    [
        '"identify"', '"track"', '"page"', '"screen"', '"group"', '"alias"', '"other"', '""', "null", "true", "7",
        "-0.50", "1e999", "[]", "[ ]", "[1]", "{}",
        '{"traits":{"a":1}}', '{"traits":[]}', '{"traits":null,"library":{}}',
        '"2026-11-23T12:00:00.000Z"', '"2026-11-23T12:00:00+01:00"', '"2026-11-23"', '"now"', '"m-1"', '"\\u00e9"',
        "12345678.0", "-0.0", "1.2345678E7", '" "', '"24:00:00.5"', '"0001W01001"', '"2026-11-23T24:00:00.5Z"',
        '"\\ud800"', '"p\\u0061ge"', '"{\\"type\\":\\"x\\"}"', "123456789012345678901234567890",
    ]
)  # fmt: skip
LIKELY = {
    "messageId": ['"m-1"', '"m-2"', '""', "null", "7", "70e-1"],
    "timestamp": [
        '" "',
        '"\\u0020"',
        '"2026-11-23T12:00:00.000Z"',
        '"2026-11-23T12:00:00+01:00"',
        '"2026-11-23T00:00:00.000Z"',
        '"2026-11-23T12:00:00.123456Z"',
        '"2026-11-23T24:00:00.5Z"',
        '"now"',
        "null",
        '""',
    ],
    "originalTimestamp": [
        '""',
        '" "',
        '"2026-11-23T12:00:00.000Z"',
        '"2026-11-23T12:00:00+01:00"',
        '"now"',
        "null",
        "7",
    ],
    "context": ['{"traits":{"a":1}}', '{"traits":[]}', '{"traits":null}', "[]", "null", '{"library":{}}'],
    "traits": ["{}", "[]", "null", '{"a":1}'],
    "writeKey": ['"k"', "null"],
    "groupId": ['"g"', '""', "null", "7", "7.0", "7.5"],
    "userId": ['"u"', '""', "null", "7", "1.2345678E7", "-0", "1e99"],
    "previousId": ['"p"', '""', "null"],
    "event": ['"E"', '""', "null", "7"],
}
MEMBERS = st.sampled_from([*NAMES, *LIKELY, *LIKELY]).flatmap(
    lambda name: st.tuples(
        st.sampled_from([f'"{name}"'] * 3 + [f'"\\u{ord(name[0]):04x}{name[1:]}"']),
        st.sampled_from([":", " : ", ":\n"]),
        st.sampled_from(LIKELY[name]) if name in LIKELY else RAW_VALUES,
    ).map("".join)
)
SOUND = {
    "identify": ['"type":"identify"', '"userId":"u"'],
    "track": ['"type":"track"', '"userId":"u"', '"event":"E"'],
    "group": ['"type":"group"', '"groupId":"g"'],
    "alias": ['"type":"alias"', '"userId":"u"', '"previousId":"p"'],
    "page": ['"type":"page"', '"anonymousId":"a"'],
}


@st.composite
def events(draw: st.DrawFn) -> str:
    """The text of an event: often sound, with members added, changed, repeated or spelled with escapes."""
    members = list(draw(st.sampled_from([*SOUND.values(), []])))
    if draw(st.booleans()):
        members += ['"messageId":"m-1"', '"timestamp":"2026-11-23T12:00:00.000Z"']
    members += draw(st.lists(MEMBERS, max_size=4))
    space = draw(st.sampled_from(["", " ", "\n\t"]))
    return "{" + space + f"{space},{space}".join(draw(st.permutations(members))) + space + "}"


type Outcome = tuple[str, Any]


def outcomes(reading: Reading) -> list[Outcome]:
    """Each event's end, in order of the events."""
    refused = {event.index: ("refused", (str(event.code), event.detail)) for event in reading.refused}
    accepted = iter(zip(reading.events, reading.message_ids, strict=True))
    total = len(reading.events) + len(reading.refused)
    return [refused.get(i) or ("accepted", [*map(_plain, next(accepted))]) for i in range(total)]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else json.loads(bytes(value), parse_int=str, parse_float=str)


def careful(text: str, index: int) -> Outcome:
    try:
        done = complete(text.encode(), index, COMPLETION)
    except EventRefused as refused:
        return "refused", (str(refused.code), refused.detail)
    return "accepted", [_plain(done.text), done.message_id]


@settings(max_examples=examples(600), deadline=None)
@given(st.lists(events(), min_size=1, max_size=4))
def test_the_fast_way_ends_every_event_as_the_careful_way_does(texts: list[str]) -> None:
    array = ("[" + ",".join(texts) + "]").encode()
    reading = read_events(read_array(array), COMPLETION, _Unrepeating())

    assert outcomes(reading) == [careful(text, index) for index, text in enumerate(texts)]


MOMENTS = [
    "2026-11-23T12:00:00.000+00:00",
    "2026-11-23T12:00:00.5+01:00",
    "2026-11-23T12:00:00Z",
    "20261123T12Z",
    "now",
]
OWN = st.tuples(
    st.sampled_from(['"timestamp"', '"time\\u0073tamp"', '"\\u0074imestamp"']),
    st.sampled_from([":", " : ", ":\n"]),
    st.sampled_from(MOMENTS).flatmap(lambda text: st.sampled_from([text, text.replace("-", "\\u002d", 1)])),
).map(lambda parts: f'{parts[0]}{parts[1]}"{parts[2]}"')
DECOY = st.tuples(
    st.sampled_from(
        [
            '"properties":{{"timestamp":"{0}"}}', '"a":"{0}"', '"a":"timestamp"', '"a":"\\"timestamp","b":"{0}"',
            '"a":"\\\\","timestamp":"{0}"', '"a":["timestamp","{0}"]', '"a":"\\"timestamp\\":\\"{0}"', '"a":"\\u00f8"',
            '"context":{{"\\u0074imestamp":"{0}"}}',
        ]
    ),
    st.sampled_from(MOMENTS),
).map(lambda parts: parts[0].format(parts[1]))  # fmt: skip


@settings(max_examples=examples(1000), deadline=None)
@given(st.lists(st.tuples(OWN, st.lists(DECOY, max_size=2), st.randoms()), min_size=1, max_size=3))
def test_no_other_text_is_taken_for_the_events_own_timestamp(drawn: list[tuple[str, list[str], Any]]) -> None:
    texts = []
    for own, decoys, order in drawn:
        members = [*SOUND["page"], '"messageId":"m-1"', own, *decoys]
        order.shuffle(members)
        texts.append("{" + ",".join(members) + "}")
    reading = read_events(read_array(("[" + ",".join(texts) + "]").encode()), COMPLETION, _Unrepeating())

    assert outcomes(reading) == [careful(text, index) for index, text in enumerate(texts)]


class _Unrepeating(Seen):
    """Nothing counts as seen: each event is looked at by itself."""

    def select(self, message_ids: Sequence[str], texts: Iterable[Text]) -> None:
        """All are the first of their kind."""


@settings(max_examples=examples(300), deadline=None)
@given(events())
def test_an_event_alone_ends_as_it_does_among_others(text: str) -> None:
    alone = outcomes(read_events(Batch([text.encode()]), COMPLETION))
    spoiled = outcomes(read_events(read_array(f'[{text},"\\ud800"]'.encode()), COMPLETION))

    assert alone == spoiled[:1]


@settings(max_examples=examples(600), deadline=None)
@given(events())
def test_what_is_refused_at_a_glance_is_refused_so_with_care(text: str) -> None:
    for reason in refuse_in_bulk([text.encode()]).refused:
        assert careful(text, 0) == ("refused", (str(reason.code), reason.detail))


@settings(max_examples=examples(600), deadline=None)
@given(events(), st.sampled_from([None, b'{"a":[1]}', b'{"traits":{"b":2}, "library":{}}']))
def test_a_completed_event_parses_and_differs_only_where_a_rule_says_so(text: str, shared: bytes | None) -> None:
    completion = Completion(COMPLETION.received_at, COMPLETION.message_id, context=shared, integrations=shared)
    try:
        done = complete(text.encode(), 0, completion)
    except EventRefused:
        return
    given_, sent = _plain(text.encode()), _plain(done.text)
    changed = {name for name in given_ | sent if given_.get(name, _ABSENT) != sent.get(name, _ABSENT)}
    ruled = {
        "messageId", "timestamp", "userId", "anonymousId", "previousId", "groupId", "writeKey",
        "traits", "properties", "context", "integrations",
    }  # fmt: skip
    assert changed <= ruled
    assert "writeKey" not in sent
    for name in changed & {"userId", "anonymousId", "previousId", "groupId"}:
        assert sent[name] == digits_of(given_[name].encode()).decode()
    for name in changed & {"traits", "properties"}:
        assert given_.get(name, _ABSENT) in ([], _ABSENT)
    before, after = _pairs(text.encode()), _pairs(done.text)
    assert [pair for pair in after if pair[0] not in ruled] == [pair for pair in before if pair[0] not in ruled]
    if before == after:
        assert done.text == text.encode()


def _pairs(text: bytes) -> list[tuple[str, Any]]:
    """Members in order, repeated ones included; numbers are told apart from strings."""
    kind, pairs = json.loads(
        text,
        object_pairs_hook=lambda members: ("object", members),
        parse_int=_number,
        parse_float=_number,
        parse_constant=_number,
    )
    assert kind == "object"
    return list(pairs)


def _number(text: str) -> tuple[str]:
    return (text,)


_ABSENT = object()


@settings(max_examples=examples(300), deadline=None)
@given(events())
def test_reading_what_was_completed_changes_nothing_any_more(text: str) -> None:
    try:
        done = complete(text.encode(), 0, COMPLETION)
    except EventRefused:
        return
    again = read_events(Batch([done.text]), COMPLETION)

    assert [bytes(event) for event in again.events] == [done.text]
    assert again.message_ids == [done.message_id]
