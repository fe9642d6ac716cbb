"""An import is ended in the middle, by force or by Ctrl-C: gone on with, nothing is skipped and no id is another."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from relay_cli.history.job import prepared
from tests.cli.history.conftest import HEADER, row
from tests.cli.history.interrupted_import import EVENTS_A_BATCH
from tests.fakes.served_ingest import ServedIngest

ROOT = Path(__file__).resolve().parents[3]
ROWS = 300
ARGUMENTS = ("crm.csv", "--map", "map.yaml")


class Ended:
    """Runs the import, and does something to its process once the server has seen so many requests since its start."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.server = ServedIngest(seen=self._seen)
        self._left = 0
        self._act: Callable[[int], None] = lambda _: None
        self._process: subprocess.Popen[str] | None = None

    def _seen(self, _number: int) -> None:
        # What a run before has sent and was killed for may come in this one's time: then it is as good as its own.
        self._left -= 1
        if not self._left and self._process:
            self._act(self._process.pid)

    def run(self, after: int = 0, act: Callable[[int], None] = lambda _: None) -> tuple[int, str, str]:
        """Its exit status and what it printed."""
        command = [sys.executable, "-m", "tests.cli.history.interrupted_import", self.server.url, *ARGUMENTS]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/layers/relay"}
        with subprocess.Popen(
            command, cwd=self.here, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            self._process, self._act, self._left = process, act, after
            out, err = process.communicate(timeout=90)
            self._process = None
        return process.returncode, out, err

    def all_ids(self) -> set[str]:
        """Those of an import that is not ended."""
        return set(self.server.ids)


def is_there(pid: int) -> bool:
    """Whether the process still runs; one that has ended and is not waited for does not."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def whole(here: Path) -> set[str]:
    """The ids of the file's events."""
    (here / "crm.csv").write_text(HEADER + "".join(map(row, range(ROWS))))
    with prepared(here / "crm.csv", here / "map.yaml", None, None, lambda _: None).read() as found:
        ids = {made.message_id for chunk in found.events for _, made in chunk}
    assert len(ids) == 2 * ROWS
    return ids


def test_a_killed_import_goes_on_where_it_was(here: Path, whole: set[str]) -> None:
    """Killed while batches are on their way, again and again: at worst these are sent twice, under the same ids."""
    ended = Ended(here)
    kills = (1, 3, 5)
    with ended.server:
        for number in kills:
            assert ended.run(number, lambda pid: os.kill(pid, signal.SIGKILL))[0] == -signal.SIGKILL
        assert ended.run()[0] == 0
    assert ended.all_ids() == whole
    by_id: dict[str, set[str]] = {}
    for event in ended.server.events:
        by_id.setdefault(event["messageId"], set()).add(repr(event))
    assert {len(texts) for texts in by_id.values()} == {1}
    # Two batches of each connection.
    on_their_way = 2 * 4 * EVENTS_A_BATCH
    assert len(ended.server.ids) - len(whole) <= len(kills) * on_their_way


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_import_says_how_many_were_taken(here: Path, whole: set[str], number: signal.Signals) -> None:
    """What is on its way is waited for: that many are on the queue, and none is sent twice after."""
    ended = Ended(here)
    with ended.server:
        status, out, err = ended.run(5, lambda pid: os.kill(pid, number))
        taken = len(ended.server.ids)
        said = re.search(r"relay: interrupted: ([\d,]+) events taken: give the same command once more to go on", err)
        assert (status, bool(said), "Traceback" in err) == (128 + number, True, False)
        assert said
        assert int(said[1].replace(",", "")) == taken
        assert taken < len(whole)
        assert f"records read, {taken:,} events taken" in out
        assert ended.run()[0] == 0
    assert ended.server.ids == sorted(whole)


def test_ctrl_c_again_and_again_ends_it_at_once(here: Path, whole: set[str]) -> None:
    """While an answer is waited for; what was answered is known, the rest is sent again."""
    ended = Ended(here)

    def press(pid: int) -> None:
        # No answer before it has ended: then its number is nobody's.
        while is_there(pid):
            os.kill(pid, signal.SIGINT)
            gone.wait(0.05)

    gone = threading.Event()
    with ended.server:
        status, _, err = ended.run(3, press)
        assert status == 130
        assert "ends as soon as the relay has answered what is on its way" in err
        assert re.search(r"interrupted: [\d,]+ events taken; what was on its way may be, too", err)
        assert "Traceback" not in err
        assert ended.run()[0] == 0
    assert ended.all_ids() == whole
