"""A file that the command makes is its owner's alone, and nothing that is there already is opened for it."""

import os
from pathlib import Path

import pytest

from relay_cli.exports import for_its_owner


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
