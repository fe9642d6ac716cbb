"""What tests leave running is found and ended."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.places import ROOT
from local.processes import environment, of_owner
from local.waiting import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def left_over(folder: Path, *, with_a_child: bool = False) -> list[str]:
    """What a session of its own finds: the one that this test is in has other children."""
    code = f"""
import json, subprocess, sys
from pathlib import Path
from tests import leftovers
leftovers._END_S = 0.2
child = subprocess.Popen({SLEEP!r}) if {with_a_child} else None
print(json.dumps([child and child.pid, leftovers.left_over(Path({str(folder)!r}))]))
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=env, capture_output=True, check=True)
    pid, said = json.loads(done.stdout)
    if pid:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    return list(said)


def serve(owner: str) -> None:
    """A server of the stack ``owner``, whose starter ends at once."""
    code = f"import subprocess; subprocess.Popen({SLEEP!r}, start_new_session=True)"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=environment(owner), check=True)
    wait_until(lambda: len(of_owner(owner)) == 1 or None, 10, "the server")


def test_a_child_is_found_and_ended(tmp_path: Path) -> None:
    [said] = left_over(tmp_path, with_a_child=True)

    assert "time.sleep(600)" in said


def test_so_is_a_server_of_a_stack_whose_starter_has_ended(tmp_path: Path) -> None:
    serve(str(tmp_path / "stack"))

    [said] = left_over(tmp_path)

    assert "time.sleep(600)" in said
    assert of_owner(str(tmp_path / "stack")) == []


def test_one_of_another_folder_is_let_be(tmp_path: Path) -> None:
    """Another session's, or the user's own stack."""
    theirs = str(tmp_path / "theirs")
    serve(theirs)

    assert left_over(tmp_path / "ours") == []

    [process] = of_owner(theirs)
    process.kill()
    process.wait(60)
