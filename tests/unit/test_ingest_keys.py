"""Relay keys: several at once, remembered for a bounded time, compared in constant time, safe in an outage."""

import hmac
import json

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.adapters.secrets import _WITHDRAWN
from dreamdata_relay.limits import MAX_OUTAGE_S
from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY, IngestBench, http_event

K1, K2, K3 = "key-number-one-1", "key-number-two-2", "key-number-three"
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
    door = Door(first=K1, second=K2)

    assert [door.status(key) for key in (K1, K2, K3, "first", "")] == [
        200,
        200,
        401,
        401,
        401,
    ]
    assert [a["source"] for a in door.bench.sqs.attributes(QUEUE)] == ["http:first", "http:second"]


def test_a_secret_is_not_fetched_for_each_request() -> None:
    door = Door(a=K1)

    for _ in range(100):
        door.status(K1)

    assert door.bench.secrets.fetches == 1


def test_a_new_key_works_at_once() -> None:
    door = Door(a=K1)
    door.status(K1)
    door.put(a=K1, b=K2)

    assert door.status(K2) == 200


def test_a_removed_key_stops_within_five_minutes_though_nobody_else_calls() -> None:
    door = Door(a=K1)
    door.status(K1)
    door.put(b=K2)
    door.bench.clock.advance(299)

    assert door.status(K1) == 401


def test_a_removed_key_stops_as_soon_as_an_unknown_one_is_shown() -> None:
    door = Door(a=K1)
    door.status(K1)
    door.put(b=K2)
    door.status("unknown")

    assert door.status(K1) == 401


def test_unknown_keys_make_the_secret_fetched_once_in_thirty_seconds() -> None:
    door = Door(a=K1)
    for _ in range(299):
        door.status("unknown")
        door.bench.clock.advance(1)

    assert door.bench.secrets.fetches <= 1 + 299 / 30 + 1


def test_a_clock_turned_back_makes_no_key_immortal() -> None:
    door = Door(a=K1)
    door.status(K1)
    door.put(b=K2)
    door.bench.clock.advance(-3600)

    assert door.status(K1) == 401


def test_keys_outlive_an_outage_of_secrets_manager() -> None:
    door = Door(a=K1)
    door.status(K1)
    door.bench.secrets.down = True
    door.bench.clock.advance(3600)

    assert (door.status(K1), door.status("unknown")) == (200, 401)


def test_in_an_outage_secrets_manager_is_asked_twice_a_minute_at_most() -> None:
    door = Door(a=K1)
    door.status(K1)
    door.bench.secrets.down = True
    door.bench.clock.advance(600)
    before = door.bench.secrets.fetches
    for _ in range(120):
        door.status(K1)
        door.status("unknown")
        door.bench.clock.advance(0.5)

    assert door.bench.secrets.fetches - before <= 3


def test_without_any_keys_the_answer_is_503_and_recovers_within_two_seconds() -> None:
    door = Door(a=K1)
    door.bench.secrets.down = True
    answer = door.bench.intake.answer(http_event(BODY, key=K1), 15.0)
    door.bench.secrets.down = False
    door.bench.clock.advance(2)

    assert (answer.status, answer.body["code"], door.status(K1)) == (503, "keys_unavailable", 200)


def test_without_any_keys_the_secret_is_asked_for_once_a_second() -> None:
    door = Door(a=K1)
    door.bench.secrets.down = True
    fetches = []
    for _ in range(6):
        assert door.status(K1) == 503
        fetches.append(door.bench.secrets.fetches)
        door.bench.clock.advance(0.4)

    assert [count - fetches[0] for count in fetches] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("secret", ["", "not json", "[]", f'"{K1}"', "null"])
def test_a_malformed_secret_is_503_and_opens_to_nobody(secret: str) -> None:
    door = Door()
    door.bench.secrets.text = secret

    assert [door.status(key) for key in (K1, "not json")] == [503, 503]


@pytest.mark.parametrize("secret", ["{}", '{"a":""}', '{"a":null}', '{"a":["key-number-one-1"]}'])
def test_no_usable_key_opens_to_nobody(secret: str) -> None:
    door = Door()
    door.bench.secrets.text = secret

    assert [door.status(key) for key in (K1, "null", "None")] == [401, 401, 401]


@pytest.mark.parametrize(
    ("name", "shown"), [("", "unnamed"), (" ", "unnamed"), ("søn\n", "s?n?"), ("x" * 900, "x" * 100), ("\ud800", "?")]
)
def test_any_name_of_a_key_can_be_a_metric_s_and_a_message_s(name: str, shown: str) -> None:
    door = Door(**{name: K1})

    assert door.status(K1) == 200
    assert door.bench.telemetry.labels == [{"key": shown}]
    assert door.bench.sqs.attributes(QUEUE) == [{"source": f"http:{shown}"}]


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    digest = hmac.compare_digest

    def spy(valid: bytes, shown: bytes) -> bool:
        compared.append((valid, shown))
        return digest(valid, shown)

    monkeypatch.setattr(hmac, "compare_digest", spy)

    Door(a=K1, b=K2, c=K3).status(K1)

    assert compared == [
        (K1.encode(), K1.encode()),
        (K2.encode(), K1.encode()),
        (K3.encode(), K1.encode()),
    ]


def test_a_stranger_s_body_is_not_read_as_events(monkeypatch: pytest.MonkeyPatch) -> None:
    import dreamdata_relay.ingest.service as intake

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


# As Secrets Manager's reference and KMS's list them, and as the AWS query protocol writes the common ones.
WITHDRAWN = [
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorized",
    "OptInRequired",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "ResourceNotFoundException",
    "InvalidRequestException",
    "DecryptionFailure",
    "DecryptionFailureException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidKeyUsageException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "KMSOptInRequired",
]
AWAY = [
    "InternalServiceError",
    "InternalFailure",
    "ThrottlingException",
    "KMSThrottlingException",
    "ExpiredTokenException",
    "ExpiredToken",
    "RequestExpired",
    "IncompleteSignature",
    "ServiceUnavailable",
    "SomethingNew",
]


@pytest.mark.parametrize("code", WITHDRAWN)
def test_a_secret_that_is_withdrawn_lets_nobody_in_within_five_minutes(code: str) -> None:
    """Denied, deleted, about to be deleted, its KMS key disabled, its reader's role deleted: an owner's doing."""
    door = Door(a=K1)
    door.status(K1)
    door.bench.secrets.down, door.bench.secrets.code = True, code
    door.bench.clock.advance(299)

    answers = [door.status(K1) for _ in range(3)]

    assert answers == [503, 503, 503]
    assert ("error", "the secret cannot be read", {"reason": "secret_withdrawn"}) in door.bench.telemetry.lines


@pytest.mark.parametrize("code", AWAY)
def test_an_outage_is_outlived_for_the_hours_that_are_stated_and_no_longer(code: str) -> None:
    door = Door(a=K1)
    door.status(K1)
    door.bench.secrets.down, door.bench.secrets.code = True, code

    answers = []
    for _ in range(13):
        door.bench.clock.advance(3_599)
        answers.append(door.status(K1))

    assert answers == [200] * 12 + [503]
    assert door.bench.telemetry.total(metrics.SECRET_UNREADABLE) == 13


def test_no_request_is_let_in_after_the_hours_though_a_fetch_failed_just_now() -> None:
    door = Door(a=K1)
    door.status(K1)
    door.bench.secrets.down = True
    door.bench.clock.advance(MAX_OUTAGE_S - 1)
    before = door.status(K1)
    door.bench.clock.advance(2)

    assert (before, door.status(K1)) == (200, 503)


@pytest.mark.parametrize("code", WITHDRAWN + AWAY)
def test_once_it_can_be_read_again_the_keys_are_let_in_within_seconds(code: str) -> None:
    door = Door(a=K1)
    door.status(K1)
    door.bench.secrets.down, door.bench.secrets.code = True, code
    door.bench.clock.advance(14 * 3_600)
    refused = door.status(K1)
    door.bench.secrets.down = False
    door.bench.clock.advance(2)

    assert (refused, door.status(K1)) == (503, 200)


def test_a_binary_secret_is_no_secret() -> None:
    door = Door(a=K1)
    door.status(K1)
    door.bench.secrets.text = None  # type: ignore[assignment]  # Secrets Manager gives SecretBinary then
    door.bench.clock.advance(299)

    assert door.status(K1) == 503


@pytest.mark.parametrize("length", [1, 8, 15, 16, 40])
def test_a_key_of_fewer_than_sixteen_characters_is_none_and_is_named_once(length: int) -> None:
    key = "k" * length
    door = Door(short=key, long=K1)
    long_enough = length >= 16

    answers = [door.status(key) for _ in range(3)]

    assert answers == [200 if long_enough else 401] * 3
    told = [line for line in door.bench.telemetry.lines if line[1].startswith("a relay key is not accepted")]
    message = "a relay key is not accepted: it has fewer than 16 characters"
    assert told == ([] if long_enough else [("error", message, {"key": "short"})])
    assert door.status(K1) == 200


def test_each_answer_that_counts_as_revocation_is_tried_here() -> None:
    assert {code.removesuffix("Exception") for code in WITHDRAWN} == _WITHDRAWN
