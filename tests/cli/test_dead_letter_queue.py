"""The dead-letter queue is read by some calls at once: quickly, whole, and nothing stays hidden of what one found."""

import json
import threading
from typing import Any

import pytest

from tests.cli.conftest import DEAD, Bench
from tests.fakes.aws import client_error
from tests.patience import LONGEST_S


def put(bench: Bench, count: int) -> list[str]:
    bodies = [json.dumps({"type": "pageview", "userId": f"u{number}"}) for number in range(count)]
    for body in bodies:
        bench.sqs.put(DEAD, body, error_code="type_unknown")
    return bodies


@pytest.mark.parametrize("count", [0, 1, 9, 10, 29, 30, 31, 40, 200, 203])
def test_all_letters_are_read_in_few_rounds(bench: Bench, count: int) -> None:
    """Two receives that find nothing end it: each of them waits for a second, and so they wait together."""
    put(bench, count)
    assert bench.json("dead", "list")["total"] == count
    assert len(bench.sqs.visible(DEAD)) == count
    receives = bench.sqs.calls.count("ReceiveMessage")
    assert receives <= count // 10 + 8


def test_receives_are_under_way_together(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """None waits for another's answer: else 200 letters would take twenty times the way to AWS."""
    put(bench, 40)
    receive, together = bench.sqs.receive_message, threading.Barrier(4, timeout=LONGEST_S)

    def met(**asked: Any) -> Any:
        together.wait()
        with together_lock:
            return receive(**asked)

    together_lock = threading.Lock()
    monkeypatch.setattr(bench.sqs, "receive_message", met)
    assert bench.json("dead", "list")["total"] == 40


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_what_others_have_received_is_shown_again_after_one_has_failed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The command fails, and no letter is hidden."""
    put(bench, 60)
    receive, left, lock = bench.sqs.receive_message, [number], threading.Lock()

    def failing(**asked: Any) -> Any:
        with lock:
            left[0] -= 1
            if left[0] == 0:
                raise client_error("ServiceUnavailable", "ReceiveMessage")
            return receive(**asked)

    monkeypatch.setattr(bench.sqs, "receive_message", failing)
    done = bench.run("dead", "list")
    assert (done.exit_code, done.stdout) == (4, "")
    assert len(bench.sqs.visible(DEAD)) == 60
