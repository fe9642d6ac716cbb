"""The checks of `relay smoke` where the local stack has nothing to show: AWS's alarms, metrics, errors and delays."""

import json
from typing import Any

import pytest

from relay_cli import alarms
from relay_cli.smoke import letters, lying, requests, rights, running, telemetry, versions, ways, wiring
from relay_cli.smoke.results import FAILED, OK, SKIPPED, WARNING, Result
from relay_cli.smoke.run import Run
from relay_cli.stack import RelayStack
from tests.cli.conftest import ARN, DEAD, OUTPUTS, QUEUE
from tests.cli.smoke_stack import ARNS, LAYER, SmokeBench, log_line, outcomes
from tests.fakes.clock import FakeClock
from tests.fakes.server import HttpServer, Reaction

LIVE = f"{ARN}deliverfunctionname:live"


@pytest.fixture
def bench() -> SmokeBench:
    bench = SmokeBench()
    bench.secrets.put(OUTPUTS["IngestKeysSecretArn"], '{"default": "k"}')
    bench.secrets.put(OUTPUTS["DreamdataSecretArn"], '{"api_key": "the-key"}')
    return bench


@pytest.fixture
def run(bench: SmokeBench) -> Run:
    return bench.run_of(FakeClock())


def test_what_was_deployed_last_runs(run: Run) -> None:
    """The layer is the stack's, by an alias or not."""
    assert {outcome for outcome, _ in outcomes(versions.checks(run)).values()} == {OK}


@pytest.mark.parametrize(
    ("change", "check", "word"),
    [
        (
            {"Environment": {"Variables": {"PARALLEL_POSTS": "7"}}},
            "deliver runs what was deployed last",
            "PARALLEL_POSTS",
        ),
        ({"CodeSha256": "older"}, "deliver runs what was deployed last", "CodeSha256"),
        ({"MemorySize": 128}, "deliver runs what was deployed last", "MemorySize"),
        ({"TracingConfig": {"Mode": "Active"}}, "deliver runs what was deployed last", "Tracing"),
        ({"State": "Pending"}, "deliver is active", "Pending"),
    ],
)
def test_a_stale_alias_is_named_with_what_differs(
    bench: SmokeBench, run: Run, change: dict[str, Any], check: str, word: str
) -> None:
    """A variable by its name; its value is not told."""
    bench.configurations[LIVE] |= change
    found = outcomes(versions.checks(run))
    assert {name for name, (outcome, _) in found.items() if outcome != OK} == {check}
    assert word in found[check][1]


def test_an_old_layer_is_named(bench: SmokeBench, run: Run) -> None:
    """On the alias it is stale; where $LATEST has it too, it is not the stack's."""
    old = {"Layers": [{"Arn": LAYER.replace(":2", ":1")}]}
    bench.configurations[LIVE] |= old
    found = outcomes(versions.checks(run))
    assert "Layers" in found["deliver runs what was deployed last"][1]
    assert "RelayLayer:1" in found["deliver runs the stack's layer"][1]
    bench.configurations["deliverfunctionname"] |= old
    found = outcomes(versions.checks(run))
    assert (found["deliver runs what was deployed last"][0], found["deliver runs the stack's layer"][0]) == (OK, FAILED)


def test_a_deployment_that_is_not_over_is_told(bench: SmokeBench, run: Run) -> None:
    """By its weights."""
    bench.weights = {"8": 0.1}
    found = outcomes(versions.checks(run))
    assert found["deliver's traffic is shifting"] == (WARNING, "10% to version 8: the deployment is not over")


@pytest.mark.parametrize("broken", ["mapping", "role"])
def test_nothing_is_sent_to_a_queue_from_which_it_would_not_come(bench: SmokeBench, run: Run, broken: str) -> None:
    """It would lie there for days, and come as a dead letter when nobody thinks of it any more."""
    bench.sqs.get_queue_attributes = lambda **_: {"Attributes": {}}  # type: ignore[method-assign]
    bench.mappings = [("Disabled" if broken == "mapping" else "Enabled", "deliverfunctionname:live")]
    bench.denied = {f"sqs:SendMessage {ARNS['DeadLetterQueueArn']}"} if broken == "role" else set()
    found: list[Result] = []
    blocked = running.look(run, found.append)
    running.act(run, found.append, deliver=True, blocked=blocked)
    assert [(result.name, result.outcome) for result in found if "would stay" in result.detail] == [
        ("sqs, eventbridge, sns", SKIPPED), ("redrive", SKIPPED),
    ]  # fmt: skip
    assert (bench.calls.count("put_rule"), bench.sqs.bodies(QUEUE)) == (0, [])


def test_a_function_that_nothing_invokes_is_named(bench: SmokeBench, run: Run) -> None:
    """The API's integration names another's, the mapping is gone."""
    bench.integrations[:] = [ARN + "shop-dev-ingest:live"]
    bench.mappings.clear()
    found = outcomes(versions.checks(run))
    assert (found["ingest is invoked"][0], found["deliver is invoked"][0]) == (FAILED, FAILED)


def test_the_rights_of_both_roles_are_asked_for(bench: SmokeBench, run: Run) -> None:
    """All are allowed here: what should be denied is named, on every page of the answer."""
    found = outcomes(rights.checks(run))
    assert found["ingest may do what it needs"] == (OK, "5 actions are allowed")
    assert found["ingest may do nothing else"][0] == FAILED
    assert "secretsmanager:GetSecretValue on Dreamdata key" in found["ingest may do nothing else"][1]
    assert "iam:PassRole on anything" in found["deliver may do nothing else"][1]


def test_a_right_that_is_missing_is_named(bench: SmokeBench, run: Run) -> None:
    bench.denied.add(f"sqs:SendMessage {ARNS['DeadLetterQueueArn']}")
    found = outcomes(rights.checks(run))
    assert found["deliver may do what it needs"] == (FAILED, "denied: sqs:SendMessage on dead letters")


@pytest.mark.parametrize(("code", "outcome"), [("AccessDenied", SKIPPED), ("ServiceUnavailable", FAILED)])
def test_an_error_ends_one_group_and_no_other(bench: SmokeBench, run: Run, code: str, outcome: str) -> None:
    """What the operator may not look at is skipped and said; what AWS fails at is no good sign."""
    bench.raises["SimulatePrincipalPolicy"] = code
    bench.configurations.pop(LIVE)
    bench.sqs.get_queue_attributes = lambda **_: {}  # type: ignore[method-assign]
    found: list[Result] = []
    running.look(run, found.append)
    rest = {result.group: result for result in found if result.name == "the rest of this group"}
    assert {group: result.outcome for group, result in rest.items()} == {"rights": outcome, "versions": FAILED}
    assert "KeyError" in rest["versions"].detail
    assert [result for result in found if result.group == "wiring"]


def test_alarms_that_nobody_hears_or_that_are_gone_are_named(bench: SmokeBench, run: Run) -> None:
    bench.sqs.get_queue_attributes = lambda **_: {}  # type: ignore[method-assign]
    bench.subscriptions = ["PendingConfirmation"]
    found = outcomes(wiring.checks(run))
    assert found["alarms tell somebody"] == (
        FAILED,
        "nobody has subscribed and confirmed: arn:aws:sns:eu-west-1:1:alarms",
    )
    assert found["redrive policy"][0] == FAILED
    bench.resources.append(("GoneAlarm", "AWS::CloudWatch::Alarm", "shop-GoneAlarm-1"))
    bench.alarm_actions = []
    found = outcomes(wiring.checks(bench.run_of(FakeClock())))
    assert found["alarms"] == (FAILED, "deleted: GoneAlarm")
    assert found["alarms tell somebody"][0] == WARNING


def test_the_alarm_is_waited_for(bench: SmokeBench) -> None:
    """It goes on after a while."""

    class Watched(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.monotonic() > 70:
                bench.alarms[:] = ["shop-DeadLettersAlarm-1"]

    run = bench.run_of(Watched())
    found = outcomes(letters.alarm(run, alarms.alarms(run.stack), 6))
    assert found["the alarm goes on"] == (OK, "from OK to ALARM")


@pytest.mark.parametrize(
    ("on", "count", "word"), [(False, 6, "15 minutes"), (True, 6, "on before"), (False, 0, "its threshold is 1")]
)
def test_an_alarm_that_cannot_be_told_of_is_skipped_and_says_why(
    bench: SmokeBench, run: Run, on: bool, count: int, word: str
) -> None:
    """A queue that was idle for hours has no metrics for a quarter of an hour: that is no fault of the stack."""
    bench.alarms = ["shop-DeadLettersAlarm-1"] if on else []
    outcome, detail = outcomes(letters.alarm(run, alarms.alarms(run.stack), count))["the alarm goes on"]
    assert outcome == SKIPPED
    assert word in detail


@pytest.mark.parametrize(
    ("changed", "apart_ms", "outcome", "word"),
    [
        ({}, 100, OK, "level WARNING"),
        ({"level": "INFO"}, 0, FAILED, "kept as INFO"),
        ({"timestamp": "2026-03-02 08:00:00,000+0000"}, 0, FAILED, "beside it"),
        ({"timestamp": "yesterday"}, 0, FAILED, "RFC 3339"),
        ({}, 90_000, FAILED, "beside it"),
    ],
)
def test_a_log_line_is_judged_by_what_cloudwatch_keeps(
    bench: SmokeBench, run: Run, changed: dict[str, str], apart_ms: int, outcome: str, word: str
) -> None:
    """Its level and its time."""
    at = int(bench.sqs.now * 1000)
    group, _, text = log_line(at, **changed)
    bench.logs.lines += [(group, at, "{}"), (group, at + apart_ms, text)]
    found = outcomes(telemetry.looks(run))["log line"]
    assert found[0] == outcome
    assert word in found[1]


def test_metrics_are_waited_for_and_their_absence_is_told(bench: SmokeBench, run: Run) -> None:
    bench.logs.lines.append(log_line(int(bench.sqs.now * 1000)))
    bench.counted = [2.0, 1.0]
    assert outcomes(telemetry.checks(run, refused=True))["metrics"] == (OK, "EventsRefused of ingest: 3")
    bench.counted = [0.0]
    outcome, detail = outcomes(telemetry.checks(run, refused=True))["metrics"]
    assert (outcome, "no EventsRefused of ingest" in detail) == (FAILED, True)


def test_no_log_line_of_a_refusal_that_was_is_a_failure(run: Run) -> None:
    """Where deliver refused nothing it has nothing to say."""
    assert outcomes(telemetry.checks(run, refused=True))["log line"][0] == FAILED
    assert outcomes(telemetry.checks(run, refused=False))["log line"][0] == SKIPPED


def answer(run: Run, way: str) -> bytes:
    probe = run.marker_of(way) + "1"
    return json.dumps(
        {"success": True, "rejected": [{"index": 0, "code": "type_unknown", "messageId": probe}]}
    ).encode()


def posted(bench: SmokeBench, *reactions: Reaction) -> tuple[Run, dict[str, tuple[str, str]]]:
    with HttpServer(*reactions) as server:
        run = bench.run_of(FakeClock())
        run.stack = RelayStack("shop", run.stack.outputs, server.url.removesuffix("/v1/batch"), bench)
        return run, outcomes(requests.checks(run))


def test_a_gzip_body_that_was_destroyed_on_its_way_is_told(bench: SmokeBench, run: Run) -> None:
    """The relay answers that it cannot read it; it is not waited for among the dead letters."""
    destroyed = Reaction(400, body=b'{"code": "body_unreadable", "message": "no"}')
    run, found = posted(
        bench,
        Reaction(body=answer(run, "http-plain")), Reaction(body=answer(run, "http-gzip")), destroyed, Reaction(401),
    )  # fmt: skip
    assert [found[way][0] for way in (*requests.WAYS, "no key")] == [OK, OK, FAILED, OK]
    assert "destroys it" in found["http-gzip-as-json"][1]
    assert set(run.sent) == {"http-plain", "http-gzip"}


def test_a_relay_that_answers_otherwise_is_told(bench: SmokeBench) -> None:
    """No answer, an accepted probe, one that is let in without a key."""
    accepted = Reaction(body=b'{"success": true, "accepted": 1, "rejected": []}')
    _, found = posted(bench, Reaction(drop="after"), accepted, Reaction(503, body=b"<html>"), Reaction(200))
    assert {outcome for outcome, _ in found.values()} == {FAILED}
    assert "no answer" in found["http-plain"][1]


def put_probe(bench: SmokeBench, run: Run, way: str, number: int = 1, source: str = "queue") -> None:
    body = json.dumps({"messageId": f"{run.marker_of(way)}{number}"})
    bench.sqs.put(DEAD, body, error_code="type_unknown", source=source)


def test_probes_are_told_apart_by_their_way(bench: SmokeBench, run: Run) -> None:
    """One way's name begins with another's; a wrong source or reason is named."""
    run.sent.update({"http-gzip": 1, "http-gzip-as-json": 1, "sqs": 1})
    put_probe(bench, run, "http-gzip-as-json", source="http:default")
    put_probe(bench, run, "sqs", source="sns")
    found = outcomes(letters.arrivals(run, lying.Letters(run), ways.Senders(run)))
    assert found["http-gzip"][0] == FAILED
    assert found["http-gzip-as-json"] == (OK, "type_unknown, from http:default")
    assert found["sqs"] == (FAILED, "type_unknown from sns, and not type_unknown from queue")


def test_all_probes_are_removed_and_nothing_else_is(bench: SmokeBench) -> None:
    """One comes late, one was sent before its rule was followed, one was left by a run that was killed."""

    class Late(FakeClock):
        def sleep(self, seconds: float) -> None:
            if not self.slept:
                put_probe(bench, this, "sqs")
            super().sleep(seconds)

    this = bench.run_of(Late())
    this.sent.update({"sqs": 1, "eventbridge": 2, "http-plain": 1})
    for way, number in (("http-plain", 1), ("eventbridge", 2)):
        put_probe(bench, this, way, number)
    bench.sqs.put(DEAD, '{"type": "track"}', error_code="identity_missing")
    bench.sqs.put(DEAD, '{"messageId": "relay-smoke-0123456789ab.sqs.1"}')
    bench.sqs.now -= 7200
    bench.sqs.put(DEAD, '{"messageId": "relay-smoke-0123456789ab.sns.1"}')
    bench.sqs.now += 7200
    found: list[Result] = []
    letters.removal(this, lying.Letters(this), found.append)
    assert outcomes(found)["probes are removed"] == (
        OK, "3 removed; 1 were sent before their rule or topic was ready",
    )  # fmt: skip
    assert [left.body for left in bench.sqs.visible(DEAD)] == [
        '{"type": "track"}', '{"messageId": "relay-smoke-0123456789ab.sqs.1"}',
    ]  # fmt: skip


def test_a_probe_that_is_lost_is_named(bench: SmokeBench, run: Run) -> None:
    run.sent["sqs"] = 1
    found: list[Result] = []
    letters.removal(run, lying.Letters(run), found.append)
    outcome, detail = outcomes(found)["probes are removed"]
    assert (outcome, "1 by sqs" in detail, "relay dead list --type relay_smoke" in detail) == (FAILED, True, True)


def test_a_moved_letter_that_does_not_come_back_is_told(bench: SmokeBench, run: Run) -> None:
    """It is on the queue; nobody reads it."""
    run.sent["http-plain"] = 1
    put_probe(bench, run, "http-plain", source="http:default")
    probes = lying.Letters(run)
    probes.look()
    outcome, detail = outcomes(letters.redrive(run, probes))["redrive"]
    assert (outcome, "not seen again" in detail, len(bench.sqs.bodies(QUEUE))) == (FAILED, True, 1)


@pytest.mark.parametrize("failing", ["put_rule", "create_topic", "subscribe", "put_events", "publish"])
def test_whatever_fails_all_that_was_made_is_removed(bench: SmokeBench, run: Run, failing: str) -> None:
    """And what failed is named."""
    bench.raises[failing] = "AccessDenied"
    bench.sqs.send_message = lambda **_: {}  # type: ignore[attr-defined]
    found: list[Result] = []
    with ways.senders(run, found.append) as made:
        found.extend(ways.send_first(run, made))
    assert next(result.name for result in found if result.outcome == FAILED).startswith(("eventbridge", "sns"))
    made_here = {"put_rule", "create_topic"} & set(bench.calls) - {failing}
    undone = {"put_rule": "delete_rule", "create_topic": "delete_topic"}
    assert {undone[name] for name in made_here} <= set(bench.calls)


def test_an_interrupt_while_it_is_set_up_removes_it(bench: SmokeBench, run: Run) -> None:
    """Asked again at the end, where it is told."""
    bench.raises["delete_rule"] = "ServiceUnavailable"
    found: list[Result] = []
    with pytest.raises(KeyboardInterrupt), ways.senders(run, found.append):
        raise KeyboardInterrupt
    assert bench.calls[-1] == "delete_topic"
    assert "ServiceUnavailable" in outcomes(found)["temporary resources"][1]


def test_an_interrupt_is_heard_in_every_wait(bench: SmokeBench) -> None:
    """Within half a second."""
    clock = FakeClock()
    run = bench.run_of(clock, interrupted=lambda: clock.monotonic() >= 3)
    with pytest.raises(KeyboardInterrupt):
        run.wait_for(lambda: None, 60)
    assert clock.monotonic() <= 3.5
