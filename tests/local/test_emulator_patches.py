"""What makes good the emulator's gaps does so by what the template says, and touches nothing else."""

import queue
import threading
from typing import Any

import pytest

from local.emulator.http_api_routes import add_routes, routes_of
from local.emulator.mapping_concurrency import set_as_number
from local.emulator.metric_math_alarms import on_one_metric
from local.emulator.whole_logs import END, saying_so, until_its_end
from local.errors import LocalError
from tests.patience import LONGEST_S

URI = (
    "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${IngestFunction.Arn}/invocations"
)


def template(paths: dict[str, Any]) -> dict[str, Any]:
    api = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": {"paths": paths}}}
    return {"Resources": {"HttpApi": api, "Queue": {"Type": "AWS::SQS::Queue"}}}


def operation(uri: Any) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": {"uri": uri}}


class HttpApis:
    """The part of boto3's API Gateway client that routes are made with."""

    def __init__(self) -> None:
        self.routes: list[dict[str, Any]] = []
        self.integrations: list[dict[str, Any]] = []

    def get_routes(self, **_: Any) -> dict[str, Any]:
        return {"Items": self.routes}

    def create_integration(self, **integration: Any) -> dict[str, Any]:
        self.integrations.append(integration)
        return {"IntegrationId": f"i{len(self.integrations)}"}

    def create_route(self, **route: Any) -> None:
        self.routes.append(route)


def test_the_catch_all_route_goes_to_its_function() -> None:
    processed = template({"$default": {"x-amazon-apigateway-any-method": operation({"Fn::Sub": URI})}})

    assert list(routes_of(processed)) == [("HttpApi", "$default", "IngestFunction")]


def test_other_routes_keep_method_and_path() -> None:
    processed = template(
        {"/a": {"post": operation({"Fn::Sub": [URI, {}]}), "x-amazon-apigateway-any-method": operation(URI)}}
    )

    assert [key for _, key, _ in routes_of(processed)] == ["POST /a", "ANY /a"]


def test_a_route_that_is_chosen_by_a_condition_goes_to_what_is_deployed_at_once() -> None:
    chosen = {"Fn::If": ["DeploysGradually", {"Ref": "Alias"}, {"Fn::GetAtt": ["IngestFunction", "Arn"]}]}
    uri = {"Fn::Sub": ["arn:lambda:path/functions/${Target}/invocations", {"Target": chosen}]}
    processed = template({"$default": {"x-amazon-apigateway-any-method": operation(uri)}})

    assert list(routes_of(processed)) == [("HttpApi", "$default", "IngestFunction")]


def test_a_route_to_something_else_is_told() -> None:
    with pytest.raises(LocalError, match="no function"):
        list(routes_of(template({"/a": {"get": operation({"Ref": "Other"})}})))


def test_a_route_is_made_once() -> None:
    client, ids = HttpApis(), {"HttpApi": "api1", "IngestFunction": "relay-ingest"}
    processed = template({"$default": {"x-amazon-apigateway-any-method": operation({"Fn::Sub": URI})}})

    assert [add_routes(client, processed, ids, "arn:function:") for _ in range(2)] == [1, 0]
    assert client.routes == [{"ApiId": "api1", "RouteKey": "$default", "Target": "integrations/i1"}]
    [integration] = client.integrations
    assert (integration["IntegrationUri"], integration["PayloadFormatVersion"]) == ("arn:function:relay-ingest", "2.0")


def test_the_concurrency_of_a_mapping_is_set_as_a_number() -> None:
    class Functions:
        updates: list[dict[str, Any]] = []  # noqa: RUF012  # one instance

        def list_event_source_mappings(self, **_: Any) -> dict[str, Any]:
            mappings = [{"UUID": "a", "ScalingConfig": {"MaximumConcurrency": "5"}}, {"UUID": "b"}]
            return {"EventSourceMappings": mappings}

        def update_event_source_mapping(self, **update: Any) -> None:
            self.updates.append(update)

    functions: Any = Functions()
    set_as_number(functions, "relay-deliver")

    assert functions.updates == [{"UUID": "a", "ScalingConfig": {"MaximumConcurrency": 5}}]


def test_an_alarm_on_one_metric_is_left_as_it_is() -> None:
    alarm = {"MetricName": "Errors", "Namespace": "AWS/Lambda", "Threshold": 1}

    assert on_one_metric(alarm) is alarm


def test_an_alarm_on_metric_math_watches_a_metric_named_after_it() -> None:
    metrics = [{"Id": "a", "ReturnData": False}, {"Id": "b", "Expression": "a > 1", "ReturnData": True}]

    assert on_one_metric({"Threshold": 1, "Metrics": metrics}) == {
        "Threshold": 1,
        "Namespace": "MetricMath",
        "MetricName": "a > 1",
    }


class Worker:
    """The part of the emulator's process for a function that its log is read with."""

    def __init__(self, runtime: str = "python3.13") -> None:
        self.config = {"Runtime": runtime}
        self._stderr_queue: queue.Queue[str] = queue.Queue()
        self._stderr_thread: threading.Thread | None = None

    def says(self, *lines: str, once: threading.Event | None = None) -> None:
        """Its log's reader puts them, ``once`` that is set, and goes on reading."""

        def read() -> None:
            assert once is None or once.wait(LONGEST_S)
            for line in lines:
                self._stderr_queue.put(line)
            self._ends.wait(LONGEST_S)

        self._ends = threading.Event()
        self._stderr_thread = threading.Thread(target=read, daemon=True)
        self._stderr_thread.start()

    def ends(self) -> None:
        """Nothing is read any more."""
        self._ends.set()
        assert self._stderr_thread
        self._stderr_thread.join()


def original(_: Any) -> str:
    return "as it was"


def test_a_log_that_is_read_late_is_waited_for_and_what_comes_after_it_is_left() -> None:
    worker, late = Worker(), threading.Event()
    worker.says("one", "two", END, "of the next invocation", once=late)
    threading.Timer(0.4, late.set).start()

    assert until_its_end(original, Worker)(worker) == "one\ntwo"
    worker.ends()
    assert worker._stderr_queue.get_nowait() == "of the next invocation"


def test_a_line_without_an_end_is_not_lost() -> None:
    worker = Worker()
    worker.says(f"half{END}")

    assert until_its_end(original, Worker)(worker) == "half"
    worker.ends()


def test_of_a_process_that_died_what_it_has_said_is_shown() -> None:
    worker = Worker()
    worker.says("last words")
    worker.ends()

    assert until_its_end(original, Worker)(worker) == "last words"


def test_other_runtimes_are_read_as_before() -> None:
    assert until_its_end(original, Worker)(Worker("nodejs22.x")) == "as it was"


def test_a_function_says_where_its_log_ends_before_it_answers() -> None:
    script = saying_so("    while True:\n        _real_stdout.flush()\n\nrun()\n")

    assert script.index("sys.stderr.write(") < script.index("_real_stdout.flush()")
    assert eval(script.partition("sys.stderr.write(")[2].partition(")")[0]) == f"{END}\n"  # noqa: S307  # our own text


def test_an_emulator_whose_functions_answer_otherwise_is_not_started() -> None:
    with pytest.raises(SystemExit, match="whole_logs"):
        saying_so("run()")
