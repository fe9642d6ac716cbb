"""What the ingest function stores and says has been through the privacy rules."""

import json
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.ingest.service import Response
from tests.cleaning.judges import CANARY, NO_IP, NO_ORDERS, PSEUDONYMS, VERSION, Keeper, judge_of
from tests.fakes.events import event
from tests.fakes.relay import DEAD_LETTERS, QUEUE, IngestBench
from tests.privacy.compiled import action, path, rule

IP = {"ip": CANARY, "locale": "de"}


def bench(*rules: dict[str, object], **more: Any) -> IngestBench:
    return IngestBench(judge=judge_of(*rules), **more)


def rejected(response: Response) -> list[dict[str, object]]:
    listed = response.body["rejected"]
    assert isinstance(listed, list)
    return listed


def stored(ingest: IngestBench) -> str:
    """All that is in a queue, with its attributes, what was logged, and the metrics' names."""
    return json.dumps([ingest.sqs.queues, ingest.telemetry.lines, ingest.telemetry.labels, ingest.telemetry.by_rule])


def test_an_accepted_event_is_queued_as_the_rules_leave_it() -> None:
    ingest = bench(NO_IP)

    response = ingest.post({"batch": [event("e1", context=IP), event("e2")]})

    assert response.body == {"success": True, "accepted": 2, "rejected": []}
    assert ingest.queued_events() == [event("e1", context={"locale": "de"}), event("e2")]


def test_what_the_envelope_shares_is_cleaned_in_each_event() -> None:
    ingest = bench(NO_IP)

    ingest.post({"context": IP, "batch": [event("e1"), event("e2")]})

    assert ingest.queued_events() == [event(id_, context={"locale": "de"}) for id_ in ("e1", "e2")]


def test_messages_say_which_rules_their_events_have_been_through() -> None:
    ingest = bench(NO_IP)

    ingest.post({"batch": [event()]})

    assert ingest.sqs.attributes(QUEUE) == [{"source": "http:default", "rules": VERSION}]


def test_without_rules_messages_say_nothing_of_them() -> None:
    ingest = IngestBench()

    ingest.post({"batch": [event()]})

    assert ingest.sqs.attributes(QUEUE) == [{"source": "http:default"}]


def test_a_dropped_event_is_taken_and_counted_and_kept_nowhere() -> None:
    ingest = bench(NO_ORDERS)

    response = ingest.post({"batch": [event("e1"), event("e2", event="Order paid", properties={"p": CANARY})]})

    assert response.body == {"success": True, "accepted": 2, "rejected": [], "dropped": 1}
    assert [one["messageId"] for one in ingest.queued_events()] == ["e1"]
    assert CANARY not in stored(ingest)
    assert ingest.telemetry.total(metrics.EVENTS_ACCEPTED) == 1
    assert ingest.telemetry.by_rule["EventsDropped"] == {"no-orders": 1}


def test_a_request_whose_events_are_all_dropped_sends_nothing() -> None:
    ingest = bench(NO_ORDERS)

    assert ingest.post({"batch": [event(event="Order paid")]}).body["dropped"] == 1
    assert ingest.sqs.calls == []


@pytest.mark.parametrize("count", [1, 3, 1_500])
@pytest.mark.parametrize("shared", [False, True])
def test_a_refused_event_is_dead_lettered_as_the_rules_leave_it(count: int, shared: bool) -> None:
    """One alone, several, and a flood; with its own context, and with its envelope's."""
    ingest = bench(NO_IP)
    bad = [event(f"e{number}", timestamp="now", **({} if shared else {"context": IP})) for number in range(count)]

    ingest.post({**({"context": IP} if shared else {}), "batch": bad})

    letters = [json.loads(body) for body in ingest.sqs.bodies(DEAD_LETTERS)]
    kept = [one for letter in letters for one in letter.get("batch", [letter])]
    assert sorted(kept, key=lambda one: int(one["messageId"][1:])) == [
        event(f"e{number}", timestamp="now", context={"locale": "de"}) for number in range(count)
    ]
    assert CANARY not in stored(ingest)


def test_a_refused_event_that_a_rule_drops_is_dropped() -> None:
    ingest = bench(NO_ORDERS)

    response = ingest.post({"batch": [event(event="Order paid", timestamp="now")]})

    assert response.body == {"success": True, "accepted": 1, "rejected": [], "dropped": 1}
    assert ingest.sqs.queues == {}


def test_a_flood_of_refused_events_that_a_rule_drops_is_counted_one_by_one() -> None:
    ingest = bench(NO_ORDERS)

    response = ingest.post({"batch": [{"type": "track", "event": "Order paid"}] * 1_200 + [{"type": "track"}] * 300})

    assert response.body["dropped"] == 1_200
    assert response.body["rejectedCount" if "rejectedCount" in response.body else "rejected"]
    assert ingest.telemetry.total(metrics.EVENTS_REFUSED) == 300


def test_an_event_too_large_is_dead_lettered_as_the_rules_leave_it() -> None:
    ingest = bench(NO_IP)

    ingest.post({"batch": [event(context=IP, properties={"p": "x" * 600_000})]})
    ingest.post({"batch": [event(context=IP, properties={"p": "x" * 1_200_000})]})

    assert [len(body) > 600_000 for body in ingest.sqs.bodies(DEAD_LETTERS)] == [True, False]
    assert CANARY not in stored(ingest)


def test_the_type_that_the_path_names_is_what_rules_match() -> None:
    ingest = bench(rule(action("drop", path("context", "ip")), name="no-ip", types=["page"]))

    ingest.post({"userId": "u", "context": IP, "timestamp": "now"}, "/v1/page")

    assert json.loads(ingest.sqs.bodies(DEAD_LETTERS)[0])["context"] == {"locale": "de"}


def test_an_event_that_a_rule_leaves_without_identity_is_refused_in_its_place() -> None:
    ingest = bench(rule(action("drop", path("userId")), name="no-ids"))

    response = ingest.post({"batch": [event("e0", anonymousId="a"), {"type": 7}, event("e2", properties={"a": 1})]})

    assert [(one["index"], one["code"]) for one in rejected(response)] == [
        (1, "type_unknown"),
        (2, "identity_missing"),
    ]
    assert not any("userId" in body for body in (*ingest.sqs.bodies(QUEUE), *ingest.sqs.bodies(DEAD_LETTERS)))


def test_the_place_of_such_an_event_is_right_beside_repeats() -> None:
    ingest = bench(rule(action("drop", path("userId")), name="no-ids"))
    good = event("e0", anonymousId="a")

    response = ingest.post({"batch": [good, good, event("e2")]})

    assert [(one["index"], one["messageId"]) for one in rejected(response)] == [(2, "e2")]
    assert response.body["repeated"] == 1


def test_an_event_that_a_rule_makes_too_large_is_refused() -> None:
    """Its pseudonym is longer than what it stands for."""
    ingest = bench(PSEUDONYMS)
    size = 499_901 - len(json.dumps(event(userId="u", properties={"p": ""}), separators=(",", ":")))
    text = json.dumps(event(userId="u", properties={"p": "x" * size}), separators=(",", ":"))

    response = ingest.post('{"batch":[' + text + "]}")

    assert [one["code"] for one in rejected(response)] == ["event_too_large"]


def test_traits_that_a_rule_takes_do_not_come_back_from_the_context() -> None:
    ingest = bench(rule(action("drop", path("traits")), name="no-traits"))

    ingest.post({"batch": [event(type="identify", traits={"a": 1}, context={"traits": {"b": 2}})]})

    (queued,) = ingest.queued_events()
    assert queued["traits"] == {}


@pytest.mark.parametrize(
    ("at", "left"),
    [(("context", "traits", "a"), {"b": "2"}), (("traits", "a"), {"b": "2"}), (("context", "traits"), {})],
)
def test_traits_that_the_relay_copies_meet_the_rules_of_both_places(at: tuple[str, ...], left: Any) -> None:
    """An identify without traits is given those of its context; what a rule takes there is not in the copy."""
    ingest = bench(rule(action("drop", path(*at)), action("mask", path("traits", "b"), keep_last=0)))

    ingest.post({"batch": [event(type="identify", context={"traits": {"a": CANARY, "b": "2"}})]})

    (queued,) = ingest.queued_events()
    assert queued["traits"] == dict.fromkeys(left, "***")
    assert (CANARY in stored(ingest)) == (at[0] == "traits")


def test_an_empty_id_stays_empty() -> None:
    """Its pseudonym would be one and the same person in every event that has none."""
    ingest = bench(PSEUDONYMS, rule(action("hash", path("traits", "email")), name="hashes"))

    ingest.post({"batch": [event(type="identify", userId="", anonymousId="a", traits={"email": " "})]})

    assert ingest.queued_events() == [event(type="identify", userId="", anonymousId="a", traits={"email": " "})]


def test_rules_know_the_relay_key() -> None:
    ingest = bench(rule(action("drop", path("context", "ip")), name="no-ip", keys=["other"]))

    ingest.post({"batch": [event(context=IP)]})

    assert ingest.queued_events() == [event(context=IP)]


def test_without_its_keys_the_relay_takes_no_event() -> None:
    keeper = Keeper()
    keeper.away = True
    ingest = IngestBench(judge=judge_of(PSEUDONYMS, keeper=keeper))

    response = ingest.post({"batch": [event(context=IP)]})

    assert (response.status, response.body["code"]) == (503, "rules_unavailable")
    assert 1 <= int(response.headers["Retry-After"]) <= 5
    assert ingest.sqs.queues == {}
    assert ingest.telemetry.total(metrics.RULES_UNAVAILABLE) == 1


def test_rules_that_need_no_keys_go_on_without_them() -> None:
    keeper = Keeper()
    keeper.away = True
    ingest = IngestBench(judge=judge_of(NO_IP, keeper=keeper))

    assert ingest.post({"batch": [event(context=IP)]}).status == 200


def test_with_rules_that_cannot_be_read_the_relay_takes_no_event() -> None:
    ingest = IngestBench(judge=Judge(None), faulty=True)

    assert ingest.post({"batch": [event()]}).body["code"] == "rules_unavailable"
    assert ingest.sqs.queues == {}


def test_a_fault_of_the_rules_is_told_without_the_event(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = judge_of(NO_IP)

    def failing(event: bytes, source: str, keys: object) -> None:
        raise ValueError(event.decode())

    assert judge._rules is not None
    monkeypatch.setattr(judge._rules, "judged", failing)
    ingest = IngestBench(judge=judge, faulty=True)

    assert ingest.post({"batch": [event(context=IP)]}).body["code"] == "rules_unavailable"
    assert CANARY not in stored(ingest)
    assert "ValueError" in stored(ingest)


def test_what_is_no_event_is_kept_without_what_it_was_sent_with() -> None:
    """Nothing is merged into a value without members."""
    ingest = bench(NO_IP)

    ingest.post({"context": IP, "batch": ["text", event()]})

    assert ingest.sqs.bodies(DEAD_LETTERS) == ['{"batch":["text"]}']


@pytest.mark.parametrize("bad", [CANARY, [CANARY], {"type": CANARY}, {"detail": {"context": {"ip": CANARY}}}])
@pytest.mark.parametrize("count", [1, 1_500])
def test_of_what_is_no_event_only_a_digest_is_kept_if_that_is_asked_for(bad: Any, count: int) -> None:
    ingest = IngestBench(digests=True)

    ingest.post({"context": IP, "batch": [bad] * count})

    letters = [json.loads(body) for body in ingest.sqs.bodies(DEAD_LETTERS)]
    assert letters
    assert all(list(letter) == ["relay_stub", "bytes", "sha256"] for letter in letters)
    assert CANARY not in stored(ingest)
