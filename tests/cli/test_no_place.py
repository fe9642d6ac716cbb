"""There is no place for what a command prints: the disk is full, a stream is closed, the reader is gone."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from relay_cli import output
from relay_cli.app import app
from relay_cli.main import options_first
from tests.cli.conftest import DEAD, DREAMDATA, KEYS, Bench

ROOT = Path(__file__).resolve().parents[2]
NO_PLACE = "the result could not be written"


def full() -> TextIO:
    return Path("/dev/full").open("w", encoding="utf-8")


def gone() -> TextIO:
    """A pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


@contextlib.contextmanager
def kept(stream: TextIO) -> Iterator[TextIO]:
    """What could not be written cannot be at the end, either."""
    try:
        yield stream
    finally:
        with contextlib.suppress(OSError):
            stream.close()


def run(stream: TextIO, *arguments: str) -> int:
    with kept(stream), contextlib.redirect_stdout(stream):
        return int(app(options_first(["--stack", "shop", *arguments]), standalone_mode=False) or 0)


@pytest.mark.parametrize("json_", [(), ("--json",)])
@pytest.mark.parametrize(
    "command", [("status",), ("dead", "list"), ("keys", "list"), ("key", "check"), ("dead", "redrive", "--all")]
)
def test_a_full_disk_is_a_sentence(
    bench: Bench, capsys: pytest.CaptureFixture[str], command: tuple[str, ...], json_: tuple[str, ...]
) -> None:
    """And a status of its own, which is neither that all is well nor that something wants attention."""
    bench.sqs.put(DEAD, "{}", error_code="type_unknown")
    assert run(full(), *command, *json_) == 2
    assert f"relay: {NO_PLACE}: No space left on device" in capsys.readouterr().err
    hidden = len(bench.sqs.queues.get(DEAD, [])) - len(bench.sqs.visible(DEAD))
    assert not hidden


@pytest.mark.parametrize("json_", [(), ("--json",)])
@pytest.mark.parametrize("stream", [full, gone])
def test_a_new_key_that_nobody_has_seen_is_told(
    bench: Bench, capsys: pytest.CaptureFixture[str], stream: type[TextIO], json_: tuple[str, ...]
) -> None:
    """It is in the secret, and shown nowhere again."""
    assert run(stream(), "keys", "add", "shop", *json_) == 1
    said = capsys.readouterr().err
    assert "shop is made, and its key could not be shown: relay --stack shop keys revoke --force shop" in said
    assert "is let in" not in said
    members = json.loads(bench.secrets.get_secret_value(SecretId=KEYS)["SecretString"])
    assert "shop" in members
    assert members["shop"] not in said


@pytest.mark.parametrize("stream", [full, gone])
def test_where_nobody_can_be_told_the_work_goes_on(bench: Bench, stream: type[TextIO]) -> None:
    """What is said besides the result stops no command in the middle."""
    bench.sqs.put(DEAD, "{}", error_code="type_unknown")
    with kept(stream()) as lost, contextlib.redirect_stderr(lost):
        output.progress().console.print("progress")
        assert bench.run("key", "set", typed="another-key\n").exit_code == 0
        assert app(["--stack", "shop", "dead", "redrive", "--all"], standalone_mode=False) in (None, 0)
    assert "another-key" in bench.secrets.get_secret_value(SecretId=DREAMDATA)["SecretString"]
    assert bench.sqs.bodies(DEAD) == []


@pytest.mark.parametrize(
    ("command", "streams"),
    [
        ("--help", ">&-"),
        ("--help", "> /dev/full"),
        ("status --minutes x", "2>&-"),
        ("--stack '' status", "<&- >&- 2>&-"),
    ],
)
def test_a_stream_that_is_closed_leaves_no_trace(tmp_path: Path, command: str, streams: str) -> None:
    """A connection that took its number would be written to."""
    done = subprocess.run(  # noqa: S602  # a shell closes the streams
        f"{sys.executable} -S -P {ROOT}/relay_cli/__main__.py {command} {streams}",
        shell=True, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode in (2, 3)
