"""Events of people on the suppression list go nowhere, whichever way they came and whenever they came."""

import base64
import json
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.cleaning.judging import Judge, NoRules
from dreamdata_relay.cleaning.starting import judge_of as started_judge
from dreamdata_relay.errors import ListUnavailable
from dreamdata_relay.limits import MAX_LIST_AGE_S
from dreamdata_relay.privacy.keys import ring_of
from dreamdata_relay.privacy.suppressed_ids import PersonId
from dreamdata_relay.privacy.suppression import encode, entries_with
from dreamdata_relay.privacy.suppression_list import Stored, WhenAway
from tests.cleaning.judges import CANARY, NO_IP, PSEUDONYMS, VERSION, Keeper, own_message
from tests.fakes.clock import FakeClock
from tests.fakes.events import event, eventbridge, sns
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, IngestBench, message
from tests.fakes.telemetry import RecordingTelemetry
from tests.privacy.compiled import secret, text_of

JO = event("jo", userId=CANARY)
LIST_KEY = b"l" * 32
PSEUDONYM = ring_of(secret()).pseudonym(CANARY)


class ListInS3:
    """The stored list of ``people``, each a userId or another id; ``away`` is why it cannot be read."""

    def __init__(self, *people: str | PersonId) -> None:
        self.away: str | None = None
        self.people = people
        self.clock = FakeClock()
        self.telemetry = RecordingTelemetry()

    def fetch(self, etag: str | None) -> Stored:
        if self.away:
            raise ListUnavailable(self.away)
        entry_of = entries_with(LIST_KEY)
        return Stored(encode(map(entry_of, map(_person, self.people)), LIST_KEY), '"etag"')

    def judge(self, *rules: dict[str, object], fail: WhenAway = "hold") -> Judge:
        compiled = text_of(*rules, version=VERSION) if rules else None
        keeper = Keeper()
        keeper.text = secret(suppression=base64.b64encode(LIST_KEY).decode())
        made = started_judge(compiled, keeper, self.clock, 3600, self.telemetry, self, fail)
        assert made
        return made


def _person(one: str | PersonId) -> PersonId:
    return one if isinstance(one, PersonId) else PersonId("user", one)


def posted(deliver: DeliverBench) -> list[Any]:
    return [one["messageId"] for payload in deliver.endpoint.accepted for one in payload["batch"]]


def everywhere(bench: IngestBench | DeliverBench) -> str:
    return json.dumps([bench.sqs.queues, bench.telemetry.lines, bench.telemetry.labels, bench.telemetry.by_rule])


def test_over_http_it_is_taken_and_counted_and_kept_nowhere() -> None:
    ingest = IngestBench(judge=ListInS3(CANARY).judge())

    response = ingest.post({"batch": [event("e1"), JO, {"type": "page", "userId": CANARY, "timestamp": "never"}]})

    assert response.body == {"success": True, "accepted": 3, "rejected": [], "dropped": 2}
    assert [one["messageId"] for one in ingest.queued_events()] == ["e1"]
    assert CANARY not in everywhere(ingest)
    assert ingest.telemetry.total(metrics.EVENTS_SUPPRESSED) == 2
    assert ingest.telemetry.by_rule == {}


@pytest.mark.parametrize(
    "body",
    [
        {"batch": [JO, event("e1")]},
        JO,
        json.dumps(JO).replace("userId", "user\\u0049d"),
        [JO, event("e1")],
        sns(JO),
        eventbridge(JO),
        {"batch": [{"type": "page", "userId": CANARY, "timestamp": "never"}]},
    ],
)
def test_from_the_queue_it_is_done_with_and_neither_posted_nor_dead_lettered(body: Any) -> None:
    deliver = DeliverBench(judge=ListInS3(CANARY).judge())

    assert deliver.deliver([message(body)]) == []

    assert "jo" not in posted(deliver)
    assert deliver.sqs.queues.get(DEAD_LETTERS, []) == []
    assert CANARY not in everywhere(deliver)
    assert deliver.telemetry.total(metrics.EVENTS_SUPPRESSED) == 1
    assert deliver.telemetry.total(metrics.EVENTS_DELIVERED) == len(posted(deliver))


@pytest.mark.parametrize("rules", [[], [NO_IP]])
def test_what_ingest_cleaned_before_is_looked_at_again_when_it_is_delivered(rules: list[dict[str, object]]) -> None:
    """The list may be newer; the rules themselves are not applied again."""
    stored = ListInS3()
    deliver = DeliverBench(judge=stored.judge(*rules))
    sent = own_message({"batch": [JO, event("e1", context={"ip": "1.2.3.4"})]})
    assert deliver.deliver([sent]) == []
    assert posted(deliver) == ["jo", "e1"]

    stored.people = (CANARY,)
    stored.clock.advance(MAX_LIST_AGE_S)
    assert deliver.deliver([sent]) == []

    assert posted(deliver) == ["jo", "e1", "e1"]


def test_a_person_is_looked_up_before_the_rules_and_after_them_by_the_pseudonym() -> None:
    raw = DeliverBench(judge=ListInS3(CANARY).judge(PSEUDONYMS))
    cleaned = DeliverBench(judge=ListInS3(PSEUDONYM).judge(PSEUDONYMS))

    assert raw.deliver([message(JO)]) == []
    assert cleaned.deliver([own_message({"batch": [event("jo", userId=PSEUDONYM)]})]) == []

    assert posted(raw) == []
    assert posted(cleaned) == []


@pytest.mark.parametrize("sent", [message(event("e1")), own_message({"batch": [event("e1")]})])
def test_while_the_list_is_away_events_wait(sent: Any) -> None:
    stored = ListInS3()
    stored.away = "list_withdrawn"
    deliver = DeliverBench(judge=stored.judge(NO_IP))

    assert deliver.deliver([sent]) == [sent.message_id]

    assert posted(deliver) == []
    assert deliver.sqs.queues.get(DEAD_LETTERS, []) == []
    assert stored.telemetry.total(metrics.RULES_UNAVAILABLE) == 1
    assert ("error", "the suppression list cannot be read", {"reason": "list_withdrawn"}) in stored.telemetry.lines


def test_where_events_pass_they_do_and_it_is_told() -> None:
    stored = ListInS3()
    stored.away = "list_unavailable"
    deliver = DeliverBench(judge=stored.judge(fail="pass"))

    assert deliver.deliver([message(event("e1"))]) == []

    assert posted(deliver) == ["e1"]
    assert stored.telemetry.total(metrics.RULES_UNAVAILABLE) == 1


def test_a_fault_of_the_list_holds_the_event() -> None:
    class Faulty:
        def suppressed(self, event: bytes) -> bool:
            raise KeyError(event)

    deliver = DeliverBench(judge=Judge(NoRules(), suppression=Faulty()), faulty=True)

    assert deliver.deliver([message(JO)]) == ["m1"]
    assert CANARY not in json.dumps(deliver.telemetry.lines)


def test_without_its_key_the_list_is_away() -> None:
    made = started_judge(None, None, FakeClock(), 3600, RecordingTelemetry(), ListInS3())
    deliver = DeliverBench(judge=made)

    assert deliver.deliver([message(JO)]) == ["m1"]


def test_nothing_changes_where_nobody_is_suppressed() -> None:
    """Bytes, attributes and answers are those of a relay without a list."""
    with_list, without = IngestBench(judge=ListInS3().judge()), IngestBench()
    body = {"context": {"ip": "1.2.3.4"}, "batch": [event("e1"), event("e2", properties={"b": 1.50}), {"type": "no"}]}

    assert with_list.post(body) == without.post(body)
    assert with_list.sqs.attributes(QUEUE) == without.sqs.attributes(QUEUE)
    assert with_list.queued_events() == without.queued_events()
