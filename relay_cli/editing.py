"""Opens a text in the operator's own editor, in a file that only they can read and that is always removed."""

import shlex
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import typer

from relay_cli.errors import NotAsWished, WrongInput
from relay_cli.exports import for_its_owner
from relay_cli.interrupts import INTERRUPTED, Interrupts
from relay_cli.output import say

# Asked to end, the command ends its editor, too.
_LOOK_S = 0.2
_END_S = 5.0
_STDERR = 2


def editor_of(environment: Mapping[str, str]) -> list[str]:
    """Return the command in VISUAL, or else in EDITOR. Raises WrongInput."""
    try:
        found = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "")
    except ValueError as error:
        raise WrongInput(f"VISUAL or EDITOR is no command: {error}") from None
    if not found:
        raise WrongInput("which editor? Set VISUAL or EDITOR")
    return found


def edited(text: str, editor: Sequence[str], to_stderr: bool, keep: Callable[[bytes], None]) -> str:
    """Return ``text`` as the editor left it; ``to_stderr``: stdout is for a script.

    Raises NotAsWished if the editor failed, and exits with status 130 if it was interrupted; ``keep`` gets what was
    typed until then. If an editor continues after Ctrl-C, it has handled it itself.
    """
    # Only its owner can enter the folder: what an editor keeps beside the file is gone with it as well.
    with Interrupts() as interrupted, tempfile.TemporaryDirectory(prefix="relay-") as folder:
        file = Path(folder) / "letter.json"
        with open(file, "x", encoding="utf-8", newline="", opener=for_its_owner) as written:
            written.write(text)
        with interrupted.of_another():
            status = _run([*editor, str(file)], interrupted, to_stderr)
        left, why = _left_in(file)
        if (status or interrupted.to_end) and left not in (b"", text.encode()):
            keep(left)
        if interrupted.to_end or (status and interrupted()):
            say("relay: interrupted: nothing was changed")
            raise typer.Exit(INTERRUPTED)
        if status:
            raise NotAsWished(f"the editor {editor[0]} ended with status {status}: nothing was changed")
        interrupted.forget()
        try:
            if not why:
                return left.decode("utf-8")
        except UnicodeDecodeError:
            keep(left)
            why = "it is not UTF-8"
        raise NotAsWished(f"what the editor left cannot be read: {why}; nothing was changed")


def _left_in(file: Path) -> tuple[bytes, str]:
    """Return the file's content, and why it cannot be used."""
    try:
        return file.read_bytes(), ""
    except OSError as error:
        return b"", error.strerror or type(error).__name__


def _run(command: list[str], interrupted: Interrupts, to_stderr: bool) -> int:
    try:
        running = subprocess.Popen(command, stdout=_STDERR if to_stderr else None)  # noqa: S603  # the operator's own
    except OSError as error:
        raise WrongInput(f"the editor {command[0]} cannot be started: {error.strerror}") from None
    while True:
        try:
            return running.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            if interrupted.to_end:
                return _ended(running)


def _ended(running: "subprocess.Popen[bytes]") -> int:
    running.terminate()
    try:
        return running.wait(_END_S)
    except subprocess.TimeoutExpired:
        running.kill()
        return running.wait()
