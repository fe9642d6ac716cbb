"""`relay dead edit`: a mended letter goes to the queue, and only then the old one; else nothing happens."""

import json
import os
import re
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relay_cli.letters import Letter
from relay_cli.refused_ahead import Fault, faults_of
from tests.cli.conftest import DEAD, QUEUE, Bench
from tests.cli.test_dead_interrupted import interrupt_in

BODY = '{"type": "track", "userId": "u7", "messageId": "order-7", "properties": {"sum": 1E2}}'
MENDED = '{"type":"track","event":"Paid","userId":"u7","messageId":"order-7","properties":{"sum":1E2}}'
MEND = """text = text.replace('"track",', '"track", "event": "Paid",')"""
STAYS = "nothing was sent, and the dead letter stays as it is"


@pytest.fixture(autouse=True)
def terminal() -> Iterator[None]:
    """A closed terminal ends the command, also where the tests themselves run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def letter(bench: Bench) -> str:
    """The one that wants mending, between others."""
    bench.sqs.put(DEAD, "{}", error_code="type_unknown")
    found = bench.sqs.put(
        DEAD, BODY, error_code="event_name_missing", source="http:shop", splits="8", status="400", mine="kept"
    )
    bench.sqs.put(DEAD, "{}", error_code="type_unknown")
    return found


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """An editor that runs some lines of Python on ``text``; it notes where the file lies, and its mode."""
    seen = tmp_path / "seen"

    def scripted(lines: str = "", variable: str = "EDITOR") -> Path:
        script = tmp_path / "an editor.py"
        script.write_text(
            "import os, pathlib, signal, sys, time\n"
            "file = pathlib.Path(sys.argv[-1])\n"
            "modes = [oct(path.stat().st_mode & 0o777) for path in (file, file.parent)]\n"
            f"pathlib.Path({str(seen)!r}).write_text(' '.join([str(file), *modes]))\n"
            "(file.parent / 'a backup').write_text('of the editor')\n"
            f"text = file.read_text()\n{lines}\nfile.write_text(text)\n"
        )
        monkeypatch.setenv(variable, shlex.join([sys.executable, str(script)]))
        return seen

    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return scripted


def kept_in(tmp_path: Path) -> list[Path]:
    """The files in which something that was typed is kept."""
    return list((tmp_path / "temporary").iterdir())


def is_untouched(bench: Bench) -> bool:
    """All three letters are there and visible, and nothing was sent."""
    return [lying.body for lying in bench.sqs.visible(DEAD)] == ["{}", BODY, "{}"] and not bench.sqs.bodies(QUEUE)


def is_gone(seen: Path) -> bool:
    """The file, and all that was beside it."""
    return not Path(seen.read_text().rsplit(" ", 2)[0]).parent.exists()


@pytest.mark.parametrize("named", ["m1", "order-7"])
def test_a_mended_letter_goes_to_the_queue(bench: Bench, letter: str, editor: Callable[..., Path], named: str) -> None:
    """With where it came from, without what the relay wrote about the failure; the others stay, visible."""
    seen = editor(MEND)
    done = bench.run("dead", "edit", named)
    assert (done.exit_code, "the dead letter m1 is deleted" in done.stdout) == (0, True)
    (sent,) = bench.sqs.queues[QUEUE]
    assert (sent.body, set(sent.attributes)) == (MENDED, {"source", "mine"})
    assert [lying.body for lying in bench.sqs.visible(DEAD)] == ["{}", "{}"]
    assert is_gone(seen)


def test_the_file_is_its_owners(bench: Bench, letter: str, editor: Callable[..., Path]) -> None:
    """Whatever the umask; so is the folder, where editors keep copies."""
    seen = editor()
    before = os.umask(0)
    try:
        bench.run("dead", "edit", "m1")
    finally:
        os.umask(before)
    assert seen.read_text().split()[-2:] == ["0o600", "0o700"]
    assert is_gone(seen)


def test_visual_comes_before_editor(bench: Bench, letter: str, editor: Callable[..., Path]) -> None:
    """As everywhere."""
    editor(MEND, "VISUAL")
    os.environ["EDITOR"] = "/nonexistent"
    assert bench.json("dead", "edit", "m1") == {"id": "m1", "sent": True, "deleted": True}


@pytest.mark.parametrize("command", ["", " ", "/nonexistent/editor", "'"])
def test_without_an_editor_nothing_happens(
    bench: Bench, letter: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Status 2, and what to set."""
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", command)
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, done.stderr.count("\n"), is_untouched(bench)) == (2, 1, True)
    assert "editor" in done.stderr or "EDITOR" in done.stderr


@pytest.mark.parametrize("lines", ["", "text = text.replace(' ', '').replace('\\n', '')", "text += '\\n\\n'"])
def test_what_is_unchanged_is_not_sent(bench: Bench, letter: str, editor: Callable[..., Path], lines: str) -> None:
    """However it is laid out now."""
    seen = editor(lines)
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"unchanged: {STAYS}\n")
    assert (is_untouched(bench), is_gone(seen)) == (True, True)
    assert bench.json("dead", "edit", "m1") == {"id": "m1", "sent": False, "deleted": False}


@pytest.mark.parametrize(
    ("left", "why"),
    [
        ('{"type": "track", "userId": "u7"}', "event_name_missing: "),
        ('{"type": "tracks", "userId": "u7"}', "type_unknown: "),
        ('{"type": "identify"}', "identity_missing: "),
        ('{"type": "identify", "userId": "u7",}', "message_not_json: "),
        ("", "message_empty: "),
        ("[]", "message_not_event: "),
        ('[{"type":"track","userId":"u"},{"type":"identify","userId":"u"}]', "event_name_missing: "),
        ('{"relay_stub": true, "type": "identify", "userId": "u7"}', "stub: "),
        ('{"type": "identify", "userId": "' + "x" * 600_000 + '"}', "event_too_large: "),
        ('{"type": "identify", "userId": "' + "x" * 1_100_000 + '"}', "too_large_for_sqs: "),
        ('{"type": "identify", "userId": "\uffff"}', "not_for_sqs: "),
    ],
)
def test_what_would_be_refused_is_not_sent(
    bench: Bench, letter: str, editor: Callable[..., Path], tmp_path: Path, left: str, why: str
) -> None:
    """Status 1 and the reason that it would have as a dead letter; nothing of the letter is in it."""
    (tmp_path / "left").write_text(left)
    seen = editor(f"text = pathlib.Path({str(tmp_path / 'left')!r}).read_text()")
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"it would be refused: {why}" in done.stderr
    assert done.stderr.endswith(f"relay: {STAYS}\n")
    # The name of the file that it is kept in is made of chance.
    assert "u7" not in re.sub(r"relay-letter-\w+", "", done.stderr)
    assert (is_untouched(bench), is_gone(seen)) == (True, True)
    (kept,) = kept_in(tmp_path)
    assert kept.read_text() == left
    assert kept.stat().st_mode & 0o077 == 0
    assert f"what was typed is kept in {kept}: relay --stack shop dead edit --from {kept} m1\n" in done.stderr


def test_what_was_kept_is_gone_on_with(bench: Bench, letter: str, editor: Callable[..., Path], tmp_path: Path) -> None:
    """The editor begins with it, and it is compared with the letter as it is: nothing more has to be typed."""
    editor(MEND + "\ntext = text.replace('userId', 'user')")
    assert bench.run("dead", "edit", "m1").exit_code == 1
    (kept,) = kept_in(tmp_path)
    editor("text = text.replace('user', 'userId')")
    assert bench.run("dead", "edit", "m1", "--from", str(kept)).exit_code == 0
    assert bench.sqs.bodies(QUEUE) == [MENDED]
    assert kept_in(tmp_path) == [kept]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("file.write_text('typed'); sys.exit(3)", 1),
        ("file.write_bytes(b'typed' + bytes([255])); os._exit(0)", 1),
        ("file.write_text('typed'); os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)", 130),
        ("file.write_text('typed'); os.kill(os.getppid(), signal.SIGINT); sys.exit(1)", 130),
    ],
)
def test_what_was_typed_is_kept_though_the_editor_failed(
    bench: Bench, letter: str, editor: Callable[..., Path], tmp_path: Path, lines: str, status: int
) -> None:
    """As far as it was written."""
    editor(lines)
    assert bench.run("dead", "edit", "m1").exit_code == status
    (kept,) = kept_in(tmp_path)
    assert kept.read_bytes().startswith(b"typed")


def test_what_was_typed_is_kept_whatever_comes_between(
    bench: Bench, letter: str, editor: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue that does not take it, an AWS that fails, an interrupt; not once the queue has it."""
    editor(MEND)
    bench.sqs.refuses = frozenset([MENDED])
    assert bench.run("dead", "edit", "m1").exit_code == 1
    assert len(kept_in(tmp_path)) == 1
    bench.sqs.raises_on = "SendMessageBatch"
    assert bench.run("dead", "edit", "m1").exit_code == 4
    assert len(kept_in(tmp_path)) == 2
    bench.sqs.refuses, bench.sqs.raises_on = frozenset(), "DeleteMessageBatch"
    assert bench.run("dead", "edit", "m1").exit_code == 4
    assert len(kept_in(tmp_path)) == 2
    bench.sqs.raises_on = ""
    # The second look: four receives of the first, and four that find nothing any more.
    interrupt_in(bench, monkeypatch, "receive_message", 5)
    assert bench.run("dead", "edit", "m1").exit_code == 130
    assert len(kept_in(tmp_path)) == 3


def test_what_is_unchanged_or_untouched_is_not_kept(
    bench: Bench, letter: str, editor: Callable[..., Path], tmp_path: Path
) -> None:
    """There is nothing to keep, nor where it was sent."""
    editor("sys.exit(1)")
    bench.run("dead", "edit", "m1")
    editor("")
    bench.run("dead", "edit", "m1")
    editor(MEND)
    assert bench.run("dead", "edit", "m1").exit_code == 0
    assert kept_in(tmp_path) == []


def test_a_folder_that_is_full_is_told(
    bench: Bench, letter: str, editor: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason that it was to be kept for is told all the same."""
    editor("text = '{}'")

    def full(**_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, "could not be kept: No space left" in done.stderr, STAYS in done.stderr) == (1, True, True)


def test_how_many_events_would_be_refused_is_said(bench: Bench, letter: str, editor: Callable[..., Path]) -> None:
    """Of a letter with several."""
    editor("""text = '{"batch": [{"type":"track","userId":"u"},{"type":"identify","userId":"u"},{"type":"x"}]}'""")
    done = bench.run("dead", "edit", "m1")
    assert "string that is not empty (1 of 3 events)" in done.stderr
    assert "it would be refused: type_unknown: " in done.stderr


@pytest.mark.parametrize(
    ("lines", "status", "said"),
    [
        ("sys.exit(3)", 1, "ended with status 3: nothing was changed"),
        ("file.unlink(); os._exit(0)", 1, "cannot be read: No such file or directory; nothing was changed"),
        ("file.write_bytes(b'\\xff'); os._exit(0)", 1, "cannot be read: it is not UTF-8; nothing was changed"),
        ("os.kill(os.getppid(), signal.SIGTERM); time.sleep(60)", 130, "interrupted: nothing was changed"),
        ("os.kill(os.getppid(), signal.SIGHUP); time.sleep(60)", 130, "interrupted: nothing was changed"),
        ("os.kill(os.getppid(), signal.SIGINT); os.kill(os.getpid(), signal.SIGINT)", 130, "interrupted: nothing"),
    ],
)
def test_an_editor_that_fails_or_is_ended_changes_nothing(
    bench: Bench, letter: str, editor: Callable[..., Path], lines: str, status: int, said: str
) -> None:
    """And leaves no file."""
    seen = editor(lines)
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, said in done.stderr) == (status, True)
    assert (is_untouched(bench), is_gone(seen)) == (True, True)


def test_a_ctrl_c_that_the_editor_lives_through_is_its_own(
    bench: Bench, letter: str, editor: Callable[..., Path]
) -> None:
    """In some it ends a search."""
    editor("os.kill(os.getppid(), signal.SIGINT)\n" + MEND)
    assert bench.run("dead", "edit", "m1").exit_code == 0
    assert bench.sqs.bodies(QUEUE) == [MENDED]


def test_a_letter_that_is_gone_meanwhile_is_not_sent_again(
    bench: Bench, letter: str, editor: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another command has moved it, perhaps: it would be there twice."""
    editor(MEND)

    def meanwhile(mended: Letter) -> list[Fault]:
        del bench.sqs.queues[DEAD][1]
        return faults_of(mended)

    monkeypatch.setattr("relay_cli.dead_edit.faults_of", meanwhile)
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, f"hidden by another command, or gone: {STAYS}" in done.stderr) == (1, True)
    assert bench.sqs.bodies(QUEUE) == []
    assert len(bench.sqs.visible(DEAD)) == 2


def test_there_is_no_such_letter(bench: Bench, letter: str, editor: Callable[..., Path]) -> None:
    """No editor is opened."""
    seen = editor(MEND)
    done = bench.run("dead", "edit", "gone")
    assert (done.exit_code, seen.exists(), is_untouched(bench)) == (1, False, True)


def test_what_the_queue_does_not_take_stays(bench: Bench, letter: str, editor: Callable[..., Path]) -> None:
    """Said by an answer or by an error."""
    editor(MEND)
    bench.sqs.refuses = frozenset([MENDED])
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, "the queue did not take it" in done.stderr, is_untouched(bench)) == (1, True, True)
    bench.sqs.raises_on = "SendMessageBatch"
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, "the dead letter stays as it is" in done.stderr, is_untouched(bench)) == (4, True, True)


def test_what_cannot_be_deleted_is_told(bench: Bench, letter: str, editor: Callable[..., Path]) -> None:
    """With what to type."""
    editor(MEND)
    bench.sqs.keeps = frozenset([BODY])
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, "relay --stack shop dead delete --id m1" in done.stderr) == (1, True)
    bench.sqs.raises_on = "DeleteMessageBatch"
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, "relay --stack shop dead delete --id m1" in done.stderr) == (4, True)
    assert bench.sqs.bodies(QUEUE) == [MENDED, MENDED]
    assert len(bench.sqs.visible(DEAD)) == 3


@pytest.mark.parametrize("number", [1, 2])
def test_an_interrupted_look_changes_nothing(
    bench: Bench, letter: str, editor: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Before the editor and after it."""
    editor(MEND)
    interrupt_in(bench, monkeypatch, "receive_message", number)
    done = bench.run("dead", "edit", "m1")
    assert (done.exit_code, is_untouched(bench)) == (130, True)


def test_an_interrupted_send_is_finished(
    bench: Bench, letter: str, editor: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on the queue: the old one goes."""
    editor(MEND)
    interrupt_in(bench, monkeypatch, "send_message_batch", 1)
    assert bench.run("dead", "edit", "m1").exit_code == 0
    assert (bench.sqs.bodies(QUEUE), bench.sqs.bodies(DEAD)) == ([MENDED], ["{}", "{}"])


def test_under_nohup_a_closed_terminal_is_ignored(bench: Bench, letter: str, editor: Callable[..., Path]) -> None:
    """As it was meant."""
    editor("os.kill(os.getppid(), signal.SIGHUP)\n" + MEND)
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert bench.run("dead", "edit", "m1").exit_code == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_with_json_the_editors_own_output_is_not_in_the_result(
    bench: Bench, letter: str, editor: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """It goes where everything else goes."""
    editor("print('of the editor')")
    told: Any = json.loads(bench.run("dead", "edit", "m1", "--json").stdout)
    out, err = capfd.readouterr()
    assert (told["sent"], "of the editor" in out, "of the editor" in err) == (False, False, True)
