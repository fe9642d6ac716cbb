"""What `relay smoke` finds out by looking and waiting, where the local stack has nothing to show."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from relay_cli import alarms
from relay_cli.smoke import letters, rights, running, telemetry, versions, wiring
from relay_cli.smoke.results import FAILED, OK, SKIPPED, WARNING, Result
from relay_cli.smoke.run import Run
from relay_cli.stack import RelayStack
from tests.cli.conftest import ARN, QUEUE
from tests.cli.smoke_stack import ARNS, LAYER, SmokeBench, log_line, outcomes
from tests.fakes.aws import client_error
from tests.fakes.clock import FakeClock

LIVE = f"{ARN}deliverfunctionname:live"


@pytest.fixture
def bench() -> SmokeBench:
    return SmokeBench.with_keys()


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
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "deliver runs what was deployed last", "VpcConfig"),
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
    assert "RelayLayer:1" in found["deliver runs the stack's layers"][1]
    bench.configurations["deliverfunctionname"] |= old
    found = outcomes(versions.checks(run))
    assert (found["deliver runs what was deployed last"][0], found["deliver runs the stack's layers"][0]) == (
        OK,
        FAILED,
    )


def test_a_layer_of_rules_that_is_given_belongs_to_the_stack(bench: SmokeBench, run: Run) -> None:
    """A function that runs without it, or with another version of it, obeys other rules."""
    own = "arn:aws:lambda:eu-west-1:1:layer:relay-rules:3"
    bench.parameters["RulesLayerArn"] = own
    for layers, outcome in (([LAYER, own], OK), ([LAYER], FAILED), ([LAYER, own.replace(":3", ":2")], FAILED)):
        for configuration in bench.configurations.values():
            configuration["Layers"] = [{"Arn": layer} for layer in layers]
        assert outcomes(versions.checks(run))["deliver runs the stack's layers"][0] == outcome


@pytest.mark.parametrize(("update", "outcome"), [("InProgress", WARNING), ("Failed", FAILED), ("Successful", OK)])
def test_an_update_under_way_is_told_and_no_fault(bench: SmokeBench, run: Run, update: str, outcome: str) -> None:
    """AWS answers to the change before it is done with it."""
    bench.configurations["deliverfunctionname"]["LastUpdateStatus"] = update
    assert outcomes(versions.checks(run))["deliver is active"][0] == outcome


def test_a_deployment_that_is_not_over_is_told(bench: SmokeBench, run: Run) -> None:
    """By its weights."""
    bench.weights = {"8": 0.1}
    found = outcomes(versions.checks(run))
    assert found["deliver's traffic is shifting"] == (WARNING, "10% to version 8: the deployment is not over")


@pytest.mark.parametrize("broken", ["mapping", "role", "queue", "concurrency"])
def test_nothing_is_sent_to_a_queue_from_which_it_would_not_come(bench: SmokeBench, run: Run, broken: str) -> None:
    """It would lie there for days, and come as a dead letter when nobody thinks of it any more."""
    bench.sqs.get_queue_attributes = lambda **_: {"Attributes": {}}  # type: ignore[method-assign]
    bench.mappings = [("Disabled" if broken == "mapping" else "Enabled", "deliverfunctionname:live")]
    bench.denied = {f"sqs:SendMessage {ARNS['DeadLetterQueueArn']}"} if broken == "role" else set()
    if broken == "queue":
        bench.configurations[LIVE]["Environment"]["Variables"]["DEAD_LETTER_QUEUE_URL"] = "another"
    bench.reserved = {"deliverfunctionname": 0} if broken == "concurrency" else {}
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


def test_the_rights_to_keys_of_ones_own_are_asked_for_as_the_services_use_them(bench: SmokeBench, run: Run) -> None:
    """Through SQS and Secrets Manager, each in its region; no condition of the role would hold without."""
    secret = "arn:aws:secretsmanager:eu-central-1:1:secret:dreamdata-Ab12Cd"
    run.stack = dataclasses.replace(run.stack, outputs={**run.stack.outputs, "DreamdataSecretArn": secret})
    bench.parameters |= {"KmsKeyArn": "key-1", "FormerKmsKeyArn": "key-0", "DreamdataSecretKmsKeyArn": "key-2"}
    bench.denied = {"kms:Decrypt key-0", "kms:GenerateDataKey key-1"}
    found = outcomes(rights.checks(run))
    sqs, secrets = (f"{service}.eu-west-1.amazonaws.com" for service in ("sqs", "secretsmanager"))
    assert found["ingest may do what it needs"][1] == f"denied: kms:GenerateDataKey on KmsKeyArn, by {sqs}"
    assert f"kms:Decrypt on FormerKmsKeyArn, by {sqs}" in found["deliver may do what it needs"][1]
    assert {tuple(given["kms:ViaService"]) for given in bench.contexts["key-1"]} == {(sqs,), (secrets,)}
    assert bench.contexts["key-2"] == [
        {
            "kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"],
            "kms:EncryptionContext:SecretARN": [secret],
        }
    ]


@pytest.mark.parametrize(("code", "outcome"), [("AccessDenied", SKIPPED), ("ServiceUnavailable", FAILED)])
def test_an_error_ends_one_group_and_no_other(bench: SmokeBench, run: Run, code: str, outcome: str) -> None:
    """What the operator may not look at is skipped and said; what AWS fails at is no good sign."""
    bench.raises["SimulatePrincipalPolicy"] = code
    bench.configurations.pop(LIVE)
    bench.sqs.get_queue_attributes = lambda **_: {}  # type: ignore[method-assign]
    found: list[Result] = []
    running.look(run, found.append)
    rest = {result.group: result for result in found if result.name == "the rest of this group"}
    assert {group: result.outcome for group, result in rest.items()} == {
        "rights": outcome,
        "versions": FAILED,
        "settings": FAILED,
    }
    assert "KeyError" in rest["versions"].detail
    assert [result for result in found if result.group == "wiring"]


def test_a_key_that_the_caller_may_not_read_hides_no_alarm(
    bench: SmokeBench, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does anything else of a group that may not be looked at hide the rest."""

    def denied(**_: object) -> None:
        raise client_error("AccessDeniedException", "GetSecretValue")

    monkeypatch.setattr(bench.secrets, "get_secret_value", denied)
    bench.sqs.get_queue_attributes = lambda **_: {}  # type: ignore[method-assign]
    bench.resources.append(("GoneAlarm", "AWS::CloudWatch::Alarm", "shop-GoneAlarm-1"))
    found: list[Result] = []
    running.look(run, found.append)
    by_name = outcomes(found)
    assert by_name["alarms"] == (FAILED, "deleted: GoneAlarm")
    assert by_name["the rest of this group"][0] == SKIPPED


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


def test_no_alarm_of_a_local_stack_has_to_tell_anybody(bench: SmokeBench, run: Run) -> None:
    """No mail leaves the emulator."""
    bench.sqs.get_queue_attributes = lambda **_: {}  # type: ignore[method-assign]
    bench.alarm_actions = []
    run.stack = RelayStack("shop", run.stack.outputs, "", bench, "http://127.0.0.1:1")
    assert outcomes(wiring.checks(run))["alarms tell somebody"][0] == SKIPPED


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


def test_a_line_of_before_the_last_deploy_is_not_judged(bench: SmokeBench, run: Run) -> None:
    """The code of then wrote it."""
    at = int(bench.sqs.now * 1000)
    bench.logs.lines.append(log_line(at - 10_000, timestamp="2026-03-02 08:00:00,000+0000"))
    deployed = datetime.fromtimestamp(at / 1000 - 5, UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")
    bench.configurations["deliverfunctionname"]["LastModified"] = deployed
    assert outcomes(telemetry.looks(run))["log line"][0] == SKIPPED


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
