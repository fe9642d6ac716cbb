"""The event table of the contract, row by row: what is queued, or which reason is answered and kept."""

import gzip
import json
import uuid
from collections.abc import Callable
from typing import Any, cast

import pytest

from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY, IngestBench

RECEIVED = "2026-11-23T12:27:55.411Z"
PAGE = '{"type":"page","userId":"u","messageId":"m","timestamp":"2026-11-23T12:00:00.000Z"}'


def queued(event: str, envelope: str = "") -> str:
    """The text of the one event in the queue after a batch of ``event``."""
    bench = IngestBench()
    answer = bench.post('{"batch":[' + event + "]" + envelope + "}")
    assert answer.body["accepted"] == 1, answer.body
    (body,) = bench.sqs.bodies(QUEUE)
    return body.removeprefix('{"batch":[').removesuffix("]}")


def refusal(event: str) -> str:
    """The reason of the one refused event, after a look at its dead letter."""
    bench = IngestBench()
    (rejected,) = cast(list[dict[str, str]], bench.post('{"batch":[' + event + "]}").body["rejected"])
    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    (attributes,) = bench.sqs.attributes(DEAD_LETTERS)
    # What is no object is read as a single event only inside of a batch.
    assert letter == (event if event[:1] == "{" else '{"batch":[' + event + "]}")
    assert attributes["source"] == "http:default"
    assert (attributes["error_code"], attributes["error_detail"]) == (rejected["code"], rejected["detail"])
    return rejected["code"]


def page(**members: Any) -> str:
    """A page event that only lacks what ``members`` lack."""
    return json.dumps({"type": "page", "userId": "u", "messageId": "m", "timestamp": RECEIVED} | members)


@pytest.mark.parametrize(
    "event",
    [
        PAGE,
        PAGE.replace(",", " ,\n\t").replace(":", " : ", 1),
        PAGE[:-1] + ',"x":[1e999,-0,1.10,123456789012345678901234567890,"\\u0000\\ud800","søn 😀","\\/"]}',
        PAGE[:-1] + ',"userId":"v"}',
        PAGE[:-1] + ',"__proto__":{"a":1},"constructor":null,"":""}',
        PAGE[:-1] + ',"anonymousId":null,"traits":null,"properties":null,"context":null,"integrations":null}',
        PAGE[:-1] + ',"sentAt":"yesterday","channel":"server","name":"","options":{},"originalTimestamp":"?"}',
        PAGE[:-1] + ',"context":{"traits":{"a":1}},"previousId":7,"groupId":8,"event":9}',
        PAGE[:-1] + ',"x":' + "[" * 500 + "]" * 500 + "}",
        PAGE[:-1] + ',"x":"NaN Infinity -Infinity \\"NaN\\""}',
        '{"type":"track","event":"E","anonymousId":"a","messageId":"m","timestamp":"2026-11-23T12:00:00Z"}',
        '{"type":"screen","anonymousId":"a","messageId":"m","timestamp":"2026-11-23T12:00:00.123456789Z"}',
        '{"type":"group","groupId":"g","messageId":"m","timestamp":"2026-11-23T12:00:00Z"}',
        '{"type":"alias","userId":"u","previousId":"p","messageId":"m","timestamp":"2026-11-23T12:00:00Z"}',
        '{"type":"identify","userId":"u","traits":{"a":1},"messageId":"m","timestamp":"2026-11-23T12:00:00Z"}',
        '{"type":"identify","userId":"u","traits":null,"context":{"traits":{}},"messageId":"m",'
        '"timestamp":"2026-11-23T12:00:00Z"}',
    ],
)
def test_an_event_with_nothing_to_change_leaves_byte_for_byte_as_it_came(event: str) -> None:
    assert queued(event) == event


@pytest.mark.parametrize("kind", [None, "", "Track", "tracks", "import", 1, [], {}, True, "type"])
def test_another_type_is_unknown(kind: Any) -> None:
    assert refusal(page(type=kind)) == "type_unknown"


def test_no_type_is_unknown() -> None:
    assert refusal('{"userId":"u"}') == "type_unknown"


@pytest.mark.parametrize("value", ["7", '"page"', "null", "[]", "true", "[[{}]]", '""'])
def test_what_is_no_object_is_no_event(value: str) -> None:
    assert refusal(value) == "event_not_object"


@pytest.mark.parametrize(
    "members",
    [
        '"type":"page"',
        '"type":"track","event":"E","userId":"","anonymousId":null',
        '"type":"identify","userId":true,"anonymousId":{}',
        '"type":"screen","userId":[]',
        '"type":"page","groupId":"g","previousId":"p"',
        '"type":"alias","userId":"u"',
        '"type":"alias","previousId":"p"',
        '"type":"alias","userId":"","previousId":"p"',
        '"type":"alias","userId":"u","previousId":null',
        '"type":"alias","anonymousId":"a","previousId":"p"',
        '"type":"group","groupId":""',
        '"type":"group"',
        '"type":"page","userId":NaN'.replace("NaN", "null"),
        '"type":"page","userId":"u","userId":""',
    ],
)
def test_nobody_to_count_it_for_is_refused(members: str) -> None:
    assert refusal("{" + members + "}") == "identity_missing"


@pytest.mark.parametrize("name", ["", "null", '""', "7", "{}"])
def test_a_track_needs_a_name(name: str) -> None:
    event = f',"event":{name}' if name else ""

    assert refusal('{"type":"track","userId":"u"' + event + "}") == "event_name_missing"


@pytest.mark.parametrize("group", ["", "null", '""', "{}", "false"])
def test_a_group_needs_its_id(group: str) -> None:
    event = f',"groupId":{group}' if group else ""

    assert refusal('{"type":"group","userId":"u"' + event + "}") == "group_id_missing"


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        *(
            (plain, plain)
            for plain in ("12345", "0", "-1", "1.50", "123456789012345678901234567890", "9007199254740993")
        ),
        ("12345678.0", "12345678"),
        ("1.2345678E7", "12345678"),
        ("1.2345678e+07", "12345678"),
        ("-0.0", "0"),
        ("1e999", "1e999"),
    ],
)
@pytest.mark.parametrize("name", ["userId", "anonymousId", "previousId", "groupId", "messageId"])
def test_a_number_as_an_id_becomes_its_digits(name: str, number: str, digits: str) -> None:
    kind = {"previousId": "alias", "groupId": "group"}.get(name, "identify")
    others = {"previousId": '"userId":"u",', "messageId": '"userId":"u",'}.get(name, "")
    event = f'{{"type":"{kind}",{others}"timestamp":"2026-11-23T12:00:00Z","{name}":{number}}}'

    assert queued(event).endswith(f'"{name}":"{digits}"}}')


@pytest.mark.parametrize("absent", ["", ',"messageId":null', ',"messageId":""', ',"messageId":{}', ',"messageId":true'])
def test_a_missing_id_is_made_and_the_same_when_the_body_comes_again(absent: str) -> None:
    event = '{"type":"page","userId":"u","timestamp":"2026-11-23T12:00:00.000Z"' + absent + "}"

    made = json.loads(queued(event))["messageId"]

    assert uuid.UUID(made).version == 5
    assert made == json.loads(queued(event))["messageId"]


def test_two_equal_events_without_ids_are_two_events() -> None:
    bench = IngestBench()
    event = {"type": "page", "userId": "u", "timestamp": RECEIVED}

    assert bench.post({"batch": [event, event]}).body["accepted"] == 2


def test_an_event_without_id_and_time_of_its_own_gets_a_random_id() -> None:
    event = '{"type":"page","userId":"u"}'

    first, second = json.loads(queued(event)), json.loads(queued(event))

    assert uuid.UUID(first["messageId"]).version == 4
    assert first["messageId"] != second["messageId"]


@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp"])
@pytest.mark.parametrize(
    "coarse", ["2026-11-23", "2026-11", "2026-11-23T12:00:00Z", "2026-11-23T12:00:00.25+01:00", "20261123T000000,000Z"]
)
def test_equal_events_of_two_requests_whose_time_cannot_tell_them_apart_are_two_events(name: str, coarse: str) -> None:
    event = json.dumps({"type": "page", "userId": "u", name: coarse})

    first, second = json.loads(queued(event)), json.loads(queued(event))

    assert first["messageId"] != second["messageId"]


@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp"])
@pytest.mark.parametrize(
    "exact", ["2026-11-23T12:00:00.000Z", "2026-11-23T12:00:00,123+01:00", "2026-11-23T00:00:00.000001Z"]
)
def test_an_event_with_an_exact_time_keeps_its_id_when_the_body_comes_again(name: str, exact: str) -> None:
    event = json.dumps({"type": "page", "userId": "u", name: exact})

    assert json.loads(queued(event))["messageId"] == json.loads(queued(event))["messageId"]


def test_a_made_id_is_the_same_for_ever() -> None:
    """Of a body that a sender sends again after an update of the relay, too."""
    event = '{"type":"page","userId":"u","timestamp":"2026-11-23T12:00:00.123Z"}'

    assert json.loads(queued(event))["messageId"] == "1c91c94b-e76b-5791-87af-1b66c7e64011"


def test_the_same_event_twice_in_one_request_is_dropped_and_counted() -> None:
    bench = IngestBench()

    answer = bench.post('{"batch":[' + ",".join([page(a=1), page(messageId="n"), page(a=1), page(a=1)]) + "]}")

    assert (answer.body["accepted"], answer.body["repeated"]) == (2, 2)
    assert [event["messageId"] for event in bench.queued_events()] == ["m", "n"]


def test_different_events_with_one_id_are_all_queued() -> None:
    bench = IngestBench()
    order = [1, 2, 1, 3, 2]

    answer = bench.post('{"batch":[' + ",".join(page(a=number) for number in order) + "]}")

    assert (answer.body["accepted"], answer.body["repeated"]) == (3, 2)
    assert [event["a"] for event in bench.queued_events()] == [1, 2, 3]


def test_events_that_become_equal_by_being_completed_are_repeats() -> None:
    bench = IngestBench()

    answer = bench.post('{"batch":[' + page() + "," + page(timestamp="2026-11-23T13:27:55.411+01:00") + "]}")

    assert (answer.body["accepted"], answer.body["repeated"]) == (1, 1)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("bad", ['{"type":"page","messageId":"m"}', '{"messageId":"m"}', page(timestamp="now")])
def test_the_id_of_a_refused_event_keeps_no_good_one_back(bad: str, before: bool) -> None:
    bench = IngestBench()
    texts = [bad, page()] if before else [page(), bad]

    answer = bench.post('{"batch":[' + ",".join(texts) + "]}")

    assert (answer.body["accepted"], "repeated" in answer.body) == (1, False)
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == 1


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-11-23T13:28:03.305+01:00", "2026-11-23T12:28:03.305Z"),
        ("2026-11-23T12:28:00.561749+00:00", "2026-11-23T12:28:00.561749Z"),
        ("2026-11-23T12:28:02+00:00", "2026-11-23T12:28:02Z"),
        ("2012-12-02T00:30:12.984123456+01:00", "2012-12-01T23:30:12.984123456Z"),
        ("2026-11-23T12:28:02", "2026-11-23T12:28:02Z"),
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("20261123T122802Z", "2026-11-23T12:28:02Z"),
        ("2026-11-23t12:28:02z", "2026-11-23T12:28:02Z"),
        ("2026-11-23 12:28:02,5-0330", "2026-11-23T15:58:02.5Z"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp"])
def test_a_timestamp_becomes_utc_with_every_digit_of_its_fraction(name: str, given: str, sent: str) -> None:
    event = json.dumps({"type": "page", "userId": "u", "messageId": "m", name: given})

    assert json.loads(queued(event))["timestamp"] == sent


@pytest.mark.parametrize("given", ["now", "1795436875", "2026-13-01", "2026-02-30T00:00:00Z", 1795436875411, {}, True])
@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp"])
def test_a_timestamp_that_is_none_is_refused(name: str, given: Any) -> None:
    assert refusal(json.dumps({"type": "page", "userId": "u", name: given})) == "timestamp_invalid"


NO_TIME = ["null", '""', '" "', '"\\u0020\\t"', "NaN"]


@pytest.mark.parametrize("blank", NO_TIME)
@pytest.mark.parametrize("more", ["", ',"messageId":"m"', ',"x":NaN'])
def test_a_blank_timestamp_leaves_the_time_to_the_original_one(blank: str, more: str) -> None:
    event = (
        f'{{"type":"page","userId":"u","timestamp":{blank},"originalTimestamp":"2026-11-23T13:00:00.5+01:00"{more}}}'
    )

    assert json.loads(queued(event), object_pairs_hook=_once)["timestamp"] == "2026-11-23T12:00:00.5Z"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize(
    "absent", ["", *(f',"{name}":{blank}' for name in ("timestamp", "originalTimestamp") for blank in NO_TIME)]
)
def test_without_any_timestamp_it_is_the_time_of_receipt(absent: str) -> None:
    assert json.loads(queued('{"type":"page","userId":"u"' + absent + "}"))["timestamp"] == RECEIVED


def test_the_timestamp_counts_before_the_original_one() -> None:
    event = page(timestamp="2026-01-01T00:00:00Z", originalTimestamp="2025-01-01T00:00:00Z")

    assert queued(event) == event


@pytest.mark.parametrize("name", ["traits", "properties", "context", "integrations"])
@pytest.mark.parametrize("value", ["[]", "[ ]", "[\n]"])
def test_an_empty_list_of_php_is_an_empty_object(name: str, value: str) -> None:
    event = PAGE[:-1] + f',"{name}":{value},"x":[]}}'

    assert queued(event) == event.replace(value, "{}", 1)


@pytest.mark.parametrize("name", ["traits", "properties", "context", "integrations"])
@pytest.mark.parametrize("value", ["[1]", '"{}"', "7", "true", "[[]]"])
def test_another_value_is_no_object(name: str, value: str) -> None:
    assert refusal(PAGE[:-1] + f',"{name}":{value}}}') == "field_not_object"


@pytest.mark.parametrize(
    ("members", "traits"),
    [
        ('"context":{"traits":{"a":1},"b":2}', {"a": 1}),
        ('"context":{"traits":[]}', {}),
        ('"context":{"traits":{"a":1},"traits":{"a":2}}', {"a": 2}),
        ('"context":{"traits":{"a":1}},"traits":{"b":1}', {"b": 1}),
        ('"context":{"traits":{"a":1}},"traits":null', None),
        ('"context":{"traits":"a"}', "absent"),
        ('"context":{}', "absent"),
        ('"context":null', "absent"),
    ],
)
def test_an_identify_without_traits_has_those_of_its_context(members: str, traits: Any) -> None:
    event = '{"type":"identify","userId":"u","messageId":"m","timestamp":"2026-11-23T12:00:00Z",' + members + "}"

    assert json.loads(queued(event)).get("traits", "absent") == traits


def test_the_traits_in_the_context_of_another_type_stay_there() -> None:
    event = page(context={"traits": {"a": 1}})

    assert queued(event) == event


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ('"x":NaN', '"x":null'),
        ('"x":[Infinity,-Infinity,NaN]', '"x":[null,null,null]'),
        ('"x":"NaN","y":{"NaN":NaN}', '"x":"NaN","y":{"NaN":null}'),
        ('"x":"\\"",":NaN":"\\\\","y":NaN', '"x":"\\"",":NaN":"\\\\","y":null'),
        ('"anonymousId":NaN', '"anonymousId":null'),
        ('"properties":Infinity', '"properties":null'),
    ],
)
def test_what_json_has_no_word_for_is_null(given: str, sent: str) -> None:
    assert queued(PAGE[:-1] + "," + given + "}") == PAGE[:-1] + "," + sent + "}"


@pytest.mark.parametrize(
    "event",
    [
        '{"writeKey":"k",' + PAGE[1:],
        PAGE[:-1] + ' , "writeKey" : "k" }',
        PAGE.replace(',"messageId"', ',"writeKey":{"a":[1]},"messageId"'),
        '{"write\\u004bey":"k","writeKey":null,' + PAGE[1:-1] + ',"writeKey":7}',
    ],
)
def test_the_key_of_a_sender_is_removed(event: str) -> None:
    sent = queued(event)

    assert json.loads(sent) == json.loads(PAGE)
    assert "write" not in sent


def test_a_refused_event_is_kept_without_the_relay_key() -> None:
    bench = IngestBench()

    bench.post({"type": "page", "writeKey": RELAY_KEY, "a": {"writeKey": "other"}}, "/v1/page")

    assert bench.sqs.bodies(DEAD_LETTERS) == ['{"type": "page","a": {"writeKey": "***"}}']


@pytest.mark.parametrize("shape", ['{"type":"page",%s}', '{"type":"page",%s,"x":NaN}'])
def test_context_and_integrations_of_the_envelope_are_merged_and_the_event_s_own_win(shape: str) -> None:
    event = shape % '"userId":"u","context":{"b":1,"c":{"d":1}},"integrations":{"All":false}'
    envelope = ',"context":{"a":9,"b":9,"c":{"e":9}},"integrations":{"All":true,"X":true},"sentAt":"s","messageId":"e"'

    sent = json.loads(queued(event, envelope))

    assert sent["context"] == {"a": 9, "b": 1, "c": {"d": 1}}
    assert sent["integrations"] == {"All": False, "X": True}
    assert sent["messageId"] != "e"


@pytest.mark.parametrize("own", ["", ',"context":null', ',"context":[]', ',"context":{}', ',"context":{ }'])
def test_an_event_without_context_takes_the_envelope_s(own: str) -> None:
    assert json.loads(queued(PAGE[:-1] + own + "}", ',"context":{"a":[1]}'))["context"] == {"a": [1]}


@pytest.mark.parametrize("shared", ["{}", "[]", "null", "7", '"x"', "[1]"])
def test_an_envelope_with_nothing_to_share_changes_nothing(shared: str) -> None:
    assert queued(PAGE, f',"context":{shared},"integrations":{shared}') == PAGE


def test_traits_in_the_context_of_the_envelope_are_those_of_an_identify() -> None:
    sent = json.loads(queued('{"type":"identify","userId":"u"}', ',"context":{"traits":{"a":1}}'))

    assert (sent["traits"], sent["context"]) == ({"a": 1}, {"traits": {"a": 1}})


def test_the_first_rule_broken_is_the_reason() -> None:
    assert refusal('{"type":"track","timestamp":"x","properties":7}') == "identity_missing"


@pytest.mark.parametrize("pack", [str, lambda text: gzip.compress(text.encode())])
@pytest.mark.parametrize("more", ["", '"x":"' + "y" * 1_200_000 + '",'])
@pytest.mark.parametrize(
    "body",
    [
        f'{{"batch":[{PAGE}],MORE"batch":[]}}',
        f'{{"batch":[],MORE"batch":[{PAGE}]}}',
        f'{{"batch":[{PAGE}],MORE"batch":[{PAGE}]}}',
        f'{{"batch":[{PAGE}],MORE"b\\u0061tch":[]}}',
        f'{{"b\\u0061tch":[{PAGE}],MORE"batch":[]}}',
        f'{{"batch":7,MORE"batch":[{PAGE}]}}',
        f'{{"batch":[{PAGE}],MORE"batch":7}}',
        f'{{"batch":[{PAGE}],MORE"x":NaN,"batch":[]}}',
        f'{{"batch":[{PAGE}],MORE"x":"\\ud800","batch":[]}}',
        f'{{ "batch" : [ {PAGE} ] , MORE "batch" : [] }}',
    ],
)
def test_a_body_with_two_batches_is_refused(body: str, more: str, pack: Callable[[str], str | bytes]) -> None:
    bench = IngestBench()

    answer = bench.post(pack(body.replace("MORE", more)))

    assert (answer.status, answer.body["code"], bench.sqs.queues) == (400, "wrong_shape", {})
    assert "batch" in str(answer.body["message"])


@pytest.mark.parametrize("name", ["context", "integrations"])
@pytest.mark.parametrize("more", ["", '"x":"' + "y" * 1_200_000 + '",'])
@pytest.mark.parametrize(
    "body",
    [
        f'{{"batch":[{PAGE}],MORE"NAME":{{"a":1}},"NAME":{{"b":2}}}}',
        f'{{"NAME":{{"a":1}},MORE"NAME":{{"b":2}},"batch":[{PAGE}]}}',
        f'{{"NAME":{{"a":1}},MORE"batch":[{PAGE}],"NAME":{{"a":1}}}}',
        f'{{"NAME":{{"a":1}},MORE"batch":[{PAGE}],"NAME":null}}',
        f'{{"NAME":{{"a":"batch"}},MORE"batch":[{PAGE}],"ESCAPED":[]}}',
        f'{{"ESCAPED":null,MORE"batch":[{PAGE}],"NAME":{{"a":"batch"}}}}',
        f'{{"NAME":{{"a":1}},MORE"batch":[{PAGE}],"x":NaN,"NAME":7}}',
        f'{{"NAME":{{"a":"\\ud800"}},MORE"batch":[{PAGE}],"NAME":{{}}}}',
        f'{{ "NAME" : {{"a":1}} , MORE "batch" : [ {PAGE} ] , "NAME" : {{"b":2}} }}',
    ],
)
def test_an_envelope_that_shares_a_member_twice_is_refused(body: str, more: str, name: str) -> None:
    """Which one is meant is not guessed, and neither is lost unseen."""
    bench = IngestBench()
    escaped = f"\\u{ord(name[0]):04x}{name[1:]}"

    answer = bench.post(body.replace("MORE", more).replace("NAME", name).replace("ESCAPED", escaped))

    assert (answer.status, answer.body["code"], bench.sqs.queues) == (400, "wrong_shape", {})
    assert f"more than one member named {name}" in str(answer.body["message"])


@pytest.mark.parametrize("more", ["", '"x":"' + "y" * 1_200_000 + '",'])
@pytest.mark.parametrize(
    ("event", "envelope"),
    [
        (PAGE[:-1] + ',"context":{},"integrations":{"context":{}}}', '"context":{"a":1},"integrations":{"a":1},'),
        (PAGE[:-1] + ',"x":"\\"context\\":{}"}', '"context":{"a":1},"integrations":{"context":{"integrations":1}},'),
        (PAGE, '"context":{"context":{},"batch":"context"},"contexts":{},"Context":{},'),
        (PAGE, '"context":{"c\\u006fntext":"\\"context\\":"},'),
    ],
)
def test_a_context_further_in_is_no_second_one(event: str, envelope: str, more: str) -> None:
    assert IngestBench().post(f'{{{envelope}{more}"batch":[{event}]}}').body["accepted"] == 1


@pytest.mark.parametrize("more", ["", '"x":"' + "y" * 1_200_000 + '",'])
@pytest.mark.parametrize(
    ("event", "envelope"),
    [
        (PAGE[:-1] + ',"batch":[]}', ""),
        (PAGE[:-1] + ',"b\\u0061tch":[1],"batch":2}', ""),
        (PAGE[:-1] + ',"x":"\\",\\"batch\\":["}', '"context":{"batch":[]},'),
        (PAGE, '"context":{"batch":[]},"integrations":{"batch":{"batch":[]}},"Batch":[],"batches":[],'),
        (PAGE, '"context":{"b\\u0061tch":"\\"batch\\":[]"},'),
    ],
)
@pytest.mark.parametrize("shape", ['{%s"batch":[%s]}', '{%s"batch" :\n[ %s ]}'])
def test_a_batch_further_in_is_no_second_one(event: str, envelope: str, more: str, shape: str) -> None:
    bench = IngestBench()

    assert bench.post(shape % (envelope + more, event)).body["accepted"] == 1


@pytest.mark.parametrize(
    "event",
    [
        '{"type":"page","userId":"u","messageId":null,"message\\u0049d":""}',
        '{"type":"page","userId":"u","message\\u0049d":null}',
        '{"type":"page","userId":"u","messageId":"m","messageId":null}',
        '{"type":"page","userId":"u","timestamp":"x","times\\u0074amp":null}',
    ],
)
def test_a_key_that_stands_twice_or_with_escapes_is_not_put_in_again(event: str) -> None:
    sent = json.loads(queued(event), object_pairs_hook=list)

    names = [name for name, _ in sent]
    assert (names.count("messageId"), names.count("timestamp")) == (1, 1)


@pytest.mark.parametrize("raw", ["\ufffe", "\uffff", "a\uffff\\\\\ufffe"])
def test_characters_that_sqs_does_not_take_are_escaped(raw: str) -> None:
    event = PAGE[:-1] + f',"x":"{raw}"}}'

    sent = queued(event)

    assert json.loads(sent) == json.loads(event)
    assert sent == event.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def test_a_lone_surrogate_of_the_lambda_event_itself_travels_as_its_escape() -> None:
    event = PAGE[:-1] + ',"x":"\ud800"}'

    assert queued(event) == event.replace("\ud800", "\\ud800")


def test_a_lone_surrogate_as_an_id_is_an_id() -> None:
    event = PAGE.replace('"m"', '"\\udfff"').replace('"u"', '"\\ud83d"')

    assert queued(event) == event
