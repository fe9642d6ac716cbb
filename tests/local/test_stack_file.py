"""The stack file tells the agreed members, is its owner's only, and a broken one is told in a line."""

import json
import stat
from pathlib import Path

import pytest

from local.errors import LocalError
from local.places import StateDir
from local.processes import Background
from local.stack import Stack

# What every tool may rely on.
CONTRACT = {
    "api_url", "ingest_key", "queue_url", "dead_letter_queue_url", "sandbox_url", "sandbox_key", "aws_endpoint_url",
    "region", "dreamdata_secret_id", "ingest_keys_secret_id", "page_url", "api_https_url", "ca_file", "ca_bundle_file",
}  # fmt: skip


def stack_in(folder: Path) -> Stack:
    texts = {name: name for name in CONTRACT | {"stack_name", "started_at", "source_hash"}}
    gone = Background("emulator", 2**22 + 1, 0.0, "/logs/emulator.log")
    return Stack(**texts, state_dir=str(folder), outputs={}, functions={}, logs={}, processes=(gone,))


def test_a_stack_is_read_as_it_was_written(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    stack.save()

    assert Stack.load(StateDir(tmp_path)) == stack
    assert json.loads((tmp_path / "stack.json").read_text()).keys() >= CONTRACT


def test_the_file_with_the_keys_is_for_its_owner_only(tmp_path: Path) -> None:
    stack_in(tmp_path).save()

    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["stack.json"]


def test_without_a_stack_one_is_told_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="make up"):
        Stack.load(StateDir(tmp_path))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"processes": [{}]}', '{"processes": 1}'])
def test_a_broken_file_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)

    with pytest.raises(LocalError, match="make down"):
        Stack.load(StateDir(tmp_path))


def test_a_process_that_has_ended_is_named_with_its_log(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=r"emulator has ended.*/logs/emulator\.log"):
        stack_in(tmp_path).check()


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY_LOCAL_DIR", str(tmp_path))

    assert StateDir.default() == StateDir(tmp_path)
