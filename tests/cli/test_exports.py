"""A file that the command makes is its owner's alone, and nothing that is there already is opened for it."""

import os
from pathlib import Path

import pytest

from relay_cli.errors import WrongInput
from relay_cli.exports import for_its_owner, written_aside


@pytest.mark.parametrize("flags", [os.O_WRONLY, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_CREAT | os.O_EXCL])
def test_a_planted_link_is_not_followed(tmp_path: Path, flags: int) -> None:
    """Neither to a file that is there nor to one that would be made."""
    (tmp_path / "there").write_text("kept")
    for target in ("there", "nowhere"):
        (tmp_path / f"link-{target}").symlink_to(tmp_path / target)

        with pytest.raises(FileExistsError):
            for_its_owner(str(tmp_path / f"link-{target}"), flags)

    assert (tmp_path / "there").read_text() == "kept"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("mode", ["x", "w"])
def test_a_new_file_is_its_owners_alone(tmp_path: Path, mode: str) -> None:
    with open(tmp_path / "new", mode, encoding="utf-8", opener=for_its_owner) as written:
        written.write("a")

    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """Somebody else's: neither it is lost nor anything left beside it."""
    file = tmp_path / "letters.jsonl"

    def export() -> None:
        with written_aside(file) as written:
            written.write("a letter")
            file.write_text("somebody else's")

    with pytest.raises(WrongInput, match="is there already"):
        export()

    assert file.read_text() == "somebody else's"
    assert list(tmp_path.iterdir()) == [file]
