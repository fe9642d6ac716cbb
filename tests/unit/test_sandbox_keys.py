"""A relay key in mode ``sandbox``: its events are checked, shown and counted, and sent nowhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.secrets.keys import RelayKeys
from dreamdata_relay.secrets.remembered import RememberedSecret
from tests.fakes.aws import FakeSecrets
from tests.fakes.clock import FakeClock
from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY, IngestBench

SANDBOX_KEY = "sandbox-key-for-tests"
GOOD: dict[str, Any] = {"type": "track", "userId": "u-1", "event": "Secret Product", "messageId": "m-1"}
BAD = {"type": "track", "userId": "u-2", "event": "Secret Product", "timestamp": "yesterday"}
SAMPLES = sorted((Path(__file__).parents[2] / "events" / "invalid").iterdir())


def member(**changes: object) -> dict[str, object]:
    """The key as the secret holds it."""
    return {"key": SANDBOX_KEY, "mode": "sandbox", **changes}


def bench(**members: object) -> IngestBench:
    """The ingest function with the usual key and these members in its secret."""
    made = IngestBench()
    made.secrets.text = json.dumps({"default": RELAY_KEY, **members})
    return made


def test_its_events_are_answered_as_usual_and_go_nowhere() -> None:
    """Neither to the queue nor to the dead letters; the answer says so."""
    tried = bench(ci=member())

    answer = tried.post({"batch": [GOOD, BAD, GOOD]}, key=SANDBOX_KEY)

    assert (answer.status, answer.body["accepted"], answer.body["repeated"]) == (200, 1, 1)
    assert [one["code"] for one in answer.body["rejected"]] == ["timestamp_invalid"]  # type: ignore[attr-defined]
    assert answer.body["sandbox"] is True
    assert (tried.sqs.bodies(QUEUE), tried.sqs.bodies(DEAD_LETTERS)) == ([], [])


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_but_for_its_mode_the_answer_is_that_of_any_key(sample: Path) -> None:
    tried = bench(ci=member())

    usual = tried.post(sample.read_bytes())
    answer = tried.post(sample.read_bytes(), key=SANDBOX_KEY)

    assert (answer.status, {**answer.body, "sandbox": True}) == (usual.status, {**usual.body, "sandbox": True})
    assert answer.body.get("sandbox", False) == (answer.status == 200)


def test_a_long_request_goes_nowhere_either() -> None:
    """One that is sent in parts while it is read."""
    tried = bench(ci=member())
    events = [{**GOOD, "messageId": f"m-{number}", "properties": {"text": "x" * 200}} for number in range(12_000)]

    answer = tried.post({"batch": [*events, BAD]}, key=SANDBOX_KEY)

    assert (answer.status, answer.body["accepted"]) == (200, 12_000)
    assert tried.sqs.bodies(QUEUE) == tried.sqs.bodies(DEAD_LETTERS) == []


def test_its_events_are_counted_apart() -> None:
    """Those that are delivered are counted without them: a sandbox raises no alarm and hides none."""
    tried = bench(ci=member())

    tried.post({"batch": [GOOD, BAD, GOOD]}, key=SANDBOX_KEY)

    assert tried.telemetry.total(metrics.EVENTS_SANDBOXED) == 3
    for metric in (metrics.EVENTS_ACCEPTED, metrics.EVENTS_REFUSED, metrics.EVENTS_REPEATED):
        assert tried.telemetry.total(metric) == 0


def test_what_was_found_is_in_the_log_without_a_part_of_an_event() -> None:
    tried = bench(ci=member())

    tried.post({"batch": [GOOD, BAD, {"type": "track"}]}, key=SANDBOX_KEY)

    (line,) = [line for line in tried.telemetry.lines if line[1] == "sandbox request"]
    assert line[0] == "info"
    assert line[2] == {
        "accepted": 1,
        "refused": 2,
        "repeated": 0,
        "codes": {"timestamp_invalid": 1, "identity_missing": 1},
    }


def test_a_usual_key_beside_it_delivers() -> None:
    tried = bench(ci=member())

    answer = tried.post({"batch": [GOOD]})

    assert "sandbox" not in answer.body
    assert len(tried.queued_events()) == 1
    assert tried.telemetry.total(metrics.EVENTS_SANDBOXED) == 0


@pytest.mark.parametrize("first", [True, False])
def test_a_key_that_has_another_name_without_the_mode_delivers(first: bool) -> None:
    """No event is lost for a mode that somebody gave to a copy."""
    twice = {"shop": SANDBOX_KEY, "ci": member()} if first else {"ci": member(), "shop": SANDBOX_KEY}
    tried = bench(**twice)

    answer = tried.post({"batch": [GOOD]}, key=SANDBOX_KEY)

    assert "sandbox" not in answer.body
    assert [found["source"] for found in tried.sqs.attributes(QUEUE)] == ["http:shop"]


@pytest.mark.parametrize(
    "odd",
    [
        member(mode="live"),
        member(mode="Sandbox"),
        {"key": SANDBOX_KEY},
        {"mode": "sandbox"},
        member(key=None),
        member(key=["a"]),
        [SANDBOX_KEY],
    ],
    ids=str,
)
def test_a_member_of_no_known_mode_is_no_key(odd: object) -> None:
    """Its events are neither sent on nor dropped: the sender is told."""
    assert bench(ci=odd).post({"batch": [GOOD]}, key=SANDBOX_KEY).status == 401


def test_a_short_one_is_refused_and_named_as_any_other() -> None:
    refused: list[str] = []
    text = json.dumps({"ci": member(key="short")})
    keys = RelayKeys(RememberedSecret(ManagedSecret(lambda: FakeSecrets(text), "keys"), FakeClock()), refused.append)

    assert keys.find("short") is None
    assert refused == ["ci"]


def test_it_is_masked_in_what_others_have_refused() -> None:
    """A sender may hold both."""
    tried = bench(ci=member())

    tried.post({"batch": [{**BAD, "note": SANDBOX_KEY}]})

    assert SANDBOX_KEY not in tried.sqs.bodies(DEAD_LETTERS)[0]
