"""What waits of a message: why, in how many parts, and that somebody is told when everything is refused."""

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver.backoff import LONGEST_CONFIRM_S, confirm_seconds
from dreamdata_relay.deliver.payloads import Piece
from dreamdata_relay.deliver.progress import MessageProgress
from dreamdata_relay.deliver.responses import Answer, Hold
from tests.fakes.events import event, events
from tests.fakes.relay import DeliverBench, message


@pytest.mark.parametrize("after", [None, 0.0, 50.0])
def test_what_it_waited_for_first_stays_unless_it_is_asked_to_wait_longer(after: float | None) -> None:
    progress = MessageProgress(message(event()))
    for reason in ("first", "second"):
        progress.held_for(Hold(reason, after=after))
    assert progress.hold == Hold("first", after=after)


def test_a_single_event_is_not_taken_apart() -> None:
    """Half of it would be a message without any event."""
    piece = Piece(0, b"{}", ["e1"])
    progress = MessageProgress(message(event()), events=1, waiting=[piece])
    progress.take_apart()
    assert (progress.waiting, progress.apart) == ([piece], False)


@pytest.mark.parametrize("body", [event(), {"batch": events(3)}], ids=["one event", "several"])
def test_the_first_refusal_of_everything_is_told(body: object) -> None:
    """It is held, and somebody should look at the relay's or Dreamdata's fault before hours have passed."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: Answer(400)
    bench.deliver([message(body)])
    assert bench.telemetry.total(metrics.EVERYTHING_REFUSED) == 1
    (line,) = [fields for _, text, fields in bench.telemetry.lines if text == "messages held"]
    assert line["reasons"] == ["refused_all"]


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_a_refused_event_comes_back_after_half_to_the_whole_of_the_longest_wait(jitter: float) -> None:
    assert LONGEST_CONFIRM_S / 2 <= confirm_seconds(None, lambda: jitter) <= LONGEST_CONFIRM_S
    assert confirm_seconds(None, lambda: 0.999) > confirm_seconds(None, lambda: 0.5)
