"""An operator with dead letters that a redrive does not mend: exported, deleted, imported, edited."""

import json
import os
import shlex
import subprocess
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.patience import patient
from local.stack import Stack
from local.waiting import wait_until
from tests.e2e.test_operator import COMMAND, environment, letters_by_reason, put_on_queue, relay, told

SECONDS = 60
EACH = 12


def wait_for_letters(stack: Stack, user: str, reasons: Mapping[str, int]) -> None:
    wait_until(lambda: True if letters_by_reason(stack, user) == reasons else None, SECONDS, f"dead letters {reasons}")


def edit(stack: Stack, tmp_path: Path, message_id: str, lines: str) -> subprocess.CompletedProcess[str]:
    """`relay dead edit` with an editor that runs some lines of Python on ``text``, and notes its file's name."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1])\n"
        f"pathlib.Path({str(tmp_path / 'name')!r}).write_text(str(file))\n"
        f"text = file.read_text()\n{lines}\nfile.write_text(text)\n"
    )
    return subprocess.run(
        [COMMAND, "--local", "dead", "edit", message_id],
        env={**environment(stack), "TMPDIR": str(tmp_path), "EDITOR": shlex.join([sys.executable, str(script)])},
        capture_output=True,
        text=True,
        timeout=patient(SECONDS),
        check=False,
    )


@pytest.mark.timeout(400)
def test_letters_are_deleted_into_a_file_mended_there_and_imported(stack: Stack, tmp_path: Path) -> None:
    """What was right in the file is delivered, once; what was not comes back as a dead letter when it is wished so."""
    user, since = str(uuid.uuid4()), datetime.now(UTC).isoformat()
    names = [str(uuid.uuid4()) for _ in range(EACH)]
    put_on_queue(
        stack,
        *({"type": "pageview", "userId": user, "messageId": name} for name in names),
        *({"type": "track", "userId": user} for _ in range(2)),
    )
    both = {"type_unknown": EACH, "event_name_missing": 2}
    wait_for_letters(stack, user, both)
    exported, deleted = tmp_path / "exported.jsonl", tmp_path / "deleted.jsonl"
    assert told(stack, "dead", "export", str(exported), "--since", since)["exported"] == EACH + 2

    # Without a terminal, and without a yes.
    assert relay(stack, "dead", "delete", "--since", since, typed="y\n").returncode == 2
    assert letters_by_reason(stack, user) == both
    done = told(stack, "dead", "delete", "--since", since, "--yes", "--export", str(deleted))
    assert (done["deleted"], done["file"]) == (EACH + 2, str(deleted))
    assert letters_by_reason(stack, user) == {}
    assert sorted(deleted.read_text().splitlines()) == sorted(exported.read_text().splitlines())
    assert deleted.stat().st_mode & 0o077 == 0

    refused = told(stack, "dead", "import", str(deleted), "--dry-run", status=1)
    assert (refused["chosen"], refused["failed"], len(refused["errors"])) == (0, EACH + 2, EACH + 2)
    deleted.write_text(deleted.read_text().replace(r"\"pageview\"", r"\"page\""))
    sent = told(stack, "dead", "import", str(deleted), status=1)
    assert (sent["sent"], {error["code"] for error in sent["errors"]}) == (EACH, {"event_name_missing"})
    stack.sandbox.wait_for_ids(names, SECONDS)
    delivered = [event.message_id for event in stack.sandbox.events() if user in event.raw]
    assert sorted(delivered) == sorted(names)
    assert letters_by_reason(stack, user) == {}

    tracks = tmp_path / "tracks.jsonl"
    tracks.write_text("".join(line + "\n" for line in deleted.read_text().splitlines() if "event_name_missing" in line))
    assert told(stack, "dead", "import", str(tracks), "--as-is")["sent"] == 2
    wait_for_letters(stack, user, {"event_name_missing": 2})


@pytest.mark.timeout(300)
def test_a_letter_is_mended_in_an_editor(stack: Stack, tmp_path: Path) -> None:
    """Unchanged or still wrong it stays; mended it is delivered, and no letter and no file is left."""
    user, name = str(uuid.uuid4()), str(uuid.uuid4())
    put_on_queue(stack, {"type": "track", "userId": user, "messageId": name, "properties": {"sum": 4.50}})
    wait_for_letters(stack, user, {"event_name_missing": 1})

    done = edit(stack, tmp_path, name, "")
    assert (done.returncode, done.stderr.startswith("unchanged: ")) == (0, True), done.stderr
    done = edit(stack, tmp_path, name, "text = text.replace('track', 'tracks')")
    assert (done.returncode, "it would be refused: type_unknown" in done.stderr) == (1, True), done.stderr
    assert letters_by_reason(stack, user) == {"event_name_missing": 1}

    done = edit(stack, tmp_path, name, """text = text.replace('"track"', '"track", "event": "Paid"')""")
    assert done.returncode == 0, done.stderr
    stack.sandbox.wait_for_ids([name], SECONDS)
    (event,) = (event for event in stack.sandbox.events() if user in event.raw)
    assert json.loads(event.raw)["event"] == "Paid"
    assert letters_by_reason(stack, user) == {}
    assert not os.path.lexists((tmp_path / "name").read_text())
    assert edit(stack, tmp_path, name, "").returncode == 1
