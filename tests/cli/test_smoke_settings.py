"""What `relay smoke` finds of settings, rights to run and permissions that were changed by hand."""

from typing import Any

import pytest

from relay_cli.smoke import settings, versions
from relay_cli.smoke.results import FAILED, OK
from relay_cli.smoke.run import Run
from tests.cli.conftest import ARN
from tests.cli.smoke_stack import SmokeBench, outcomes, permission
from tests.fakes.clock import FakeClock

LIVE = f"{ARN}deliverfunctionname:live"


@pytest.fixture
def bench() -> SmokeBench:
    return SmokeBench.with_keys()


@pytest.fixture
def run(bench: SmokeBench) -> Run:
    return bench.run_of(FakeClock())


def test_what_is_set_as_it_was_deployed_passes(run: Run) -> None:
    """By an alias or not."""
    found = outcomes(settings.checks(run))
    assert {outcome for outcome, _ in found.values()} == {OK}
    assert len(found) == 8


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"MemorySize": 3008}, "MemorySize"),
        ({"Architectures": ["x86_64"]}, "Architectures"),
        ({"TracingConfig": {"Mode": "Active"}}, "Tracing"),
        ({"LoggingConfig": {"LogFormat": "JSON", "ApplicationLogLevel": "ERROR"}}, "ApplicationLogLevel, LogGroup"),
        ({"LoggingConfig": {"LogGroup": "other", "LogFormat": "Text"}}, "LogFormat, LogGroup"),
    ],
)
def test_a_setting_that_was_changed_by_hand_is_named(
    bench: SmokeBench, run: Run, change: dict[str, Any], word: str
) -> None:
    """On the newest and on what runs alike: nothing is stale."""
    for target in (LIVE, "deliverfunctionname"):
        bench.configurations[target] |= change
    assert outcomes(versions.checks(run))["deliver runs what was deployed last"][0] == OK
    found = outcomes(settings.checks(run))
    assert [name for name, (outcome, _) in found.items() if outcome == FAILED] == ["deliver is set as it was deployed"]
    assert word in found["deliver is set as it was deployed"][1]


@pytest.mark.parametrize(
    ("variable", "check"),
    [
        ("QUEUE_URL", "deliver knows the stack's queues"),
        ("DEAD_LETTER_QUEUE_URL", "deliver knows the stack's queues"),
        ("DREAMDATA_SECRET_ID", "deliver is set as it was deployed"),
        ("POWERTOOLS_METRICS_NAMESPACE", "deliver is set as it was deployed"),
        ("POWERTOOLS_SERVICE_NAME", "deliver is set as it was deployed"),
        ("PARALLEL_POSTS", "deliver is set as it was deployed"),
    ],
)
def test_a_wrong_variable_is_named_and_its_value_is_not(bench: SmokeBench, run: Run, variable: str, check: str) -> None:
    bench.configurations[LIVE]["Environment"]["Variables"][variable] = "another-value"
    found = outcomes(settings.checks(run))
    assert [name for name, (outcome, _) in found.items() if outcome == FAILED] == [check]
    assert variable in found[check][1]
    assert "another-value" not in found[check][1]


@pytest.mark.parametrize(
    ("pollers", "changed", "word"),
    [
        (
            "0",
            {"ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 9}},
            "MaximumPollers, MinimumPollers",
        ),
        ("off", {"ProvisionedPollerConfig": {"MinimumPollers": 2}}, "MinimumPollers"),
        ("0", {"ScalingConfig": {"MaximumConcurrency": 2}}, "MaximumConcurrency"),
        ("0", {"ScalingConfig": {}}, "MaximumConcurrency"),
        ("3", {"ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 9}}, "MaximumConcurrency"),
        ("0", {"BatchSize": 10}, "BatchSize"),
    ],
)
def test_a_mapping_that_is_set_otherwise_is_named(
    bench: SmokeBench, run: Run, pollers: str, changed: dict[str, Any], word: str
) -> None:
    """Pollers that an update left out are still there, and billed."""
    bench.parameters |= {
        "DeliverBatchSize": "1000",
        "DeliverMaximumConcurrency": "5",
        "DeliverMinimumPollers": pollers,
        "DeliverMaximumPollers": "9",
    }
    mapping = {"BatchSize": 1000, "ScalingConfig": {"MaximumConcurrency": 5}}
    bench.mapping = mapping
    if pollers != "3":
        assert {outcome for outcome, _ in outcomes(settings.checks(run)).values()} == {OK}
    bench.mapping = mapping | changed
    found = outcomes(settings.checks(run))["the event source mapping is set as it was deployed"]
    assert found[0] == FAILED
    assert word in found[1]


def test_a_parameter_that_this_stack_does_not_have_is_not_asked_for(bench: SmokeBench, run: Run) -> None:
    """The template of a release before."""
    bench.parameters.clear()
    assert {outcome for outcome, _ in outcomes(settings.checks(run)).values()} == {OK}


def test_a_function_that_never_runs_is_named(bench: SmokeBench, run: Run) -> None:
    bench.reserved = {"ingestfunctionname": 0, "deliverfunctionname": 7}
    found = outcomes(settings.checks(run))
    assert found["ingest may run"][0] == FAILED
    assert found["deliver may run"] == (OK, "7 at once")


@pytest.mark.parametrize(
    "permissions",
    [
        [],
        [permission(f"{ARN}ingestfunctionname")],
        [{**permission(f"{ARN}ingestfunctionname:live"), "Principal": {"Service": "events.amazonaws.com"}}],
        [{**permission(f"{ARN}ingestfunctionname:live"), "Principal": "*", "Effect": "Deny"}],
        [{**permission(f"{ARN}ingestfunctionname:live"), "Condition": {"ArnLike": {"AWS:SourceArn": "arn:x:apis/*"}}}],
    ],
    ids=["none", "of the function, not of its alias", "of another service", "denied", "of another API"],
)
def test_an_api_that_may_not_invoke_is_named(bench: SmokeBench, run: Run, permissions: list[dict[str, Any]]) -> None:
    """Every request would be answered 500."""
    bench.permissions[:] = permissions
    assert outcomes(settings.checks(run))["the HTTP API may invoke ingest"][0] == FAILED
