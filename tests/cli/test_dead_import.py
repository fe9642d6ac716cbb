"""`relay dead import`: what is right goes to the queue in its order, and each other line is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import DEAD, QUEUE, Bench
from tests.cli.test_dead_interrupted import interrupt_in


def event(number: int) -> str:
    """One that the relay takes."""
    return json.dumps({"type": "identify", "userId": f"u{number}"})


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Twenty-five, a line each in ``events.jsonl``."""
    monkeypatch.chdir(tmp_path)
    found = [event(number) for number in range(25)]
    (tmp_path / "events.jsonl").write_text("\n".join(found) + "\n")
    return found


def test_events_go_to_the_queue_in_their_order(bench: Bench, events: list[str]) -> None:
    """The counts say so; no dead letter is touched."""
    bench.sqs.put(DEAD, "{}")
    done = bench.run("dead", "import", "events.jsonl")
    assert done.exit_code == 0
    assert done.stdout.startswith("25 lines read, 25 chosen, 25 sent, 0 not\n")
    assert bench.sqs.bodies(QUEUE) == events
    assert set(bench.sqs.calls) == {"SendMessageBatch"}


def test_a_dry_run_only_counts(bench: Bench, events: list[str]) -> None:
    """Nothing is asked of AWS."""
    told = bench.json("dead", "import", "events.jsonl", "--dry-run")
    assert (told["read"], told["chosen"], told["sent"], told["dry_run"]) == (25, 25, 0, True)
    assert "25 would be sent, 0 sent" in bench.run("dead", "import", "events.jsonl", "--dry-run").stdout
    assert bench.sqs.calls == []


@pytest.mark.parametrize("command", [("export", "letters.jsonl"), ("delete", "--yes", "--export", "letters.jsonl")])
def test_what_was_exported_or_deleted_is_sent_back(bench: Bench, events: list[str], command: tuple[str, ...]) -> None:
    """With its source; stubs are passed over, and what would be refused again goes only as it is."""
    bench.sqs.put(DEAD, events[0], error_code="refused_by_dreamdata", source="http:shop", status="400")
    bench.sqs.put(DEAD, "no JSON", error_code="message_not_json")
    bench.sqs.put(DEAD, '{"relay_stub": true, "bytes": 2000000}', error_code="event_too_large")
    assert bench.run("dead", command[0], *command[1:], *(["--all"] if command[0] == "delete" else [])).exit_code == 0
    done = bench.run("dead", "import", "letters.jsonl")
    assert (done.exit_code, done.stderr.count("line ")) == (1, 1)
    assert "line 2: message_not_json: the message is not JSON\n" in done.stderr
    assert "3 lines read, 1 chosen, 1 sent, 1 not\n1 stubs are passed over" in done.stdout
    (sent,) = bench.sqs.queues[QUEUE]
    assert (sent.body, {name: value["StringValue"] for name, value in sent.attributes.items()}) == (
        events[0],
        {"source": "http:shop"},
    )
    told = bench.json("dead", "import", "letters.jsonl", "--as-is")
    assert (told["sent"], told["stubs"], told["failed"], told["errors"]) == (2, 1, 0, [])
    assert bench.sqs.bodies(QUEUE) == [events[0], events[0], "no JSON"]


def test_errors_are_told_by_their_lines(bench: Bench, tmp_path: Path) -> None:
    """With the reason that a dead letter would have, and nothing of the event; the other lines are sent."""
    lines = [
        event(1), "", '{"type": "track", "userId": "secret"}', '{"a": "secret"', "\ufffe", event(2),
        json.dumps([{"type": "group", "userId": "secret"}, {"type": "identify", "userId": "secret"}]),
        event(3).replace("u3", "\uffff"),
    ]  # fmt: skip
    (tmp_path / "mixed.jsonl").write_text("\n".join(lines))
    done = bench.run("dead", "import", str(tmp_path / "mixed.jsonl"), "--json")
    told = json.loads(done.stdout)
    assert [(error["line"], error["code"]) for error in told["errors"]] == [
        (3, "event_name_missing"), (4, "message_not_json"), (5, "not_for_sqs"), (7, "group_id_missing"),
        (8, "not_for_sqs"),
    ]  # fmt: skip
    assert done.exit_code == 1
    assert (told["read"], told["sent"], told["failed"], told["next_line"]) == (7, 2, 5, None)
    assert "line 7: group_id_missing: a group needs groupId" in done.stderr
    assert "(1 of 2 events)" in done.stderr
    assert "secret" not in done.stderr
    assert bench.sqs.bodies(QUEUE) == [event(1), event(2)]
    told = bench.json("dead", "import", str(tmp_path / "mixed.jsonl"), "--as-is")
    assert [error["line"] for error in told["errors"]] == [5, 8]


def test_lines_that_were_not_sent_are_set_aside_and_only_they_are_sent_again(bench: Bench, tmp_path: Path) -> None:
    """As they stand, in their order, to their owner alone; nothing is overwritten."""
    lines = [event(1), '{"type": "track", "userId": "u7"}', "", event(2), '{"a": ', event(3)]
    (tmp_path / "mixed.jsonl").write_text("\n".join(lines))
    told = bench.json("dead", "import", str(tmp_path / "mixed.jsonl"))
    aside = Path(told["not_sent"])
    assert (aside, aside.read_text()) == (tmp_path / "mixed.jsonl.failed.jsonl", f"{lines[1]}\n{lines[4]}\n")
    assert aside.stat().st_mode & 0o077 == 0
    done = bench.run("dead", "import", str(tmp_path / "mixed.jsonl"), "--from-line", "5")
    again = tmp_path / "mixed.jsonl.failed-2.jsonl"
    assert again.read_text() == f"{lines[4]}\n"
    assert f"1 lines that were not sent are in {again}" in done.stderr
    aside.write_text(aside.read_text().replace('"track"', '"identify"').replace('{"a": ', event(4)))
    assert bench.json("dead", "import", str(aside))["not_sent"] is None
    sent = bench.sqs.bodies(QUEUE)
    assert sent == [event(1), event(2), event(3), event(3), '{"type": "identify", "userId": "u7"}', event(4)]


@pytest.mark.parametrize("options", [("--dry-run",), ()])
def test_where_no_line_was_sent_none_is_set_aside(bench: Bench, tmp_path: Path, options: tuple[str, ...]) -> None:
    """The file itself is what is to be mended."""
    (tmp_path / "bad.jsonl").write_text("{}\n" + (event(1) if options else "{}"))
    assert bench.json("dead", "import", str(tmp_path / "bad.jsonl"), *options)["not_sent"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["bad.jsonl"]


def test_a_line_of_any_length_is_set_aside_whole(bench: Bench, tmp_path: Path) -> None:
    """Also the last one, which has no end."""
    long = "x" * (9 * 1024 * 1024)
    (tmp_path / "long.jsonl").write_text(f"{long}\n{event(1)}\n{long}")
    aside = Path(bench.json("dead", "import", str(tmp_path / "long.jsonl"))["not_sent"])
    assert aside.read_text() == f"{long}\n{long}"


def test_a_folder_that_takes_no_file_is_told(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent was sent; the lines are known by their numbers."""
    (tmp_path / "mixed.jsonl").write_text(f"{event(1)}\n{{}}\n")

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("relay_cli.dead_import.set_aside", full)
    done = bench.run("dead", "import", str(tmp_path / "mixed.jsonl"))
    assert (done.exit_code, "could not be written to a file of their own: No space" in done.stderr) == (1, True)
    assert bench.sqs.bodies(QUEUE) == [event(1)]


def test_only_the_first_errors_are_said(bench: Bench, tmp_path: Path) -> None:
    """The number of the others is."""
    (tmp_path / "bad.jsonl").write_text("{}\n" * 50)
    done = bench.run("dead", "import", str(tmp_path / "bad.jsonl"))
    assert (done.stderr.count("line "), "and 30 more; --json lists them all" in done.stderr) == (20, True)
    assert len(bench.json("dead", "import", str(tmp_path / "bad.jsonl"))["errors"]) == 50


def test_json_over_several_lines_gets_a_hint(bench: Bench, tmp_path: Path) -> None:
    """Each of its lines is none."""
    (tmp_path / "wide.json").write_text(json.dumps([json.loads(event(1))], indent=2))
    assert "jq -c ." in bench.run("dead", "import", str(tmp_path / "wide.json")).stderr


def test_a_file_that_cannot_be_read_sends_nothing(bench: Bench, tmp_path: Path) -> None:
    """Status 2."""
    for name in (tmp_path / "gone.jsonl", tmp_path):
        done = bench.run("dead", "import", str(name))
        assert (done.exit_code, "nothing was sent" in done.stderr, bench.sqs.calls) == (2, True, [])


def test_what_the_queue_does_not_take_is_told_by_its_line(bench: Bench, events: list[str]) -> None:
    """Status 1."""
    bench.sqs.refuses = frozenset([events[3], events[12]])
    told = bench.json("dead", "import", "events.jsonl")
    assert [(error["line"], error["code"]) for error in told["errors"]] == [(4, "not_taken"), (13, "not_taken")]
    assert (told["sent"], told["failed"]) == (23, 2)


@pytest.mark.parametrize("call", [1, 2])
def test_an_interrupt_says_how_to_go_on(
    bench: Bench, events: list[str], monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """Status 130; what is typed then sends the rest, and nothing twice."""
    with monkeypatch.context() as patched:
        interrupt_in(bench, patched, "send_message_batch", call)
        done = bench.run("dead", "import", "events.jsonl")
    assert done.exit_code == 130
    assert f"interrupted: {call * 10} lines were sent, and none from line {call * 10 + 1} on" in done.stderr
    _, _, command = done.stderr.strip().partition("go on with: relay ")
    assert bench.sqs.bodies(QUEUE) == events[: call * 10]
    assert bench.run(*command.split()).exit_code == 0
    assert bench.sqs.bodies(QUEUE) == events


def test_an_interrupt_in_the_last_call_is_too_late(
    bench: Bench, events: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is sent."""
    interrupt_in(bench, monkeypatch, "send_message_batch", 3)
    assert bench.run("dead", "import", "events.jsonl").exit_code == 0
    assert bench.sqs.bodies(QUEUE) == events


def test_an_aws_that_fails_half_way_is_told_with_how_to_go_on(
    bench: Bench, events: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 4; of the call that was not answered nobody knows."""
    send, left = bench.sqs.send_message_batch, [2]

    def failing(**asked: Any) -> Any:
        left[0] -= 1
        bench.sqs.raises_on = "" if left[0] else "SendMessageBatch"
        return send(**asked)

    monkeypatch.setattr(bench.sqs, "send_message_batch", failing)
    done = bench.run("dead", "import", "events.jsonl")
    assert done.exit_code == 4
    assert "ServiceUnavailable" in done.stderr
    assert "10 lines were sent for certain, and of lines 11 to 20 some may be on the queue" in done.stderr
    assert done.stderr.strip().endswith("Go on with: relay --stack shop dead import --from-line 11 events.jsonl")


def test_large_letters_travel_in_calls_that_sqs_takes(bench: Bench, tmp_path: Path) -> None:
    """Ten messages, and 1 MiB, at most."""
    large = [json.dumps({"type": "identify", "userId": f"u{n}", "traits": {"a": "x" * 400_000}}) for n in range(5)]
    (tmp_path / "large.jsonl").write_text("\n".join(large))
    assert bench.json("dead", "import", str(tmp_path / "large.jsonl"))["sent"] == 5
    assert bench.sqs.calls == ["SendMessageBatch"] * 3
    assert bench.sqs.bodies(QUEUE) == large
