"""`relay dead delete`: only what was chosen and agreed to, and only once it is in a file."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DEAD, QUEUE, Bench
from tests.cli.test_dead_interrupted import interrupt_in

CODES = ("type_unknown", "event_name_missing", "group_id_missing")


@pytest.fixture
def bodies(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of thirty letters, ten of each code; files without a folder lie in ``tmp_path``."""
    monkeypatch.chdir(tmp_path)
    found = [json.dumps({"type": "track", "userId": f"u{number}"}) for number in range(30)]
    for number, body in enumerate(found):
        bench.sqs.put(DEAD, body, error_code=CODES[number % 3], source="http:shop")
    return found


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed comes from one."""
    monkeypatch.setattr("relay_cli.asking.at_a_terminal", lambda: True)


def exported(file: Path) -> list[str]:
    """The bodies in a file of letters."""
    return [json.loads(line)["body"] for line in file.read_text().splitlines()]


def test_the_chosen_are_deleted_and_are_in_the_file_that_is_named(
    bench: Bench, bodies: list[str], tmp_path: Path
) -> None:
    """The others stay, visible; the file is its owner's only."""
    done = bench.run("dead", "delete", "--reason", "type_unknown", "--yes")
    (file,) = tmp_path.iterdir()
    assert (done.exit_code, done.stdout) == (0, f"10 dead letters deleted; 10 written to {file.name}\n")
    assert sorted(exported(file)) == sorted(bodies[::3])
    assert file.stat().st_mode & 0o077 == 0
    assert [lying.body for lying in bench.sqs.visible(DEAD)] == [body for n, body in enumerate(bodies) if n % 3]
    assert bench.sqs.bodies(QUEUE) == []


def test_a_script_is_told_all_of_it(bench: Bench, bodies: list[str], tmp_path: Path) -> None:
    """Of ids, too; a file is written where it is wished."""
    told = bench.json("dead", "delete", "--id", "m3", "--id", "m4", "--id", "gone", "--yes", "--export", "two.jsonl")
    assert told == {
        "chosen": 2, "deleted": 2, "failed": 0, "not_found": 0, "file": "two.jsonl", "hidden_by_others": 0,
    }  # fmt: skip
    assert sorted(exported(tmp_path / "two.jsonl")) == bodies[3:5]


@pytest.mark.usefixtures("at_a_terminal")
def test_it_asks_first_and_says_what_of(bench: Bench, bodies: list[str], tmp_path: Path) -> None:
    """While the question stands nothing is hidden and no file is there; any answer but yes leaves all as it is."""
    for typed in ("n\n", "\n"):
        done = bench.run("dead", "delete", "--reason", "type_unknown", "--reason", "group_id_missing", typed=typed)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "    10  type_unknown\n    10  group_id_missing\nDelete 20 dead letters, once they are" in done.stderr
        assert done.stderr.endswith("relay: nothing was deleted\n")
        assert list(tmp_path.iterdir()) == []
        assert len(bench.sqs.visible(DEAD)) == len(bodies)
    done = bench.run("dead", "delete", "--all", typed="y\n")
    assert (done.exit_code, bench.sqs.bodies(DEAD)) == (0, [])
    (file,) = tmp_path.iterdir()
    assert sorted(exported(file)) == sorted(bodies)


@pytest.mark.usefixtures("at_a_terminal")
def test_only_what_was_counted_is_deleted(bench: Bench, bodies: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """One more comes, one goes, and one is taken by another command while the question stands."""

    def ask(*_: str) -> None:
        assert len(bench.sqs.visible(DEAD)) == len(bodies)
        bench.sqs.put(DEAD, "new", error_code="type_unknown")
        del bench.sqs.queues[DEAD][0]
        bench.sqs.queues[DEAD][2].visible_at = bench.sqs.now + 500

    monkeypatch.setattr("relay_cli.asking.ask", ask)
    done = bench.run("dead", "delete", "--reason", "type_unknown")
    assert (done.exit_code, done.stdout.startswith("8 dead letters deleted; 8 written to ")) == (1, True)
    assert "hidden by another command, or gone: 2 dead letters of those agreed to" in done.stderr
    assert {bodies[3], "new"} <= set(bench.sqs.bodies(DEAD))
    assert len(bench.sqs.bodies(DEAD)) == len(bodies) - 1 - 8 + 1


@pytest.mark.usefixtures("at_a_terminal")
def test_an_interrupted_question_is_a_no(
    bench: Bench, bodies: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As is the end of what is typed."""
    done = bench.run("dead", "delete", "--all", typed="")
    assert (done.exit_code, "interrupted: nothing was deleted" in done.stderr) == (130, True)
    show = bench.sqs.change_message_visibility_batch

    def before_the_question(**asked: Any) -> Any:
        # The look has ended when letters are shown again: Ctrl-C comes while stdin is being read.
        monkeypatch.setattr("sys.stdin.readline", interrupted, raising=False)
        return show(**asked)

    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(bench.sqs, "change_message_visibility_batch", before_the_question)
    done = bench.run("dead", "delete", "--all", typed="y\n")
    assert (done.exit_code, "interrupted: nothing was deleted" in done.stderr) == (130, True)
    assert (list(tmp_path.iterdir()), len(bench.sqs.visible(DEAD))) == ([], len(bodies))


@pytest.mark.usefixtures("at_a_terminal")
def test_a_senders_text_in_the_question_is_harmless(bench: Bench, bodies: list[str]) -> None:
    """A reason is anybody's to write on the queue."""
    bench.sqs.put(DEAD, "{}", error_code="\x1b[2J\u202e")
    done = bench.run("dead", "delete", "--all", typed="n\n")
    assert "1  \\x1b[2J\\u202e\n" in done.stderr


def test_without_a_terminal_it_takes_a_yes(bench: Bench, bodies: list[str], tmp_path: Path) -> None:
    """Nothing is even looked at."""
    done = bench.run("dead", "delete", "--all", typed="y\n")
    assert (done.exit_code, "--yes deletes without asking" in done.stderr) == (2, True)
    assert (bench.sqs.calls, list(tmp_path.iterdir())) == ([], [])


def test_a_choice_and_all_exclude_each_other(bench: Bench, bodies: list[str]) -> None:
    """Nothing is deleted by mistake."""
    for options in ((), ("--all", "--reason", "type_unknown")):
        assert bench.run("dead", "delete", "--yes", *options).exit_code == 2
    assert bench.sqs.calls == []


def test_where_none_fits_there_is_no_file(bench: Bench, bodies: list[str], tmp_path: Path) -> None:
    """And no question."""
    done = bench.run("dead", "delete", "--reason", "identity_missing", "--yes")
    assert (done.exit_code, done.stdout) == (0, "none fits: nothing was deleted, and no file written\n")
    assert bench.json("dead", "delete", "--id", "gone", "--yes")["file"] is None
    assert (list(tmp_path.iterdir()), len(bench.sqs.visible(DEAD))) == ([], len(bodies))


def test_without_the_file_nothing_is_deleted(bench: Bench, bodies: list[str], tmp_path: Path) -> None:
    """One that is there already stays as it is."""
    (tmp_path / "mine.jsonl").write_text("mine")
    for name in ("mine.jsonl", "no/folder.jsonl"):
        assert bench.run("dead", "delete", "--all", "--yes", "--export", name).exit_code == 2
    assert (tmp_path / "mine.jsonl").read_text() == "mine"
    assert len(bench.sqs.visible(DEAD)) == len(bodies)


def test_the_file_is_whole_before_the_first_is_deleted(
    bench: Bench, bodies: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under its name."""
    delete, seen = bench.sqs.delete_message_batch, []

    def looked_at(**asked: Any) -> Any:
        # Two receives at a time find them: their order is no promise.
        seen.append(sorted(exported(tmp_path / "letters.jsonl")))
        return delete(**asked)

    monkeypatch.setattr(bench.sqs, "delete_message_batch", looked_at)
    assert bench.run("dead", "delete", "--all", "--yes", "--export", "letters.jsonl").exit_code == 0
    assert seen == [sorted(bodies)] * 3


def test_a_look_that_is_interrupted_deletes_nothing(
    bench: Bench, bodies: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And leaves no file."""
    interrupt_in(bench, monkeypatch, "receive_message", 2)
    done = bench.run("dead", "delete", "--all", "--yes")
    assert (done.exit_code, "interrupted: nothing was deleted, and no file is left" in done.stderr) == (130, True)
    assert (list(tmp_path.iterdir()), len(bench.sqs.visible(DEAD))) == ([], len(bodies))


def test_an_interrupt_between_two_deletes_says_how_far_it_came(
    bench: Bench, bodies: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest stays, visible; the file has all."""
    interrupt_in(bench, monkeypatch, "delete_message_batch", 2)
    done = bench.run("dead", "delete", "--all", "--yes", "--export", "letters.jsonl")
    assert done.exit_code == 130
    assert "interrupted: 20 of 30 dead letters were deleted; all of them are in letters.jsonl" in done.stderr
    # Four receives are under way at once: whose answer is first is chance, and so is what is deleted first.
    assert sorted(bench.sqs.bodies(DEAD)) == sorted(exported(tmp_path / "letters.jsonl")[20:])
    assert len(bench.sqs.visible(DEAD)) == 10
    assert sorted(exported(tmp_path / "letters.jsonl")) == sorted(bodies)


def test_an_aws_that_fails_half_way_is_told_with_how_far_it_came(
    bench: Bench, bodies: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 4; what stays is visible."""
    delete, left = bench.sqs.delete_message_batch, [2]

    def failing(**asked: Any) -> Any:
        left[0] -= 1
        bench.sqs.raises_on = "" if left[0] else "DeleteMessageBatch"
        return delete(**asked)

    monkeypatch.setattr(bench.sqs, "delete_message_batch", failing)
    done = bench.run("dead", "delete", "--all", "--yes", "--export", "letters.jsonl")
    assert done.exit_code == 4
    assert "ServiceUnavailable" in done.stderr
    assert "at least 10 of 30 dead letters were deleted; all of them are in letters.jsonl" in done.stderr
    assert sorted(bench.sqs.bodies(DEAD)) == sorted(exported(tmp_path / "letters.jsonl")[10:])
    assert len(bench.sqs.visible(DEAD)) == 20


def test_an_aws_that_fails_at_once_is_told_with_nothing_done(bench: Bench, bodies: list[str], tmp_path: Path) -> None:
    """Neither letters nor files."""
    bench.sqs.raises_on = "ReceiveMessage"
    done = bench.run("dead", "delete", "--all", "--yes")
    assert (done.exit_code, "; nothing was deleted, and no file is left" in done.stderr) == (4, True)
    assert (list(tmp_path.iterdir()), len(bench.sqs.visible(DEAD))) == ([], len(bodies))


def test_what_cannot_be_deleted_or_seen_is_told(bench: Bench, bodies: list[str]) -> None:
    """Status 1."""
    bench.sqs.keeps = frozenset(bodies[:1])
    done = bench.run("dead", "delete", "--all", "--yes", "--export", "first.jsonl")
    assert (done.exit_code, "1 dead letter could not be deleted" in done.stderr) == (1, True)
    bench.sqs.queues[DEAD][0].visible_at = bench.sqs.now + 500
    done = bench.run("dead", "delete", "--all", "--yes")
    assert (done.exit_code, "about 1 more dead letters are hidden" in done.stderr) == (1, True)


def test_a_delete_ends_though_dead_letters_keep_coming(
    bench: Bench, bodies: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay."""
    receive = bench.sqs.receive_message

    def more(**asked: Any) -> Any:
        bench.sqs.now += 2
        bench.sqs.put(DEAD, "new", error_code="type_unknown")
        return receive(**asked)

    monkeypatch.setattr(bench.sqs, "receive_message", more)
    assert bench.json("dead", "delete", "--all", "--yes")["deleted"] == len(bodies)
    assert set(bench.sqs.bodies(DEAD)) == {"new"}


def test_a_termination_is_an_interrupt(bench: Bench, bodies: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the call to end."""
    receive = bench.sqs.receive_message

    def ended(**asked: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return receive(**asked)

    monkeypatch.setattr(bench.sqs, "receive_message", ended)
    assert bench.run("dead", "delete", "--all", "--yes").exit_code == 130
    assert len(bench.sqs.visible(DEAD)) == len(bodies)
