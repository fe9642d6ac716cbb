"""The garbage collector rests while a function starts, and only then."""

import gc
import os
import subprocess
import sys

import pytest

from dreamdata_relay import startup


def test_the_collector_rests_from_the_import_on_until_all_is_imported() -> None:
    script = "from dreamdata_relay import startup; print(gc.isenabled()); startup.imported(); print(gc.isenabled())"
    assert _said_by(script) == ["False", "True"]


def test_what_is_made_is_made_uncollected() -> None:
    assert startup.uncollected(gc.isenabled)() is False
    assert gc.isenabled()


def test_the_collector_works_again_though_nothing_could_be_made() -> None:
    def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        startup.uncollected(fails)()
    assert gc.isenabled()


@pytest.mark.parametrize("handler", ["ingest_handler", "deliver_handler"])
def test_a_handler_leaves_the_collector_working(handler: str) -> None:
    assert _said_by(f"import {handler}; print(gc.isenabled())") == ["True"]


def _said_by(script: str) -> list[str]:
    """What a fresh process prints, in words."""
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", f"import gc; {script}"], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.split()
