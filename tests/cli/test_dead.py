"""`relay dead`: looked at without harm, moved by choice, and never lost."""

import json
import os
from pathlib import Path

import pytest

from relay_cli.interrupts import Interrupts
from tests.cli.conftest import DEAD, QUEUE, Bench


def letter(bench: Bench, number: int, code: str, source: str = "http:shop", kind: str = "track") -> str:
    body = json.dumps({"type": kind, "userId": f"u{number}"})
    bench.sqs.put(DEAD, body, error_code=code, error_detail="why", source=source, status="400")
    return body


@pytest.fixture
def letters(bench: Bench) -> list[str]:
    """Thirty, of three reasons."""
    return [letter(bench, n, ("type_unknown", "identity_missing", "refused_by_dreamdata")[n % 3]) for n in range(30)]


def test_a_list_counts_the_reasons_and_leaves_all_visible(bench: Bench, letters: list[str]) -> None:
    """What was hidden while it was looked at is shown again at once."""
    shown = bench.json("dead", "list")
    assert shown["reasons"] == {"type_unknown": 10, "identity_missing": 10, "refused_by_dreamdata": 10}
    assert len(shown["letters"]) == len(letters)
    assert len(bench.sqs.visible(DEAD)) == len(letters)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--reason", "type_unknown"), 10),
        (("--reason", "type_unknown", "--reason", "identity_missing"), 20),
        (("--source", "sns"), 1),
        (("--source", "http"), 30),
        (("--source", "http:shop"), 30),
        (("--source", "http:sho"), 0),
        (("--type", "group"), 1),
        (("--since", "2027-01-15"), 32),
        (("--until", "2027-01-15T00:00:00Z"), 0),
        (("--reason", "out_of_tries"), 1),
    ],
)
def test_each_filter_chooses(bench: Bench, letters: list[str], options: tuple[str, ...], count: int) -> None:
    """By reason, source, type inside a wrapper, and time."""
    notification = {"Type": "Notification", "TopicArn": "t", "Message": json.dumps({"type": "group"})}
    bench.sqs.put(DEAD, json.dumps(notification), error_code="group_id_missing", source="sns")
    bench.sqs.put(DEAD, "not JSON")
    assert len(bench.json("dead", "list", *options)["letters"]) == count


def test_only_the_chosen_are_moved(bench: Bench, letters: list[str]) -> None:
    """With where they came from, without what the relay wrote about the failure; the others stay, visible."""
    moved = bench.json("dead", "redrive", "--reason", "type_unknown")
    assert (moved["chosen"], moved["moved"], moved["failed"]) == (10, 10, 0)
    assert sorted(bench.sqs.bodies(QUEUE)) == sorted(letters[::3])
    assert {tuple(lying.attributes) for lying in bench.sqs.queues[QUEUE]} == {("source",)}
    assert len(bench.sqs.visible(DEAD)) == 20


def test_a_dry_run_moves_nothing(bench: Bench, letters: list[str]) -> None:
    """It only counts."""
    assert bench.json("dead", "redrive", "--reason", "type_unknown", "--dry-run")["chosen"] == 10
    assert bench.sqs.bodies(QUEUE) == []
    assert len(bench.sqs.visible(DEAD)) == len(letters)


def test_what_the_queue_does_not_take_stays_a_dead_letter(bench: Bench, letters: list[str]) -> None:
    """Status 1 says so."""
    bench.sqs.refuses = frozenset(letters[:1])
    done = bench.run("dead", "redrive", "--reason", "type_unknown")
    assert done.exit_code == 1
    assert letters[0] in [lying.body for lying in bench.sqs.visible(DEAD)]
    assert len(bench.sqs.bodies(QUEUE)) == 9


def test_what_cannot_be_deleted_is_told(bench: Bench, letters: list[str]) -> None:
    """It is on the queue, and a dead letter still: twice is better than lost."""
    bench.sqs.keeps = frozenset(letters[:1])
    done = bench.run("dead", "redrive", "--reason", "type_unknown", "--json")
    assert (done.exit_code, json.loads(done.stdout)["twice"]) == (1, 1)


@pytest.mark.parametrize("operation", ["SendMessageBatch", "DeleteMessageBatch", "ReceiveMessage"])
def test_an_aws_that_fails_half_way_loses_nothing(bench: Bench, letters: list[str], operation: str) -> None:
    """Each body is on one of the queues, and what stays is visible."""
    bench.sqs.raises_on = operation
    done = bench.run("dead", "redrive", "--source", "http")
    assert done.exit_code == 4
    assert done.stderr.strip().splitlines()[-1].startswith(f"relay: {operation}: ServiceUnavailable")
    assert set(bench.sqs.bodies(DEAD)) | set(bench.sqs.bodies(QUEUE)) == set(letters)
    assert len(bench.sqs.visible(DEAD)) == len(bench.sqs.bodies(DEAD))


def test_an_interrupt_ends_between_two_calls(bench: Bench, letters: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No letter is sent and not deleted; the rest stays, visible. Status 130."""
    # As if Ctrl-C came while the first messages were being sent.
    monkeypatch.setattr(Interrupts, "__call__", lambda _: "SendMessageBatch" in bench.sqs.calls)
    done = bench.run("dead", "redrive", "--source", "http")
    assert done.exit_code == 130
    left, moved = bench.sqs.bodies(DEAD), bench.sqs.bodies(QUEUE)
    assert len(moved) == 10
    assert sorted(left + moved) == sorted(letters)
    assert len(bench.sqs.visible(DEAD)) == len(left)


def refuse_again(bench: Bench) -> None:
    """Whatever is sent from now on is refused at once: 5 s after each batch there is one more letter."""
    send = bench.sqs.send_message_batch

    def refused_again(**asked: object) -> object:
        bench.sqs.now += 5
        answer = send(**asked)  # type: ignore[arg-type]
        letter(bench, 99, "type_unknown")
        return answer

    bench.sqs.send_message_batch = refused_again  # type: ignore[method-assign, assignment]


def test_what_is_refused_again_does_not_go_round(bench: Bench, letters: list[str]) -> None:
    """Letters written after the start are left for the next time."""
    refuse_again(bench)
    assert bench.json("dead", "redrive", "--reason", "type_unknown")["moved"] == 10


def test_a_stub_stays(bench: Bench) -> None:
    """Its event is not whole: it could only be refused again."""
    bench.sqs.put(DEAD, '{"relay_stub":true,"bytes":2000000,"eventType":"track"}', error_code="event_too_large")
    moved = bench.json("dead", "redrive", "--reason", "event_too_large")
    assert (moved["stubs"], moved["moved"]) == (1, 0)
    assert len(bench.sqs.visible(DEAD)) == 1


def test_all_are_moved_by_the_rules_of_every_redrive(bench: Bench, letters: list[str]) -> None:
    """The same calls on every partition; what the relay wrote about earlier tries goes, what the sender wrote stays."""
    bench.sqs.put(DEAD, "{}", splits="8", first_sent_at="1", error_code="x", status="400", mine="kept", source="sns")
    stub = bench.sqs.put(DEAD, '{"relay_stub":true,"eventType":"track"}', error_code="event_too_large")
    moved = bench.json("dead", "redrive", "--all")
    assert (moved["moved"], moved["stubs"], moved["failed"]) == (31, 1, 0)
    assert [lying.message_id for lying in bench.sqs.visible(DEAD)] == [stub]
    (strange,) = (lying for lying in bench.sqs.queues[QUEUE] if lying.body == "{}")
    assert set(strange.attributes) == {"mine", "source"}
    assert set(bench.sqs.calls) <= {
        "GetQueueAttributes", "ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch",
        "ChangeMessageVisibilityBatch",
    }  # fmt: skip


def test_all_does_not_go_round(bench: Bench, letters: list[str]) -> None:
    """Each letter that is refused again at once stays for the next time."""
    refuse_again(bench)
    assert bench.json("dead", "redrive", "--all")["moved"] == len(letters)
    assert len(bench.sqs.bodies(DEAD)) == 3


def test_a_choice_and_all_exclude_each_other(bench: Bench, letters: list[str]) -> None:
    """Nothing is moved by mistake."""
    assert bench.run("dead", "redrive").exit_code == 2
    assert bench.run("dead", "redrive", "--all", "--reason", "x").exit_code == 2
    assert len(bench.sqs.visible(DEAD)) == len(letters)


def test_an_export_is_its_owners_from_the_first_moment(
    bench: Bench, letters: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the umask; a link in its place is not followed."""
    file = tmp_path / "letters.jsonl"
    modes: list[int] = []
    receive = bench.sqs.receive_message

    def looked_at(**asked: object) -> object:
        # It is written beside its name, and is given it at the end.
        assert not file.exists()
        modes.extend(part.stat().st_mode & 0o777 for part in tmp_path.glob(".letters.jsonl.*"))
        return receive(**asked)  # type: ignore[arg-type]

    bench.sqs.receive_message = looked_at  # type: ignore[method-assign, assignment]
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    before = os.umask(0)
    try:
        assert bench.run("dead", "export", str(file)).exit_code == 0
    finally:
        os.umask(before)
    assert set(modes) == {0o600}
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert bench.run("dead", "export", str(tmp_path / "link")).exit_code == 2
    assert not (tmp_path / "nowhere").exists()


def test_an_export_has_every_letter_and_overwrites_nothing(bench: Bench, letters: list[str], tmp_path: Path) -> None:
    """A JSON object on each line, readable by its owner only; the letters stay."""
    file = tmp_path / "letters.jsonl"
    assert bench.run("dead", "export", str(file)).exit_code == 0
    # Several receives are under way at once: their order is chance.
    assert sorted(json.loads(line)["body"] for line in file.read_text().splitlines()) == sorted(letters)
    assert file.stat().st_mode & 0o077 == 0
    assert len(bench.sqs.visible(DEAD)) == len(letters)
    assert bench.run("dead", "export", str(file)).exit_code == 2


def test_a_time_that_is_none_is_refused(bench: Bench) -> None:
    """The line says how to write one."""
    done = bench.run("dead", "list", "--since", "yesterday")
    assert (done.exit_code, "30m" in done.stderr) == (2, True)


def test_a_slow_redrive_meets_letters_again_and_still_finds_the_rest(bench: Bench, letters: list[str]) -> None:
    """What was passed over shows up again after ten minutes; it is neither the end nor counted twice."""
    send = bench.sqs.send_message_batch

    def slow(**asked: object) -> object:
        answer = send(**asked)  # type: ignore[arg-type]
        bench.sqs.now += 700
        return answer

    bench.sqs.send_message_batch = slow  # type: ignore[method-assign, assignment]
    moved = bench.json("dead", "redrive", "--reason", "type_unknown")
    assert (moved["seen"], moved["moved"]) == (30, 10)
    assert len(bench.sqs.bodies(DEAD)) == 20


def test_nothing_is_sent_within_the_second_of_the_start(
    bench: Bench, letters: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQS tells its time in seconds: what is refused again within that one would be a letter of before."""
    asked, send, begun = bench.sqs.get_queue_attributes, bench.sqs.send_message_batch, bench.sqs.now
    looks: list[float] = []
    sent: list[float] = []

    def stands_still(**what: object) -> object:
        answer = asked(**what)  # type: ignore[arg-type]
        looks.append(begun)
        if len(looks) < 4:
            bench.sqs.now = begun
        return answer

    def noted(**what: object) -> object:
        sent.append(bench.sqs.now)
        return send(**what)  # type: ignore[arg-type]

    bench.sqs.get_queue_attributes = stands_still  # type: ignore[method-assign, assignment]
    bench.sqs.send_message_batch = noted  # type: ignore[method-assign, assignment]
    monkeypatch.setattr("relay_cli.dead_redrive.time.sleep", lambda _: None)
    assert bench.json("dead", "redrive", "--reason", "type_unknown")["moved"] == 10
    assert min(sent) >= begun + 1
