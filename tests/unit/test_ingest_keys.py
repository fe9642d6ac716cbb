"""Relay keys: several at once, remembered for a bounded time, compared in constant time, safe in an outage."""

import hmac
import json

import pytest

from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY, IngestBench, http_event

BODY = json.dumps({"batch": [{"type": "page", "userId": "u"}]})


class Door:
    """An ingest function whose secret can be changed."""

    def __init__(self, **keys: str) -> None:
        self.bench = IngestBench()
        self.put(**keys)

    def put(self, **keys: str) -> None:
        self.bench.secrets.text = json.dumps(keys)

    def status(self, key: str) -> int:
        return self.bench.intake.answer(http_event(BODY, key=key), 15.0).status


def test_every_named_key_opens_and_its_name_is_the_source() -> None:
    door = Door(first="k1", second="k2")

    assert [door.status(key) for key in ("k1", "k2", "k3", "first", "")] == [200, 200, 401, 401, 401]
    assert [a["source"] for a in door.bench.sqs.attributes(QUEUE)] == ["http:first", "http:second"]


def test_a_secret_is_not_fetched_for_each_request() -> None:
    door = Door(a="k1")

    for _ in range(100):
        door.status("k1")

    assert door.bench.secrets.fetches == 1


def test_a_new_key_works_at_once() -> None:
    door = Door(a="k1")
    door.status("k1")
    door.put(a="k1", b="k2")

    assert door.status("k2") == 200


def test_a_removed_key_stops_within_five_minutes_though_nobody_else_calls() -> None:
    door = Door(a="k1")
    door.status("k1")
    door.put(b="k2")
    door.bench.clock.advance(299)

    assert door.status("k1") == 401


def test_a_removed_key_stops_as_soon_as_an_unknown_one_is_shown() -> None:
    door = Door(a="k1")
    door.status("k1")
    door.put(b="k2")
    door.status("unknown")

    assert door.status("k1") == 401


def test_unknown_keys_make_the_secret_fetched_once_in_thirty_seconds() -> None:
    door = Door(a="k1")
    for _ in range(299):
        door.status("unknown")
        door.bench.clock.advance(1)

    assert door.bench.secrets.fetches <= 1 + 299 / 30 + 1


def test_a_clock_turned_back_makes_no_key_immortal() -> None:
    door = Door(a="k1")
    door.status("k1")
    door.put(b="k2")
    door.bench.clock.advance(-3600)

    assert door.status("k1") == 401


def test_keys_outlive_an_outage_of_secrets_manager() -> None:
    door = Door(a="k1")
    door.status("k1")
    door.bench.secrets.down = True
    door.bench.clock.advance(3600)

    assert (door.status("k1"), door.status("unknown")) == (200, 401)


def test_in_an_outage_secrets_manager_is_asked_twice_a_minute_at_most() -> None:
    door = Door(a="k1")
    door.status("k1")
    door.bench.secrets.down = True
    door.bench.clock.advance(600)
    before = door.bench.secrets.fetches
    for _ in range(120):
        door.status("k1")
        door.status("unknown")
        door.bench.clock.advance(0.5)

    assert door.bench.secrets.fetches - before <= 3


def test_without_any_keys_the_answer_is_503_and_recovers_within_two_seconds() -> None:
    door = Door(a="k1")
    door.bench.secrets.down = True
    answer = door.bench.intake.answer(http_event(BODY, key="k1"), 15.0)
    door.bench.secrets.down = False
    door.bench.clock.advance(2)

    assert (answer.status, answer.body["code"], door.status("k1")) == (503, "keys_unavailable", 200)


@pytest.mark.parametrize("secret", ["", "not json", "[]", '"k1"', "null"])
def test_a_malformed_secret_is_503_and_opens_to_nobody(secret: str) -> None:
    door = Door()
    door.bench.secrets.text = secret

    assert [door.status(key) for key in ("k1", "not json")] == [503, 503]


@pytest.mark.parametrize("secret", ["{}", '{"a":""}', '{"a":null}', '{"a":["k1"]}'])
def test_no_usable_key_opens_to_nobody(secret: str) -> None:
    door = Door()
    door.bench.secrets.text = secret

    assert [door.status(key) for key in ("k1", "null", "None")] == [401, 401, 401]


@pytest.mark.parametrize(
    ("name", "shown"), [("", "unnamed"), (" ", "unnamed"), ("søn\n", "s?n?"), ("x" * 900, "x" * 100), ("\ud800", "?")]
)
def test_any_name_of_a_key_can_be_a_metric_s_and_a_message_s(name: str, shown: str) -> None:
    door = Door(**{name: "k1"})

    assert door.status("k1") == 200
    assert door.bench.telemetry.labels == [{"key": shown}]
    assert door.bench.sqs.attributes(QUEUE) == [{"source": f"http:{shown}"}]


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    digest = hmac.compare_digest

    def spy(valid: bytes, shown: bytes) -> bool:
        compared.append((valid, shown))
        return digest(valid, shown)

    monkeypatch.setattr(hmac, "compare_digest", spy)

    Door(a="k1", b="k2", c="k3").status("k1")

    assert compared == [(b"k1", b"k1"), (b"k2", b"k1"), (b"k3", b"k1")]


def test_a_stranger_s_body_is_not_read_as_events(monkeypatch: pytest.MonkeyPatch) -> None:
    import dreamdata_relay.intake as intake

    monkeypatch.setattr(intake, "read_batch_body", lambda body: pytest.fail("read"))

    for key in ("wrong", None):
        assert IngestBench().intake.answer(http_event('{"writeKey":"wrong","batch":[]}', key=key), 15.0).status == 401


def test_no_key_is_found_in_any_queue_or_log_line() -> None:
    bench = IngestBench()
    bad = {"type": "none", "writeKey": RELAY_KEY, "userId": "secret-user"}
    good = {"type": "page", "userId": "secret-user", "writeKey": RELAY_KEY}
    bench.post({"batch": [bad, good], "writeKey": RELAY_KEY})
    bench.post(bad, "/v1/page", key=None)
    bench.post(bad | {"writeKey": "wrong-key"}, "/v1/page", key=None)
    bench.post("{" + RELAY_KEY)

    assert RELAY_KEY not in str(bench.sqs.queues)
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == 1
    assert not any(word in str(bench.telemetry.lines) for word in (RELAY_KEY, "wrong-key", "secret-user"))
