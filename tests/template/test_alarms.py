"""Every alarm goes off for the fault it is for, is quiet in health, and tells what to do."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver.payload_encoding import Encoding
from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.metrics import DELIVER_METRICS, INGEST_METRICS
from tests.cleaning.judges import PSEUDONYMS, Keeper, judge_of
from tests.fakes.relay import DeliverBench, IngestBench, ScriptedEndpoint, message
from tests.fakes.telemetry import RecordingTelemetry
from tests.template.alarms import MetricData, in_alarm

NOW = 100_000.0
EVENT = {"type": "page", "userId": "u", "messageId": "a", "timestamp": "2026-11-20T00:00:00Z"}


@pytest.fixture(scope="module")
def alarms(resources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The properties of the alarms, by logical id."""
    return {name: r["Properties"] for name, r in resources.items() if r["Type"] == "AWS::CloudWatch::Alarm"}


def _delivered_by(script: Callable[[dict[str, Any]], Answer], ages_s: Sequence[float] = (60.0,)) -> MetricData:
    """What the deliver function really emits when Dreamdata answers so, once a quarter of an hour."""
    data = MetricData()
    for number, age in enumerate(ages_s):
        telemetry = RecordingTelemetry()
        bench = DeliverBench(telemetry=telemetry, endpoint=ScriptedEndpoint(script=script))
        bench.clock.advance(age)
        bench.deliver([message(EVENT)])
        at = NOW - 30 - 900 * number
        for name, values in telemetry.values.items():
            for value in values:
                data.add("own", name, "deliver", at, value)
        for metric in ("ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"):
            held = 1 if telemetry.total(metrics.EVENTS_HELD) else 0
            data.add("AWS/SQS", metric, "Queue", at, held)
    return data


def _aws(namespace: str, metric: str, dimension: str, *values: float, every_s: float = 300) -> MetricData:
    """Values of AWS's own metric, the last one just now."""
    data = MetricData()
    for number, value in enumerate(reversed(values)):
        data.add(namespace, metric, dimension, NOW - 30 - number * every_s, value)
    return data


def _stalled() -> MetricData:
    data = MetricData()
    for number in range(4):
        at = NOW - 30 - 300 * number
        data.add("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Queue", at, 0)
        data.add("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Queue", at, 7)
    return data


def _broken_key() -> MetricData:
    return _delivered_by(lambda payload: Answer(401))


def _unexpected(service: str) -> MetricData:
    data = MetricData()
    data.add("own", metrics.UNEXPECTED_ERRORS.name, service, NOW - 30, 1)
    return data


def _gzip_refused() -> MetricData:
    """What the deliver function really emits for an endpoint that knows no gzip."""
    telemetry = RecordingTelemetry()
    endpoint = ScriptedEndpoint(gzip=Answer(415))
    DeliverBench(telemetry=telemetry, endpoint=endpoint, encoding=Encoding(compress=True)).deliver([message(EVENT)])
    data = MetricData()
    metric = metrics.COMPRESSION_GIVEN_UP
    data.add("own", metric.name, "deliver", NOW - 30, telemetry.total(metric))
    return data


def _strangers() -> MetricData:
    """What the ingest function really emits for requests without a key."""
    telemetry = RecordingTelemetry()
    bench = IngestBench(telemetry=telemetry)
    for _ in range(1_000):
        bench.post("{}", key=None)
    data = MetricData()
    metric = metrics.REQUESTS_UNAUTHORIZED
    data.add("own", metric.name, "ingest", NOW - 30, telemetry.total(metric))
    return data


def _unreadable(service: str) -> MetricData:
    """What each function really emits when it is not given its secret."""
    telemetry = RecordingTelemetry()
    bench = IngestBench(telemetry=telemetry) if service == "ingest" else DeliverBench(telemetry=telemetry)
    bench.secrets.down = True
    if isinstance(bench, IngestBench):
        bench.post("{}")
    else:
        bench.deliver([message(EVENT)])
    data = MetricData()
    metric = metrics.SECRET_UNREADABLE
    data.add("own", metric.name, service, NOW - 30, telemetry.total(metric))
    return data


def _without_keys(service: str) -> MetricData:
    """What each function really emits when the keys of its privacy rules are away."""
    keeper, telemetry = Keeper(), RecordingTelemetry()
    keeper.away = True
    judge = judge_of(PSEUDONYMS, keeper=keeper)
    if service == "ingest":
        IngestBench(telemetry=telemetry, judge=judge).post(EVENT, "/v1/page")
    else:
        DeliverBench(telemetry=telemetry, judge=judge).deliver([message(EVENT)])
    data = MetricData()
    data.add("own", metrics.RULES_UNAVAILABLE.name, service, NOW - 30, telemetry.total(metrics.RULES_UNAVAILABLE))
    return data


FAULTS: dict[str, Callable[[], MetricData]] = {
    "DeadLettersAlarm": lambda: _aws("AWS/SQS", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue", 1),
    "EventsWaitingAlarm": lambda: _delivered_by(lambda payload: Answer(503), (3600.0,)),
    "QueueNotReadAlarm": lambda: _aws("AWS/SQS", "ApproximateAgeOfOldestMessage", "Queue", 4000),
    "KeyRefusedAlarm": _broken_key,
    "EndpointMisconfiguredAlarm": lambda: _delivered_by(lambda payload: Answer(404)),
    "EverythingRefusedAlarm": lambda: _delivered_by(lambda payload: Answer(400)),
    "CompressionGivenUpAlarm": _gzip_refused,
    "DeliverErrorsAlarm": lambda: _aws("AWS/Lambda", "Errors", "DeliverFunction", 1),
    "UnexpectedErrorsAlarm": lambda: _unexpected("deliver"),
    "DeliverDurationAlarm": lambda: _aws("AWS/Lambda", "Duration", "DeliverFunction", 59_000, 2_000, 58_000),
    "IngestServerErrorsAlarm": lambda: _aws("AWS/ApiGateway", "5xx", "HttpApi", 9),
    "IngestErrorsAlarm": lambda: _aws("AWS/Lambda", "Errors", "IngestFunction", 1),
    "IngestUnexpectedErrorsAlarm": lambda: _unexpected("ingest"),
    "IngestThrottlesAlarm": lambda: _aws("AWS/Lambda", "Throttles", "IngestFunction", 9),
    "IngestRulesAlarm": lambda: _without_keys("ingest"),
    "DeliverRulesAlarm": lambda: _without_keys("deliver"),
    "IngestSecretAlarm": lambda: _unreadable("ingest"),
    "DeliverSecretAlarm": lambda: _unreadable("deliver"),
    "UnauthorizedRequestsAlarm": _strangers,
    "NothingDeliveredAlarm": _stalled,
}


def test_every_alarm_has_a_fault_that_drives_it(alarms: dict[str, dict[str, Any]]) -> None:
    """An alarm nobody has seen firing is a hope."""
    assert alarms.keys() == FAULTS.keys()


@pytest.mark.parametrize("name", FAULTS)
def test_an_alarm_goes_off_for_its_fault(
    alarms: dict[str, dict[str, Any]], template: dict[str, Any], name: str
) -> None:
    """With the thresholds as they are by default."""
    assert in_alarm(alarms[name], template["Parameters"], FAULTS[name](), NOW)


def test_letters_that_somebody_looks_at_are_counted_too(
    alarms: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    """Looking hides them for a while; the alarm does not come and go with it."""
    data = _aws("AWS/SQS", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue", 0)
    data.add("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "DeadLetterQueue", NOW - 30, 1)
    assert in_alarm(alarms["DeadLettersAlarm"], template["Parameters"], data, NOW)


@pytest.mark.parametrize("name", FAULTS)
def test_an_alarm_is_quiet_in_health(alarms: dict[str, dict[str, Any]], template: dict[str, Any], name: str) -> None:
    """Events delivered within a minute, an empty queue beside, short invocations."""
    data = _delivered_by(lambda payload: Answer(200), (1.0, 2.0, 1.0))
    data.add("AWS/Lambda", "Duration", "DeliverFunction", NOW - 30, 900)
    data.add("AWS/SQS", "ApproximateAgeOfOldestMessage", "Queue", NOW - 30, 12)
    data.add("AWS/SQS", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue", NOW - 30, 0)
    assert not in_alarm(alarms[name], template["Parameters"], data, NOW)


@pytest.mark.parametrize("name", FAULTS)
def test_an_alarm_is_quiet_without_any_data(
    alarms: dict[str, dict[str, Any]], template: dict[str, Any], name: str
) -> None:
    """A stack that nobody uses at night wakes nobody."""
    assert not in_alarm(alarms[name], template["Parameters"], MetricData(), NOW)


def test_an_outage_with_one_held_message_keeps_the_alarm_up(
    alarms: dict[str, dict[str, Any]], template: dict[str, Any]
) -> None:
    """A held message is seen every half an hour at least; the alarm does not come and go in between."""
    data = _delivered_by(lambda payload: Answer(503), (9000.0, 7200.0, 5400.0, 3600.0))
    for minutes in range(30):
        assert in_alarm(alarms["EventsWaitingAlarm"], template["Parameters"], data, NOW + 60 * minutes)


def test_the_relays_own_metrics_are_ones_that_the_code_emits(alarms: dict[str, dict[str, Any]]) -> None:
    """A misspelt name would be silent for ever."""
    emitted = {("deliver", m.name) for m in DELIVER_METRICS} | {("ingest", m.name) for m in INGEST_METRICS}
    for name, alarm in alarms.items():
        parts = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm]
        for part in parts:
            if isinstance(part["Namespace"], dict):
                assert (part["Dimensions"][0]["Value"], part["MetricName"]) in emitted, name


def test_every_alarm_says_what_to_do_and_where_it_is_explained(
    alarms: dict[str, dict[str, Any]], operations: str
) -> None:
    """The section named is one of docs/operations.md."""
    for name, alarm in alarms.items():
        found = re.search(r'See docs/operations\.md, "([^"]+)"\.', alarm["AlarmDescription"])
        assert found, name
        assert f"## {found[1]}\n" in operations, name
        assert f"`{name}`" in operations, name


def test_every_alarm_tells_the_topic_both_ways(alarms: dict[str, dict[str, Any]]) -> None:
    """When it goes off, and when it is over; nothing where no topic is asked for."""
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == alarm["OKActions"]
        assert alarm["AlarmActions"]["Fn::If"][0] == "TellsOfAlarms"
