"""The dashboard draws, and every line on it is a metric that somebody emits."""

from pathlib import Path
from typing import Any

import pytest

from dreamdata_relay.metrics import DELIVER_METRICS, INGEST_METRICS
from tools.dashboard import dashboard_body, draw, lines_of, sample

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


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    """The dashboard's body."""
    return dashboard_body()


def test_every_line_is_a_metric_that_the_code_or_aws_emits(body: dict[str, Any]) -> None:
    """A misspelt name draws an empty chart that looks like peace."""
    for widget in body["widgets"]:
        for line in lines_of(widget):
            if line.namespace == "DreamdataRelay/AWS::StackName":
                assert line.dimension == "service"
                assert (line.value, line.metric) in OWN, line
            else:
                assert line.metric in AWS_METRICS[line.namespace, line.dimension], line


def test_the_dashboard_can_be_looked_at(body: dict[str, Any], tmp_path: Path) -> None:
    """Drawn with sample data, every chart has its lines."""
    target = tmp_path / "dashboard.png"
    assert draw(body, sample, target) == sum(len(w["properties"]["metrics"]) for w in body["widgets"])
    assert target.read_bytes().startswith(b"\x89PNG")


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
