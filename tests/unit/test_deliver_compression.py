"""Payloads in gzip end to end in the deliver function's core: a wrong parameter costs no event."""

from collections import Counter
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver.payload_encoding import Encoding, Trust
from dreamdata_relay.deliver.refusals import PATIENT_RECEIVES
from dreamdata_relay.deliver.responses import Answer, NoAnswer
from tests.fakes.events import events
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, DeliverBench, ScriptedEndpoint, message


def bench_of(**endpoint: Any) -> DeliverBench:
    return DeliverBench(endpoint=ScriptedEndpoint(**endpoint), encoding=Encoding(compress=True))


def batch(count: int = 3, receives: int = 1) -> Any:
    return message({"batch": events(count)}, receives=receives)


def test_a_payload_goes_out_in_gzip_once() -> None:
    """The log line has both sizes, the metric the one that the limit is about."""
    bench = bench_of()
    assert bench.deliver([batch()]) == []
    assert bench.endpoint.encodings == ["gzip"]
    assert len(bench.endpoint.delivered_ids()) == 3
    (line,) = (fields for _, text, fields in bench.telemetry.lines if text == "payload posted")
    sent = len(bench.endpoint.requests[0][0])
    assert (line["gzip_bytes"], bench.telemetry.values[metrics.PAYLOAD_BYTES.name]) == (sent, [line["bytes"]])
    assert bench.encoding.trust is Trust.PROVEN


def test_without_the_setting_the_line_has_one_size() -> None:
    bench = DeliverBench()
    bench.deliver([batch()])
    assert bench.endpoint.encodings == [None]
    (line,) = (fields for _, text, fields in bench.telemetry.lines if text == "payload posted")
    assert "gzip_bytes" not in line


@pytest.mark.parametrize("status", [400, 403, 413, 415, 422])
def test_an_endpoint_that_refuses_gzip_gets_every_event_once(status: int) -> None:
    """The second invocation of the environment sends no gzip at all, and each says so."""
    bench = bench_of(gzip=Answer(status))
    assert bench.deliver([batch(receives=PATIENT_RECEIVES)]) == []
    assert bench.deliver([message({"batch": events(2, start=10)}, "m2")]) == []
    assert bench.endpoint.encodings[0] == "gzip"
    assert set(bench.endpoint.encodings[1:]) == {None}
    assert set(Counter(bench.endpoint.delivered_ids()).values()) == {1}
    assert bench.sqs.bodies(DEAD_LETTERS) == []
    assert bench.telemetry.total(metrics.COMPRESSION_GIVEN_UP) == 2
    assert [text for level, text, _ in bench.telemetry.lines if level == "error"] == [
        "gzip is not taken, payloads go out uncompressed"
    ]


def test_an_endpoint_that_comes_to_refuse_gzip_costs_no_event() -> None:
    """Proven in this environment, and messages so old that a refusal is believed: still not for the encoding."""
    bench = bench_of()
    bench.deliver([batch()])
    bench.endpoint.gzip = Answer(400)
    assert bench.deliver([message({"batch": events(2, start=10)}, "m2", receives=50)]) == []
    assert len(bench.endpoint.delivered_ids()) == 5
    assert bench.sqs.bodies(DEAD_LETTERS) == []


def test_an_endpoint_that_breaks_on_gzip_gets_every_event() -> None:
    """500 for what it cannot read: found out with three payloads, the last try of each as it is."""
    bench = bench_of(gzip=Answer(500))
    for number in range(4):
        assert bench.deliver([message({"batch": events(1, start=number)}, f"m{number}")]) == []
    assert bench.endpoint.encodings == ["gzip", "gzip", None] * 3 + [None]
    assert len(bench.endpoint.delivered_ids()) == 4
    assert bench.encoding.given_up


def test_a_poison_event_is_dead_lettered_with_the_answer_to_its_own_text() -> None:
    """The refusal that counts is the one without gzip; gzip goes on."""

    def script(payload: dict[str, Any]) -> Answer:
        poison = any(one["messageId"] == "e1" for one in payload["batch"])
        return Answer(400, start=b"poison") if poison else Answer(200)

    bench = bench_of(script=script)
    world = QueueWorld(bench)
    world.send({"batch": events(8)})
    world.run(until=lambda: False)
    assert sorted(bench.endpoint.delivered_ids()) == sorted(f"e{n}" for n in range(8) if n != 1)
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == 1
    assert bench.encoding.trust is Trust.PROVEN


def test_no_answer_to_gzip_is_not_tried_again_in_place() -> None:
    """It may have arrived: a try as it is could count twice."""
    bench = bench_of(gzip=NoAnswer(sent=True, reason="connection"))
    assert bench.deliver([batch()]) == ["m1"]
    assert bench.endpoint.encodings == ["gzip"]


def test_time_that_is_up_after_a_refusal_of_gzip_holds() -> None:
    """The refusal alone is not believed, however old the message."""
    bench = bench_of(gzip=Answer(400), takes_s=20.0)
    bench.endpoint.clock = bench.clock
    assert bench.deliver([batch(1, receives=50)], remaining_s=40) == ["m1"]
    assert bench.endpoint.encodings == ["gzip"]
    assert bench.sqs.bodies(DEAD_LETTERS) == []


def test_a_key_that_is_renewed_says_nothing_about_gzip() -> None:
    """403 to gzip, 401 to the same as it is, then the right key: gzip again, and taken."""
    statuses = iter([403, 401, 200])
    bench = bench_of(script=lambda payload: Answer(next(statuses)))
    assert bench.deliver([batch(1)]) == []
    assert bench.endpoint.encodings == ["gzip", None, "gzip"]
    assert bench.encoding.trust is Trust.PROVEN


@pytest.mark.parametrize("status", [400, 415, 500])
def test_days_against_an_endpoint_without_gzip_leave_nothing_behind(status: int) -> None:
    """Every environment finds out for itself; here each invocation is a new one."""
    bench = bench_of(gzip=Answer(status))
    world = QueueWorld(bench, batch_size=2)
    for number in range(20):
        world.send({"batch": events(5, start=5 * number)})
    while world.waiting and world.invocations < 200:
        object.__setattr__(bench.deliverer, "encoding", Encoding(compress=True))
        world.step()
    assert (world.waiting, world.redriven, bench.sqs.bodies(DEAD_LETTERS)) == ([], [], [])
    assert Counter(Counter(bench.endpoint.delivered_ids()).values()) == {1: 100}
