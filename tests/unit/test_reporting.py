"""What the log tells besides counts: events that their sender follows, and how long Dreamdata asked to wait."""

import msgspec
import pytest

from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer
from tests.fakes.events import event
from tests.fakes.relay import QUEUE, DeliverBench, message

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


def refusing(bench: DeliverBench, *names: str) -> None:
    """Dreamdata refuses every payload with one of these events."""
    bench.endpoint.script = lambda payload: Answer(400 if any(name in str(payload) for name in names) else 200)


def sent_back(bench: DeliverBench) -> list[QueuedMessage]:
    """What the function has sent to its own queue, received from it."""
    entries = list(zip(bench.sqs.bodies(QUEUE), bench.sqs.attributes(QUEUE), strict=True))
    bench.sqs.queues[QUEUE].clear()
    return [msgspec.structs.replace(message(body), attributes=attributes, own=True) for body, attributes in entries]


def test_an_event_that_is_taken_after_it_was_refused_is_told() -> None:
    """Else nothing would tell that it waits no more."""
    bench = DeliverBench()
    refusing(bench, "odd")
    bench.deliver([message({"batch": [event(messageId="odd"), event(), event()]})])
    (line,) = lines(bench, "messages held")
    assert (line["reasons"], line["refused"]) == (["refused"], 1)
    assert lines(bench, "refused events delivered") == []
    refusing(bench)
    bench.deliver(sent_back(bench))
    assert lines(bench, "refused events delivered") == [{"count": 1}]


def test_an_event_that_waits_on_after_its_refusal_is_counted_once() -> None:
    """By the number of events that were not refused before."""
    bench = DeliverBench()
    bench.endpoint.script = lambda _: Answer(400)
    bench.deliver([msgspec.structs.replace(message(event()), attributes={"refused": "after"}, own=True)])
    (line,) = lines(bench, "messages held")
    assert (line["reasons"], line["events"], line["refused"]) == (["refused"], 1, 0)


def test_dead_letters_are_told_by_how_many_of_each_reason() -> None:
    """Of two at once, too."""
    bench = DeliverBench()
    batch = [event(type="x"), event(type="x"), event(userId="", anonymousId="")]
    bench.deliver([message({"batch": batch})])
    (line,) = lines(bench, "events dead-lettered")
    assert (line["codes"], line["each"], line["count"]) == (["identity_missing", "type_unknown"], [1, 2], 3)
