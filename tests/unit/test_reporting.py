"""What the log tells besides counts: events that their sender follows, and how long Dreamdata asked to wait."""

import pytest

from dreamdata_relay.deliver.responses import Answer
from tests.fakes.events import event
from tests.fakes.relay import DeliverBench, message

TRACED = "relay-trace-" + "0123456789abcdef" * 2


def lines(bench: DeliverBench, name: str) -> list[dict[str, object]]:
    """The lines with ``name`` as their text."""
    return [fields for _, text, fields in bench.telemetry.lines if text == name]


def test_a_traced_event_is_told_by_its_id_among_others() -> None:
    """Whoever sent it can follow it, whatever it travels with."""
    bench = DeliverBench()
    bench.deliver([message({"batch": [event(), event(messageId=TRACED), event()]})])
    assert lines(bench, "traced events delivered") == [{"message_ids": [TRACED]}]


@pytest.mark.parametrize("name", ["mine", "relay-trace-x", TRACED + "0", "x" + TRACED, TRACED.upper()])
def test_an_id_of_any_other_form_is_in_no_line(name: str) -> None:
    """It may be somebody's name, or text that forges a line."""
    bench = DeliverBench()
    bench.deliver([message({"batch": [event(messageId=name), event(messageId="relay-trace-")]})])
    assert lines(bench, "traced events delivered") == []


def test_a_flood_of_traced_events_makes_no_flood_of_log() -> None:
    """Twenty ids an invocation."""
    bench = DeliverBench()
    many = [event(messageId=f"relay-trace-{number:032x}") for number in range(300)]
    bench.deliver([message({"batch": many})])
    (line,) = lines(bench, "traced events delivered")
    assert len(line["message_ids"]) == 20  # type: ignore[arg-type]


def test_a_traced_event_that_is_held_is_told_with_the_reason() -> None:
    """And for how long Dreamdata asked to be left alone."""
    bench = DeliverBench()
    bench.endpoint.script = lambda _: Answer(429, retry_after="600")
    bench.deliver([message({"batch": [event(messageId=TRACED)]})])
    (line,) = lines(bench, "messages held")
    assert (line["traced"], line["reasons"], line["retry_after"]) == ([TRACED], ["unavailable"], 600)


def test_without_a_wish_of_dreamdatas_none_is_told() -> None:
    """Nor a trace that there is not."""
    bench = DeliverBench()
    bench.endpoint.script = lambda _: Answer(503)
    bench.deliver([message({"batch": [event()]})])
    (line,) = lines(bench, "messages held")
    assert {"traced", "retry_after"}.isdisjoint(line)
