"""`relay dead` ended in the middle: no letter stays hidden unsaid, no file is half written, nothing goes round."""

import itertools
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DEAD, QUEUE, Bench

LOOKING = (("list",), ("show", "m29"), ("show", "gone"))


@pytest.fixture
def bodies(bench: Bench) -> list[str]:
    """Of thirty letters."""
    found = [json.dumps({"type": "track", "userId": f"u{number}"}) for number in range(30)]
    for body in found:
        bench.sqs.put(DEAD, body, error_code="event_name_missing", source="http:shop")
    return found


def interrupt_in(bench: Bench, monkeypatch: pytest.MonkeyPatch, call: str, number: int) -> None:
    """Ctrl-C while SQS works on the ``number``-th ``call``: what it answers is on its way."""
    plain, numbers = getattr(bench.sqs, call), itertools.count(1)

    def interrupted(**asked: Any) -> Any:
        if next(numbers) == number:
            os.kill(os.getpid(), signal.SIGINT)
        return plain(**asked)

    monkeypatch.setattr(bench.sqs, call, interrupted)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("command", LOOKING)
def test_a_look_that_is_interrupted_hides_nothing(
    bench: Bench, bodies: list[str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], number: int
) -> None:
    """What was being received is shown again as well. Status 130, a sentence, and no result that is none."""
    interrupt_in(bench, monkeypatch, "receive_message", number)
    done = bench.run("dead", *command)
    assert len(bench.sqs.visible(DEAD)) == len(bodies)
    if command != ("show", "m29") or number < 3:
        assert (done.exit_code, done.stdout) == (130, "")
        assert "interrupted: " in done.stderr


def test_an_export_that_is_interrupted_leaves_nothing(
    bench: Bench, bodies: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one finds its name free."""
    interrupt_in(bench, monkeypatch, "receive_message", 2)
    file = tmp_path / "letters.jsonl"
    assert bench.run("dead", "export", str(file)).exit_code == 130
    assert list(tmp_path.iterdir()) == []
    assert len(bench.sqs.visible(DEAD)) == len(bodies)
    assert bench.run("dead", "export", str(file)).exit_code == 0
    assert len(file.read_text().splitlines()) == len(bodies)


def test_an_export_that_fails_leaves_nothing(bench: Bench, bodies: list[str], tmp_path: Path) -> None:
    """Neither the file nor a part of it."""
    bench.sqs.raises_on = "ReceiveMessage"
    assert bench.run("dead", "export", str(tmp_path / "letters.jsonl")).exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_somebody_takes_meanwhile_is_theirs(
    bench: Bench, bodies: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is overwritten."""
    file, receive = tmp_path / "letters.jsonl", bench.sqs.receive_message

    def theirs(**asked: Any) -> Any:
        file.write_text("theirs")
        return receive(**asked)

    monkeypatch.setattr(bench.sqs, "receive_message", theirs)
    assert bench.run("dead", "export", str(file)).exit_code == 2
    assert [path.read_text() for path in tmp_path.iterdir()] == ["theirs"]


def test_what_others_hide_is_said(bench: Bench, bodies: list[str], tmp_path: Path) -> None:
    """By every look; one that should see all of them does not end with status 0."""
    for lying in bench.sqs.queues[DEAD][:4]:
        lying.visible_at = bench.sqs.now + 500
    for command in (("list",), ("show", "m29"), ("export", str(tmp_path / "l")), ("redrive", "--all", "--dry-run")):
        done = bench.run("dead", *command)
        status = int(command[0] != "show")
        assert (done.exit_code, "about 4 more dead letters are hidden" in done.stderr) == (status, True), command
    done = bench.run("dead", "redrive", "--all", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["moved"], told["hidden_by_others"]) == (1, 26, 4)


def test_what_cannot_be_shown_again_is_said(bench: Bench, bodies: list[str]) -> None:
    """With for how long it stays hidden."""
    bench.sqs.raises_on = "ChangeMessageVisibilityBatch"
    done = bench.run("dead", "list")
    assert "30 dead letters stay hidden for up to 10 minutes" in done.stderr


@pytest.mark.parametrize("rate", [(), ("--rate", "500")])
@pytest.mark.parametrize("choice", [("--all",), ("--reason", "event_name_missing")])
def test_what_is_refused_again_at_once_is_moved_once(
    bench: Bench, bodies: list[str], monkeypatch: pytest.MonkeyPatch, choice: tuple[str, ...], rate: tuple[str, ...]
) -> None:
    """Within the very second of the start, too; and what was only looked at is not counted again."""
    send = bench.sqs.send_message_batch

    def refused_again(**asked: Any) -> Any:
        answer = send(**asked)
        for entry in asked["Entries"]:
            bench.sqs.put(DEAD, entry["MessageBody"], error_code="event_name_missing")
        return answer

    monkeypatch.setattr(bench.sqs, "send_message_batch", refused_again)
    told = bench.json("dead", "redrive", *choice, *rate)
    assert (told["seen"], told["chosen"], told["moved"]) == (30, 30, 30)
    assert sorted(bench.sqs.bodies(QUEUE)) == sorted(bodies)
    assert len(bench.sqs.visible(DEAD)) == len(bodies)


def test_a_redrive_ends_though_dead_letters_keep_coming(
    bench: Bench, bodies: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each receive finds new ones of a fault that goes on."""
    receive = bench.sqs.receive_message

    def more(**asked: Any) -> Any:
        bench.sqs.now += 1
        bench.sqs.put(DEAD, "{}", error_code="type_unknown")
        return receive(**asked)

    monkeypatch.setattr(bench.sqs, "receive_message", more)
    assert bench.json("dead", "redrive", "--all")["moved"] <= len(bodies) + 1


def test_a_clock_that_stands_still_moves_nothing(
    bench: Bench, bodies: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a start there is no telling what is old."""
    asked, now = bench.sqs.get_queue_attributes, bench.sqs.now

    def still(**what: Any) -> Any:
        bench.sqs.now = now
        return asked(**what)

    monkeypatch.setattr(bench.sqs, "get_queue_attributes", still)
    monkeypatch.setattr("relay_cli.redriving._LONGEST_SLEEP_S", 0.0)
    done = bench.run("dead", "redrive", "--all")
    assert (done.exit_code, "clock does not go on" in done.stderr) == (4, True)
    assert len(bench.sqs.visible(DEAD)) == len(bodies)


@pytest.mark.parametrize(("call", "perhaps"), [("SendMessageBatch", 10), ("DeleteMessageBatch", 10)])
def test_an_aws_that_fails_in_a_redrive_is_told_with_what_was_moved(
    bench: Bench, bodies: list[str], monkeypatch: pytest.MonkeyPatch, call: str, perhaps: int
) -> None:
    """Of the call that was not answered nothing is claimed; every letter is somewhere."""
    send, numbers = bench.sqs.send_message_batch, itertools.count(1)

    def failing(**asked: Any) -> Any:
        if next(numbers) == 2:
            bench.sqs.raises_on = call
        return send(**asked)

    monkeypatch.setattr(bench.sqs, "send_message_batch", failing)
    done = bench.run("dead", "redrive", "--all")
    assert done.exit_code == 4
    assert f"10 dead letters moved before, and {perhaps} more may be on the queue and dead letters, too" in done.stderr
    assert set(bench.sqs.bodies(QUEUE)) | set(bench.sqs.bodies(DEAD)) == set(bodies)
    assert len(bench.sqs.visible(DEAD)) == len(bench.sqs.bodies(DEAD))
