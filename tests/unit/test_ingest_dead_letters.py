"""Events refused at ingest are kept with all that they were sent with, in a form that a redrive reads as just that."""

import json
from typing import Any

import pytest

from dreamdata_relay.limits import MAX_CHUNK_BYTES, MAX_LONE_DEAD_LETTERS
from tests.fakes.events import event, eventbridge, sns
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, IngestBench, message

CONTEXT = {"ip": "1.2.3.4", "campaign": {"name": "c"}}
INTEGRATIONS = {"All": True}


def letters(body: object, path: str = "/v1/batch") -> list[str]:
    """The dead letters of a request."""
    bench = IngestBench()
    assert bench.post(body, path).status == 200
    return bench.sqs.bodies(DEAD_LETTERS)


def redriven(letter: str) -> tuple[list[Any], list[str]]:
    """What a dead letter moved back becomes: the events delivered, the dead letters."""
    bench = DeliverBench()
    assert bench.deliver([message(letter)]) == []
    return [one for payload in bench.endpoint.accepted for one in payload["batch"]], bench.sqs.bodies(DEAD_LETTERS)


@pytest.mark.parametrize(
    "shared",
    [
        {"context": CONTEXT},
        {"integrations": INTEGRATIONS},
        {"context": CONTEXT, "integrations": INTEGRATIONS},
        {"integrations": INTEGRATIONS, "context": CONTEXT, "sentAt": "x", "writeKey": "k"},
    ],
)
def test_what_the_envelope_shares_is_kept(shared: dict[str, Any]) -> None:
    bad = event(timestamp="now")

    (letter,) = letters({**shared, "batch": [event(), bad]})

    kept = {name: value for name, value in shared.items() if name in ("context", "integrations")}
    assert json.loads(letter) == {**kept, "batch": [bad]}


def test_a_mended_dead_letter_is_delivered_with_all_it_was_sent_with() -> None:
    bad = event(timestamp="now")

    (letter,) = letters({"context": CONTEXT, "integrations": INTEGRATIONS, "batch": [bad]})

    delivered, dead = redriven(letter.replace('"now"', '"2026-11-23T10:00:00.000Z"'))
    assert (delivered, dead) == ([event(context=CONTEXT, integrations=INTEGRATIONS)], [])


@pytest.mark.parametrize("body", ['{"event":"E"}', '{"type":"page","event":"E"}', '{"type":7,"event":"E"}', "{ }"])
def test_the_type_that_the_path_names_is_kept(body: str) -> None:
    (letter,) = letters(body, "/v1/track")

    assert json.loads(letter) == json.loads(body) | {"type": "track"}


@pytest.mark.parametrize("body", ['{"type":"track","event":"E"}', '{"type" : "track"}'])
def test_an_event_of_the_path_s_type_is_kept_as_it_came(body: str) -> None:
    assert letters(body, "/v1/track") == [body]


@pytest.mark.parametrize(
    "bad",
    [
        {"batch": [event("inner")]},
        {"type": "bad", "batch": [event("inner")]},
        eventbridge(event("inner")),
        sns(event("inner")),
        [event("inner")],
        json.dumps(event("inner")),
    ],
)
def test_what_an_event_holds_is_not_delivered_in_its_place(bad: Any) -> None:
    (letter,) = letters({"batch": [bad, event("good")]})

    delivered, dead = redriven(letter)
    assert delivered == []
    assert len(dead) == 1


def test_an_event_with_a_batch_of_its_own_stays_as_it_is() -> None:
    bad = json.dumps(event(batch=[event("inner")], timestamp="now"))

    assert letters('{"batch":[' + bad + "]}") == [bad]


@pytest.mark.parametrize("length", [10, 40_000])
def test_a_flood_keeps_what_is_shared_in_each_of_its_letters(length: int) -> None:
    context = {"a": "x" * length}
    bad = [{"messageId": str(number)} for number in range(1_500)]

    kept = [json.loads(letter) for letter in letters({"context": context, "batch": bad})]

    assert sorted(int(one["messageId"]) for letter in kept for one in letter["batch"]) == list(range(1_500))
    assert all(letter["context"] == context for letter in kept)
    assert len(kept) <= 10
    assert all(len(json.dumps(letter, separators=(",", ":"))) <= MAX_CHUNK_BYTES + length for letter in kept)


def test_large_events_of_a_flood_are_kept_alone() -> None:
    bad: list[Any] = [{"messageId": str(number)} for number in range(1_500)]
    bad[700] = {"messageId": "large", "x": "y" * 70_000}
    bad[800] = {"messageId": "stub", "x": "y" * 1_200_000}

    kept = [json.loads(letter) for letter in letters({"batch": bad})]

    assert bad[700] in kept
    assert [one["messageId"] for one in kept if one.get("relay_stub")] == ["stub"]
    assert sum(len(letter.get("batch", [None])) for letter in kept) == 1_500


def test_an_event_too_large_with_what_is_shared_is_kept_with_it() -> None:
    bench = IngestBench()
    large = event(properties={"p": "y" * 250_000})

    bench.post({"context": {"a": "x" * 300_000}, "batch": [large]})

    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    assert json.loads(letter) == {"context": {"a": "x" * 300_000}, "batch": [large]}
    assert bench.sqs.bodies(QUEUE) == []


def test_the_stub_of_an_event_too_large_with_what_is_shared_has_the_event_s_ids() -> None:
    (letter,) = letters({"context": {"a": "x" * 1_200_000}, "batch": [event("e-7")]})

    stub = json.loads(letter)
    assert (stub["relay_stub"], stub["messageId"], stub["eventType"]) == (True, "e-7", "track")
    assert stub["bytes"] > 1_200_000
    assert stub["head"].startswith(json.dumps(event("e-7"))[:-1])


def test_the_type_of_the_path_is_in_the_stub() -> None:
    (letter,) = letters({"userId": "u", "x": "y" * 1_200_000}, "/v1/page")

    assert json.loads(letter)["eventType"] == "page"


def test_a_key_beside_a_shared_context_is_not_kept() -> None:
    (letter,) = letters({"context": CONTEXT, "batch": [{"writeKey": "secret", "type": "bad"}]})

    assert json.loads(letter) == {"context": CONTEXT, "batch": [{"type": "bad"}]}


@pytest.mark.parametrize("size", [MAX_CHUNK_BYTES - 1, MAX_CHUNK_BYTES, MAX_CHUNK_BYTES + 1])
def test_in_a_flood_an_event_as_long_as_a_message_is_kept_once(size: int) -> None:
    """Neither with the short ones nor alone, and not twice."""
    texts = [json.dumps({"messageId": f"e{number}"}) for number in range(MAX_LONE_DEAD_LETTERS)]
    long = '{"messageId":"long","x":"%s"}'
    texts.append(long % ("y" * (size - len(long % ""))))

    kept = [json.loads(letter) for letter in letters('{"batch":[' + ",".join(texts) + "]}")]

    ids = [one["messageId"] for letter in kept for one in letter.get("batch", [letter])]
    assert sorted(ids) == sorted(["long", *(f"e{number}" for number in range(MAX_LONE_DEAD_LETTERS))])


def test_refused_events_are_listed_in_the_order_of_the_request() -> None:
    """Whatever each is refused for."""
    bad = [event(timestamp="now"), {}, event(timestamp="then"), event(type="none")]

    rejected: Any = IngestBench().post({"batch": [event(), *bad]}).body["rejected"]

    assert [one["index"] for one in rejected] == [1, 2, 3, 4]
