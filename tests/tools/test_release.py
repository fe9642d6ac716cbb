"""One version everywhere, and a release that takes what is unreleased out of the changelog."""

import tomllib
from pathlib import Path

import pytest

from tools import release
from tools.release import COPIES, ROOT, ReleaseError, check_next, copied, released, section_of, version

CHANGELOG = "# Changelog\n\n## Unreleased\n\n- New.\n\n### Fixed\n\n- Old.\n\n## 0.1.0 (2026-01-02)\n\n- First.\n"


@pytest.mark.parametrize("path", COPIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_copy_of_the_version_is_the_packages(path: Path) -> None:
    """``python -m tools.release --write`` carries it there."""
    assert path.read_text() == copied(path, version())


@pytest.mark.parametrize("path", COPIES, ids=lambda path: str(path.relative_to(ROOT)))
def test_another_version_is_found_in_every_copy(path: Path) -> None:
    assert "99.98.97" in copied(path, "99.98.97")


def test_the_wheel_reads_the_packages_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert "version" in project["project"]["dynamic"]
    assert ROOT / project["tool"]["hatch"]["version"]["path"] == release.PACKAGE


def test_what_was_unreleased_becomes_the_versions_section() -> None:
    whole = released(CHANGELOG, "0.2.0", "2026-03-04")

    assert section_of(whole, "0.2.0") == "# dreamdata-relay 0.2.0\n\n- New.\n\n### Fixed\n\n- Old.\n"
    assert section_of(whole, "0.1.0") == "# dreamdata-relay 0.1.0\n\n- First.\n"
    assert section_of(whole, "0.3.0") == ""
    assert whole == CHANGELOG.replace("## Unreleased\n", "## Unreleased\n\n## 0.2.0 (2026-03-04)\n")


@pytest.mark.parametrize("text", ["# Changelog\n", "## Unreleased\n\n## 0.1.0 (2026-01-02)\n\n- First.\n"])
def test_without_anything_unreleased_there_is_no_release(text: str) -> None:
    with pytest.raises(ReleaseError, match="nothing unreleased"):
        released(text, "0.2.0", "2026-03-04")


def test_the_projects_own_changelog_has_a_place_for_what_is_unreleased() -> None:
    assert "## Unreleased\n" in release.CHANGELOG.read_text()


@pytest.mark.parametrize("wrong", ["", "1.2", "v1.2.3", "1.2.3-rc.1", "01.2.3", "1.2.3\n"])
def test_what_is_no_version_is_refused(wrong: str) -> None:
    with pytest.raises(ReleaseError, match="no version"):
        check_next(wrong, set())


def test_a_version_comes_after_every_tag() -> None:
    """By numbers, not by text: 0.10 comes after 0.9."""
    check_next("0.10.0", {"v0.9.0", "v0.2.1", "other"})
    with pytest.raises(ReleaseError, match=r"after 0\.10\.0"):
        check_next("0.9.1", {"v0.9.0", "v0.10.0"})
    with pytest.raises(ReleaseError, match=r"after 0\.9\.0"):
        check_next("0.9.0", {"v0.9.0"})
