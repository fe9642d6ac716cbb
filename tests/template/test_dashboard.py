"""The dashboard's charts fill its grid, and every line on it is a metric that somebody emits."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from dreamdata_relay.metrics import DELIVER_METRICS, INGEST_METRICS
from tools.transform import transformed

# AWS's own metrics with the dimension that their documentation gives them.
AWS_METRICS = {
    ("AWS/SQS", "QueueName"): {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateAgeOfOldestMessage",
        "NumberOfMessagesSent",
        "NumberOfMessagesDeleted",
        "NumberOfEmptyReceives",
    },
    ("AWS/ApiGateway", "ApiId"): {"Count", "4xx", "5xx"},
    ("AWS/Lambda", "FunctionName"): {"Duration", "Errors", "Throttles"},
    ("AWS/Logs", "LogGroupName"): {"IncomingBytes"},
}
OWN = {("deliver", metric.name) for metric in DELIVER_METRICS} | {("ingest", metric.name) for metric in INGEST_METRICS}


class Line(NamedTuple):
    """One line of a chart: which metric, of what, and how it is named."""

    namespace: str
    metric: str
    dimension: str
    value: str
    statistic: str
    label: str


def lines_of(widget: Mapping[str, Any]) -> Iterator[Line]:
    for namespace, metric, dimension, value, options in (
        one for one in widget["properties"]["metrics"] if len(one) > 1
    ):
        yield Line(namespace, metric, dimension, value, options["stat"], options["label"])


def searches_of(widget: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The lines of which nobody knows beforehand how many there are."""
    return [one[0] for one in widget["properties"]["metrics"] if len(one) == 1]


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    """The dashboard's body; each ``${Name}`` in it stands as ``Name``."""
    text: str = transformed()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    found: dict[str, Any] = json.loads(re.sub(r"\$\{([^}]+)\}", r"\1", text))
    return found


def test_every_chart_has_a_line(body: dict[str, Any]) -> None:
    assert all([*lines_of(widget), *searches_of(widget)] for widget in body["widgets"])


def test_every_line_is_a_metric_that_the_code_or_aws_emits(body: dict[str, Any]) -> None:
    """A misspelt name draws an empty chart that looks like peace."""
    for widget in body["widgets"]:
        for line in lines_of(widget):
            if line.namespace == "DreamdataRelay/AWS::StackName":
                assert line.dimension == "service"
                assert (line.value, line.metric) in OWN, line
            else:
                assert line.metric in AWS_METRICS[line.namespace, line.dimension], line


def test_the_charts_fill_the_grid_without_overlap(body: dict[str, Any]) -> None:
    """CloudWatch's grid is 24 columns wide."""
    taken: set[tuple[int, int]] = set()
    for widget in body["widgets"]:
        columns = range(widget["x"], widget["x"] + widget["width"])
        cells = {(x, y) for x in columns for y in range(widget["y"], widget["y"] + widget["height"])}
        assert not taken & cells
        assert max(columns) < 24
        taken |= cells


def test_what_operators_ask_first_is_on_it(body: dict[str, Any]) -> None:
    """Accepted, delivered, held, refused, lag, depth and age, fill, answers, cost."""
    shown = {(line.metric, line.statistic) for widget in body["widgets"] for line in lines_of(widget)}
    assert {
        ("EventsAccepted", "Sum"),
        ("EventsDelivered", "Sum"),
        ("EventsHeld", "Sum"),
        ("EventsRefused", "Sum"),
    } <= shown
    assert {("DeliveryLag", "p50"), ("DeliveryLag", "p95"), ("DeliveryLag", "p99")} <= shown
    assert {("ApproximateNumberOfMessagesVisible", "Maximum"), ("HeldAge", "Maximum")} <= shown
    assert {("PayloadFill", "Average"), ("Answers2xx", "Sum"), ("Answers5xx", "Sum"), ("IncomingBytes", "Sum")} <= shown


def test_what_each_rule_dropped_and_what_is_suppressed_is_on_it(body: dict[str, Any]) -> None:
    """A rule has a line of its own, whatever it is called."""
    searched = [search for widget in body["widgets"] for search in searches_of(widget)]
    assert [search["expression"] for search in searched] == [
        """SEARCH('{"DreamdataRelay/AWS::StackName",service,rule} MetricName="EventsDropped" """
        f"""service="{one}"','Sum',60)"""
        for one in ("ingest", "deliver")
    ]
    assert all(search["label"].startswith("!PROP('Dim.rule')") for search in searched)
    shown = {(line.metric, line.value) for widget in body["widgets"] for line in lines_of(widget)}
    assert {(name, of) for name in ("EventsSuppressed", "RulesUnavailable") for of in ("ingest", "deliver")} <= shown
