"""Two commands that look at the dead letters at once: neither tells its part as the whole."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DEAD, Bench
from tests.fakes.dead_letters import Lying

LETTERS, TAKEN = 50, 20


@pytest.fixture(params=["keeps", "deletes", "shows"])
def other(bench: Bench, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Another command begins just after this one has counted, and takes twenty; what it does with them then."""
    for number in range(LETTERS):
        bench.sqs.put(DEAD, f'{{"messageId": "e{number}"}}', error_code="type_unknown")
    receive = bench.sqs.receive_message
    took: list[Lying] = []

    def received(**asked: Any) -> Any:
        with bench.sqs._lock:
            if not took:
                for lying in bench.sqs.visible(DEAD)[:TAKEN]:
                    took.append(lying)
                    lying.visible_at = bench.sqs.now + 600
            elif bench.sqs.calls.count("ReceiveMessage") == 4:
                if request.param == "deletes":
                    bench.sqs.queues[DEAD] = [lying for lying in bench.sqs.queues[DEAD] if lying not in took]
                elif request.param == "shows":
                    for lying in took:
                        lying.visible_at = 0
            return receive(**asked)

    monkeypatch.setattr(bench.sqs, "receive_message", received)
    return str(request.param)


def seen_by(other: str) -> int:
    return LETTERS if other == "shows" else LETTERS - TAKEN


def hidden_by(other: str) -> int:
    return TAKEN if other == "keeps" else 0


def test_a_list_says_how_many_it_has_not_seen(bench: Bench, other: str) -> None:
    """Not of those that are gone, nor of those that it has seen after all."""
    shown = bench.json("dead", "list")
    assert (shown["total"], shown["hidden_by_others"]) == (seen_by(other), hidden_by(other))


COMMANDS = [
    ("list",),
    ("list", "--json"),
    ("list", "--reason", "identity_missing"),
    ("export", "FILE"),
    ("redrive", "--all"),
    ("redrive", "--all", "--dry-run"),
    ("redrive", "--all", "--dry-run", "--json"),
    ("delete", "--all", "--yes", "--export", "FILE"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_leaves_some_out_is_not_all_as_wished(
    bench: Bench, other: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    """Status 1."""
    done = bench.run("dead", *(str(tmp_path / "f") if part == "FILE" else part for part in command))
    said = f"about {TAKEN} more dead letters are hidden" in done.stderr
    assert (done.exit_code, said) == ((1, True) if other == "keeps" else (0, False))


@pytest.mark.parametrize("command", COMMANDS)
def test_letters_that_a_command_cannot_show_again_are_not_all_as_wished(
    bench: Bench, command: tuple[str, ...], tmp_path: Path
) -> None:
    """They stay hidden for ten minutes, from the next command, too; of those that are gone there is nothing to show."""
    bench.sqs.put(DEAD, "{}", error_code="type_unknown")
    bench.sqs.raises_on = "ChangeMessageVisibilityBatch"
    done = bench.run("dead", *(str(tmp_path / "f") if part == "FILE" else part for part in command))
    stays = bool(bench.sqs.queues[DEAD])
    assert (done.exit_code, "1 dead letters stay hidden" in done.stderr) == (int(stays), stays)


def test_an_event_that_is_not_found_may_be_one_of_the_hidden(bench: Bench, other: str) -> None:
    """And is not told to be none of the dead letters."""
    done = bench.run("find", "another")
    assert done.exit_code == 1
    assert ("or it is one of those that are hidden" in done.stderr) is (other == "keeps")


def test_letters_that_were_hidden_by_a_command_before_and_come_back_are_not_told_as_left_out(bench: Bench) -> None:
    """They have been seen."""
    for number in range(12):
        bench.sqs.put(DEAD, f'{{"messageId": "e{number}"}}', error_code="type_unknown")
    for lying in bench.sqs.queues[DEAD][:5]:
        # Until the second that the first count takes is over.
        lying.visible_at = bench.sqs.now + 1
    shown = bench.json("dead", "list")
    assert (shown["total"], shown["hidden_by_others"]) == (12, 0)
