"""Everything that may lie on the queue has a defined end, and its neighbours are delivered."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay import metrics
from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.events.message_ids import derived_id
from dreamdata_relay.limits import MAX_LONE_DEAD_LETTERS
from tests.fakes.events import event, eventbridge, events, sns
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, DeliverBench, message

GOOD = {"batch": [event("good")]}
BARE = {"type": "track", "userId": "u-1", "event": "Paid"}


def delivered(*bodies: Any, bench: DeliverBench | None = None) -> list[dict[str, Any]]:
    """The events delivered of messages with ``bodies``; none comes back."""
    bench = bench or DeliverBench()
    assert bench.deliver([message(body, f"m{number}") for number, body in enumerate(bodies)]) == []
    return [event for payload in bench.endpoint.accepted for event in payload["batch"]]


def refused(body: Any) -> tuple[list[str], list[dict[str, str]]]:
    """Bodies and attributes of the dead letters of a message; its neighbour is delivered."""
    bench = DeliverBench()
    assert [one["messageId"] for one in delivered(body, GOOD, bench=bench)] == ["good"]
    return bench.sqs.bodies(DEAD_LETTERS), bench.sqs.attributes(DEAD_LETTERS)


WRAPPED = [
    sns(event()),
    eventbridge(event()),
    sns(eventbridge(event())),
    eventbridge(sns(event())),
    sns(eventbridge(sns(event()))),
    eventbridge(sns(eventbridge(event()))),
    sns(sns(sns(event()))),
    sns({"batch": [event()]}),
    eventbridge({"batch": [event()]}),
    sns([event()]),
    [event()],
    event(),
    {"batch": [event()]},
    "  \n" + json.dumps(event()) + "\n",
]


@pytest.mark.parametrize("body", WRAPPED)
def test_an_event_is_found_in_whatever_it_came_in(body: Any) -> None:
    """Up to three deep, in any mixture, and unchanged."""
    assert delivered(body) == [event()]


@pytest.mark.parametrize("body", [sns(sns(sns(sns(event())))), eventbridge(sns(eventbridge(sns(event()))))])
def test_four_deep_is_refused(body: Any) -> None:
    """With its reason, and as it came."""
    bodies, attributes = refused(body)
    assert (json.loads(bodies[0]), attributes[0]["error_code"]) == (body, "wrapped_too_deep")


S3_TEST = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-23T10:00:00Z", "Bucket": "b"}
S3_RECORDS = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"object": {"key": "k"}}}]}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("hello", "message_not_json"),
        ("", "message_empty"),
        (" \n\t", "message_empty"),
        ("{", "message_not_json"),
        ('{"a":1}{', "message_not_json"),
        ("[" * 200_000, "message_not_json"),
        ("null", "message_not_event"),
        ("17", "message_not_event"),
        ('"text"', "message_not_event"),
        ({"batch": 7}, "message_not_event"),
        ({"batch": {"0": event()}}, "message_not_event"),
        (S3_TEST, "message_not_event"),
        (S3_RECORDS, "message_not_event"),
        ({}, "type_unknown"),
        ([7], "message_not_event"),
        ([{"type": "nonsense"}, 7], "message_not_event"),
        ({"batch": [7]}, "event_not_object"),
        ({"batch": []}, "message_not_event"),
        ([], "message_not_event"),
        (sns([]), "message_not_event"),
        (eventbridge({"batch": []}), "message_not_event"),
        ('{"batch":[{"type":"page","userId":"u"}],"batch":[]}', "message_not_event"),
        ('{"batch":[],"b\\u0061tch":[{"type":"page","userId":"u"}]}', "message_not_event"),
        (sns("hello"), "message_not_json"),
        (sns(""), "message_empty"),
        (sns(S3_TEST), "message_not_event"),
        (eventbridge("text"), "message_not_event"),
        (eventbridge({"order": 7}), "message_not_event"),
        ([event(timestamp="soon")], "timestamp_invalid"),
        ([event(userId=None)], "identity_missing"),
        ("x" * 1_048_000, "message_not_json"),
        (event(properties={"x": "y" * 700_000}), "event_too_large"),
    ],
)
def test_what_cannot_be_an_event_is_dead_lettered_at_once(body: Any, code: str) -> None:
    """One letter, its reason, its source; never retried."""
    bodies, attributes = refused(body)
    assert (len(bodies), attributes[0]["error_code"]) == (1, code)
    assert attributes[0]["source"] in ("queue", "sns", "eventbridge")


def test_the_good_events_of_a_message_are_delivered_beside_its_bad_ones() -> None:
    """One event's fault is its own."""
    bench = DeliverBench()
    body = [event("a"), {"type": "nonsense"}, event("b"), 7, event("c", timestamp="soon")]
    assert [one["messageId"] for one in delivered(body, bench=bench)] == ["a", "b"]
    codes = sorted(attributes["error_code"] for attributes in bench.sqs.attributes(DEAD_LETTERS))
    assert codes == ["event_not_object", "timestamp_invalid", "type_unknown"]


def test_a_second_batch_cannot_be_smuggled_past() -> None:
    """Nor can a first one be lost behind it: which one is meant is not guessed."""
    body = (
        '{"batch":[' + json.dumps(event("first")) + '],"batch":[{"type":"nonsense"},' + json.dumps(event("last")) + "]}"
    )
    bodies, (attributes,) = refused(body)
    assert (bodies, attributes["error_code"]) == ([body], "message_not_event")


def test_an_envelope_on_the_queue_shares_its_context() -> None:
    """As in a request."""
    body = {"batch": [event("a"), event("b", context={"ip": "own"})], "context": {"ip": "shared"}}
    assert [one["context"]["ip"] for one in delivered(body)] == ["shared", "own"]


LOOKALIKES = [
    event("a", batch="2026-11"),
    event("a", batch=[]),
    event("a", batch=["B1", "B2"]),
    event("a", batch=[event("inner")]),
    event("a", **{"detail-type": "x", "source": "s", "id": "i", "detail": {"type": "page", "userId": "other"}}),
    event("a", Type="Notification", TopicArn="arn", Message=json.dumps(event("inner"))),
    event("a", Records=[{"eventSource": "aws:s3"}]),
]


WRAPPERS: list[Callable[[Any], Any]] = [lambda e: e, lambda e: [e], lambda e: {"batch": [e]}, sns, eventbridge]


@pytest.mark.parametrize("lookalike", LOOKALIKES)
@pytest.mark.parametrize("wrapped", WRAPPERS)
def test_an_event_that_says_what_it_is_is_an_event(lookalike: Any, wrapped: Any) -> None:
    """Whatever other members it has, and whatever it came in."""
    assert delivered(wrapped(lookalike)) == [lookalike]


@pytest.mark.parametrize("lookalike", LOOKALIKES)
@pytest.mark.parametrize("broken", [{}, {"type": "nonsense"}, {"timestamp": "soon"}])
def test_a_dead_letter_moved_back_is_the_same_event_again(lookalike: Any, broken: Any) -> None:
    """Refused by a rule or by Dreamdata, it can be read as nothing else."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: Answer(400 if "a" in {e["messageId"] for e in payload["batch"]} else 200)
    world = QueueWorld(bench)
    world.send({"batch": [{**lookalike, **broken}, event("good")]})
    world.run(until=lambda: False)
    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    again = unwrap(message(letter, "redriven"))
    if again.refusal:
        # Named for the service that it looks like, and kept as it is.
        assert json.loads(letter) == {**lookalike, **broken}
        return
    found: list[Any] = [*again.reading.events]
    found += [refused.text for refused in again.reading.refused]
    assert [json.loads(bytes(one)) for one in found] == [{**lookalike, **broken}]


def test_an_array_of_no_event_is_kept_whole() -> None:
    """In parts nobody could tell what it was: a pointer of SQS's extended client, say."""
    pointer = ["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3BucketName": "b", "s3Key": "k"}]
    bodies, attributes = refused(pointer)
    assert json.loads(bodies[0]) == pointer
    assert "extended client" in attributes[0]["error_detail"]


@pytest.mark.parametrize("wrapped", [lambda text: text, sns, lambda text: sns(sns(text))])
def test_a_byte_order_mark_is_no_content(wrapped: Any) -> None:
    """At no level, as over HTTP."""
    assert delivered(wrapped("\ufeff" + json.dumps(event()))) == [event()]


@pytest.mark.parametrize("wrapped", [lambda text: text, sns, lambda text: sns(eventbridge(sns(text)))])
@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\ufeff", "\n \n"])
@pytest.mark.parametrize("spoiled", ["", ',"x":NaN', r',"x":"\ud800"'])
def test_events_one_a_line_are_taken(wrapped: Any, between: str, spoiled: str) -> None:
    """As over HTTP, each with an id of its own."""
    lines = [json.dumps(one)[:-1] + spoiled + "}" for one in [event("a"), BARE, BARE]]
    found = delivered(wrapped("\ufeff" + between.join(lines) + "\n"))
    assert [(one["userId"], one["event"]) for one in found] == [("u-1", "Paid")] * 3
    assert (found[0]["messageId"], len({one["messageId"] for one in found})) == ("a", 3)


@pytest.mark.parametrize("wrapped", [lambda text: text, sns])
def test_a_bad_line_is_refused_alone(wrapped: Any) -> None:
    """Each line is an event of its own."""
    bench = DeliverBench()
    text = "\n".join([json.dumps(event("a")), "7", '{"type":"page"}', json.dumps(event("b"))])
    assert [one["messageId"] for one in delivered(wrapped(text), bench=bench)] == ["a", "b"]
    letters = zip(bench.sqs.bodies(DEAD_LETTERS), bench.sqs.attributes(DEAD_LETTERS), strict=True)
    assert sorted((body, attributes["error_code"]) for body, attributes in letters) == [
        ('{"batch":[7]}', "event_not_object"),
        ('{"type":"page"}', "identity_missing"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ('{"a":1}\n{"b":2', "message_not_json", "the message is not JSON: where every line is an event"),
        ('{"batch":[]}\n{"batch":[]}', "message_not_json", "the message is not JSON: every line is an event, or"),
        ('{"level":"info"}\n{"level":"warning"}', "message_not_event", "no line of the message is an event"),
        ("hello\nworld", "message_not_json", "the message is not JSON"),
    ],
)
@pytest.mark.parametrize("wrapped", [lambda text: text, sns])
def test_lines_that_are_no_events_are_one_dead_letter(text: str, code: str, detail: str, wrapped: Any) -> None:
    """Whole, and told why."""
    body = wrapped(text)
    (letter,), (attributes,) = refused(body)
    assert letter == (body if isinstance(body, str) else json.dumps(body))
    assert attributes["error_code"] == code
    assert attributes["error_detail"].startswith(detail)


@pytest.mark.parametrize("name", ["context", "integrations"])
@pytest.mark.parametrize(
    "wrapped", [str, sns, lambda text: json.dumps(eventbridge("DETAIL")).replace('"DETAIL"', text)]
)
def test_an_envelope_that_shares_a_member_twice_is_refused(wrapped: Any, name: str) -> None:
    """As in a request: which one is meant is not guessed."""
    text = f'{{"batch":[{json.dumps(event())}],"{name}":{{"a":1}},"{name}":{{"b":2}}}}'
    bodies, (attributes,) = refused(wrapped(text))
    assert (len(bodies), attributes["error_code"]) == (1, "message_not_event")
    assert f"more than one member named {name}" in attributes["error_detail"]


@pytest.mark.parametrize("own", [{"event": "Paid"}, {"type": "Track", "userId": "u"}, {"traits": {}}])
def test_what_an_object_says_beside_what_it_holds_is_not_lost_unseen(own: dict[str, Any]) -> None:
    """One dead letter, whole: whether it is an event or a wrapper is not guessed."""
    wrappers = ({"batch": [event()]}, eventbridge(event()), sns(json.dumps(event())))
    for wrapper in wrappers:
        body = {**wrapper, **own}
        (letter,), (attributes,) = refused(body)
        assert (json.loads(letter), attributes["error_code"]) == (body, "message_not_event")
        assert "beside it" in attributes["error_detail"]


def test_what_a_context_adds_to_the_events_of_a_message_is_bounded() -> None:
    """Refused with its reason: 117 kB could become 60 MB."""
    body = {"context": {"a": "x" * 100_000}, "batch": [{"type": "page", "userId": "u"}] * 600}
    bodies, attributes = refused(body)
    assert (json.loads(bodies[0]), attributes[0]["error_code"]) == (body, "message_too_large")
    assert "bytes, over 16000000" in attributes[0]["error_detail"]


def test_a_refused_event_keeps_what_its_envelope_shared() -> None:
    """So that a redrive gives the event that was sent."""
    shared = {"ip": "1.2.3.4"}
    bad = event("a", timestamp="soon")
    bench = DeliverBench()
    body = {"context": shared, "integrations": {"All": True}, "batch": [bad, event("good")]}
    assert [one["messageId"] for one in delivered(body, bench=bench)] == ["good"]
    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    assert json.loads(letter) == {"context": shared, "integrations": {"All": True}, "batch": [bad]}


def test_a_message_larger_than_a_payload_becomes_several() -> None:
    """An array of more than one payload's worth, each event once."""
    many = events(1_000, properties={"x": "y" * 900})
    bench = DeliverBench()
    found = delivered(many, bench=bench)
    assert sorted(one["messageId"] for one in found) == sorted(one["messageId"] for one in many)
    assert len(bench.endpoint.accepted) == 3
    assert max(len(body) for body, _ in bench.endpoint.requests) <= 500_000


# -- completion


def test_a_missing_id_is_the_same_at_every_receive() -> None:
    """Made of the SQS message id and the event's place: a redelivery cannot change it."""
    ids = [
        [one["messageId"] for one in delivered([BARE, BARE, event("own")])],
        [one["messageId"] for one in delivered([BARE, BARE, event("own")])],
    ]
    assert ids[0] == ids[1] == [derived_id(b"m0", b"0"), derived_id(b"m0", b"1"), "own"]


def test_a_missing_timestamp_is_when_the_message_was_sent() -> None:
    """Not when it was received: that changes."""
    assert delivered(BARE)[0]["timestamp"] == "2026-11-23T12:27:54.000Z"


def test_a_notification_lends_its_id_and_time() -> None:
    """SNS may deliver it twice, in two messages."""
    id_, time = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "2026-11-20T09:00:00Z"
    notification = sns(BARE) | {"MessageId": id_, "Timestamp": time}
    assert delivered(notification, notification) == [BARE | {"messageId": id_, "timestamp": time}]


def test_an_eventbridge_event_lends_its_id_and_time() -> None:
    """They stand in for those of a detail that has none; a second delivery by EventBridge has the same."""
    found = delivered(eventbridge(BARE, "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "2026-11-20T09:00:00+01:00"))
    assert found[0]["messageId"] == "6a7e8feb-b491-4cf7-a9f1-bf3703467718"
    assert found[0]["timestamp"] == "2026-11-20T08:00:00Z"


def test_several_events_of_one_detail_have_ids_of_their_own() -> None:
    """Made of EventBridge's id, so that they outlive a second SQS message of the same event."""
    one, two = (unwrap(message(eventbridge([BARE, BARE]), id_)) for id_ in ("m1", "m2"))
    assert one.message_ids == two.message_ids
    assert len(set(one.message_ids)) == 2


@pytest.mark.parametrize("id_", ['a","userId":"evil', "x" * 5_000, "\ud800", "\n", 7, ""])
def test_a_strange_eventbridge_id_does_no_harm(id_: Any) -> None:
    """Anybody may write one: it is not spliced into an event as it is."""
    bench = DeliverBench()
    found = delivered(eventbridge(BARE, id_), GOOD, bench=bench)
    bare = next(one for one in found if one["messageId"] != "good")
    assert (bare["userId"], len(bare["messageId"]), len(found)) == ("u-1", 36, 2)


@pytest.mark.parametrize("time", ["soon", "", 7, None])
def test_a_strange_eventbridge_time_is_not_used(time: Any) -> None:
    """Then the message's own counts."""
    assert delivered(eventbridge(BARE, time=time))[0]["timestamp"] == "2026-11-23T12:27:54.000Z"


# -- hostile senders


@pytest.mark.parametrize("number", ["9" * 5_000, "-1", "x", "²", ""])
def test_a_strange_split_count_is_none(number: str) -> None:
    """Attributes are anybody's to write."""
    assert message(GOOD, splits=number).splits in (0, -0)


@pytest.mark.parametrize("first", ["nan", "inf", "-inf", "-1e300", "9e99", "x", "", "1_0"])
def test_a_strange_first_time_is_not_believed(first: str) -> None:
    """It would be a metric of fifty years."""
    assert message(GOOD, first_sent_at=first).first_sent_at == message(GOOD).sent_at


def test_a_long_source_leaves_room_for_the_reason() -> None:
    """The attribute is the sender's to write; the dead letter must still fit SQS."""
    bench = DeliverBench()
    body = "x" * 999_000
    assert bench.deliver([message(body, source="s" * 49_000)]) == []
    assert bench.sqs.attributes(DEAD_LETTERS)[0]["source"] == "s" * 100


@pytest.mark.parametrize("junk", ["0", "{}", '{"type":"track"}', '{"type":"nonsense","a":[1,2]}'])
def test_a_flood_of_bad_events_shares_dead_letters(junk: str) -> None:
    """A megabyte of them is some chunks, not a message each; nothing is lost, and the good one is delivered."""
    count = 1_000_000 // (len(junk) + 1)
    body = "[" + ",".join([junk] * count + [json.dumps(event("good"))]) + "]"
    bench = DeliverBench()
    assert [one["messageId"] for one in delivered(body, bench=bench)] == ["good"]
    letters = bench.sqs.bodies(DEAD_LETTERS)
    assert len(letters) < 20
    assert sum(len(json.loads(letter)["batch"]) for letter in letters) == count
    assert bench.telemetry.total(metrics.EVENTS_REFUSED) == count


def test_a_thousand_and_one_events_with_few_bad_ones_have_letters_of_their_own() -> None:
    """Only a flood shares."""
    body = [*events(1_100), {"type": "nonsense"}, 7]
    bench = DeliverBench()
    assert len(delivered(body, bench=bench)) == 1_100
    assert sorted(bench.sqs.bodies(DEAD_LETTERS)) == ['{"batch":[7]}', '{"type": "nonsense"}']


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["batch", "Type", "TopicArn", "Message", "detail-type", "source", "detail", "id", "time", "type"]
            ),
            inner | st.sampled_from(["Notification", "track", '{"batch":[{}]}', "[1]"]),
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(json_values | st.text())
def test_no_message_raises(value: Any) -> None:
    """Whatever is in it: events, refusals, or nothing."""
    body = value if isinstance(value, str) else json.dumps(value)
    unwrapped = unwrap(QueuedMessage("m1", "r1", body, sent_at=1_795_436_874.0))
    reading = unwrapped.reading
    assert unwrapped.refusal or unwrapped.whole or len(reading.events) == len(reading.message_ids)


def test_a_flood_that_breaks_a_later_rule_shares_dead_letters_by_reason() -> None:
    """What is not plain at once is read one by one, and ends the same way."""
    bad = [event(f"t{n}", timestamp="soon") for n in range(700)] + [event(f"o{n}", properties=7) for n in range(700)]
    bench = DeliverBench()
    assert [one["messageId"] for one in delivered([*bad, event("good")], bench=bench)] == ["good"]
    ends = zip(bench.sqs.bodies(DEAD_LETTERS), bench.sqs.attributes(DEAD_LETTERS), strict=True)
    found = {
        (attributes["error_code"], one["messageId"]) for body, attributes in ends for one in json.loads(body)["batch"]
    }
    assert found == {("timestamp_invalid", f"t{n}") for n in range(700)} | {
        ("field_not_object", f"o{n}") for n in range(700)
    }


def test_a_refused_event_that_came_alone_in_a_wrapper_is_kept_in_it() -> None:
    """As it came: moved back, it can be read again."""
    body = sns(event(timestamp="soon"))
    bodies, _ = refused(body)
    assert json.loads(bodies[0]) == body


_EVENTBRIDGE = '"detail-type":"t","source":"s","id":"b-1","time":"2026-11-20T08:00:00Z"'
_SNS = '"Type":"Notification","MessageId":"n-1","TopicArn":"arn:aws:sns:eu-west-1:1:t"'
_A, _B = json.dumps(event("a")), json.dumps(event("b"))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (f'{{{_EVENTBRIDGE},"detail":{_A},"detail":{_B}}}', "detail"),
        (f'{{{_EVENTBRIDGE},"detail":{_A},"d\\u0065tail":{_B}}}', "detail"),
        (f'{{{_SNS},"Message":{json.dumps(_A)},"Message":{json.dumps(_B)}}}', "Message"),
        (f'{{{_EVENTBRIDGE},"detail":{_A},"batch":[{_B}]}}', "batch or detail"),
        (f'{{{_SNS},"Message":{json.dumps(_A)},"batch":[{_B}]}}', "batch or Message"),
        (f'{{{_EVENTBRIDGE},"detail":{_A},{_SNS},"Message":{json.dumps(_B)}}}', "Message or detail"),
        (f'{{"batch":[{_A}],"b\\u0061tch":[{_B}]}}', "batch"),
    ],
)
def test_an_object_that_holds_events_twice_is_kept_whole(body: str, named: str) -> None:
    """Every reader takes one of the two and says nothing of the other."""
    bodies, attributes = refused(body)
    assert [json.loads(one) for one in bodies] == [json.loads(body)]
    assert bodies[0].count('\\"messageId\\"') + bodies[0].count('"messageId"') >= 2
    assert attributes[0]["error_code"] == "message_not_event"
    assert named in attributes[0]["error_detail"]


@pytest.mark.parametrize("letters", ["detail", "Message", "batch"])
def test_an_event_may_have_members_named_like_a_wrappers(letters: str) -> None:
    """Where they stand is what counts."""
    inner, other = event("a", properties={letters: {letters: "ø\u2028"}}), event("b", properties={letters: letters})
    found = delivered(eventbridge(inner), sns(other))
    assert sorted(found, key=lambda one: str(one["messageId"])) == [inner, other]


def test_an_id_is_made_of_an_events_place_also_where_a_flood_before_it_is_refused_at_a_glance() -> None:
    """The message comes again and other events of it are refused by then, or read in another way: the id stays."""
    many: list[dict[str, Any]] = [{"type": "nothing"}] * MAX_LONE_DEAD_LETTERS
    unwrapped = unwrap(message({"batch": [*many, BARE, {"type": "nothing"}, BARE]}, "m1"))
    places = (len(many), len(many) + 2)
    assert unwrapped.message_ids == [derived_id(b"m1", str(place).encode()) for place in places]
