"""Deliver's log lines tell who was held and why, and how long a payload took."""

import json
from typing import Any

from local.page.deliver_log import DeliverLog
from local.page.observations import Held, Lag, Observation

START = "START RequestId: 9a5426f1 Version: 1"


def line(level: str, message: str, **fields: Any) -> str:
    stamp = "2026-01-01T00:00:00.500Z"
    return json.dumps({"level": level, "message": message, "timestamp": stamp, "service": "deliver", **fields})


def posted(payload: str, status: int) -> str:
    return line("INFO", "payload posted", payload_id=payload, status=status)


def metrics(*lags: float) -> str:
    named = [{"Name": "DeliveryLag", "Unit": "Seconds"}]
    return json.dumps({"_aws": {"Timestamp": 5_000, "CloudWatchMetrics": [{"Metrics": named}]}, "DeliveryLag": lags})


def read(*lines: str) -> list[Observation]:
    log = DeliverLog()
    return [found for text in lines for found in log.read(text)]


def test_a_hold_is_read_with_its_moment_and_reasons() -> None:
    held = line("WARNING", "messages held", messages=2, events=3, reasons=["ambiguous", "unavailable"])
    assert read(START, held) == [Held(1_767_225_600.5, ("ambiguous", "unavailable"))]


def test_a_refused_key_is_a_hold_too() -> None:
    held = line(
        "ERROR", "nothing is delivered: Dreamdata refuses the key last read from the secret", reasons=["key:401"]
    )
    assert read(START, held) == [Held(1_767_225_600.5, ("key:401",))]


def test_the_lags_are_those_of_the_payloads_that_were_taken() -> None:
    lines = (START, posted("p-1", 503), posted("p-1", 200), posted("p-2", 200), metrics(1.5, 2.5))
    assert read(*lines) == [Lag(5.0, "p-1", 1.5), Lag(5.0, "p-2", 2.5)]


def test_an_invocations_lags_are_not_those_of_the_one_before() -> None:
    assert read(START, posted("p-1", 200), START, posted("p-2", 200), metrics(9.0)) == [Lag(5.0, "p-2", 9.0)]


def test_other_lines_tell_nothing() -> None:
    assert read(START, "", "END RequestId: 1", "Traceback ...", line("INFO", "hello"), "[1]", '{"_aws": 1}') == []
