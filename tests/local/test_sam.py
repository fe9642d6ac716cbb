"""A build is made anew when its sources change, and SAM's failures are told in a line."""

from pathlib import Path

import pytest

from local import sam
from local.errors import LocalError
from local.places import tool


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("template.yaml", "samconfig.toml", "functions/ingest/handler.py", "layers/relay/code.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.setattr(sam, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["template.yaml", "functions/ingest/handler.py", "layers/relay/new.py"])
def test_a_changed_source_changes_the_hash(project: Path, name: str) -> None:
    before = sam.source_hash()
    (project / name).write_text("changed")

    assert sam.source_hash() != before


def test_what_is_built_from_the_sources_does_not_change_the_hash(project: Path) -> None:
    before = sam.source_hash()
    (project / "layers" / "relay" / "__pycache__").mkdir()
    (project / "layers" / "relay" / "__pycache__" / "code.pyc").write_bytes(b"x")

    assert sam.source_hash() == before


def test_a_missing_source_is_told(project: Path) -> None:
    (project / "template.yaml").unlink()

    with pytest.raises(LocalError, match=r"template\.yaml is missing"):
        sam.source_hash()


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("Build Failed\nError: Make failed: no wheel\nmore\nmake: *** Error 1\n", "Error: Make failed: no wheel more"),
        ("Error: first\nretrying\nError: last", "Error: last"),
        ("Traceback\n  x\nKeyError: 'a'\n", "x KeyError: 'a'"),
        ("", "it said nothing"),
    ],
)  # fmt: skip
def test_the_reason_is_picked_out_of_the_output(output: str, told: str) -> None:
    assert sam.reason(output) == told


def test_a_missing_tool_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.places.TOOLS", tmp_path)

    with pytest.raises(LocalError, match=r"tools/setup\.py"):
        tool("sam", "sam")
