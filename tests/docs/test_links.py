"""Every link between the pages leads to a file, and to a heading where it names one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


LINKS = sorted(
    {
        (str(page.relative_to(ROOT)), path, anchor)
        for page in PAGES
        for path, anchor in _LINK.findall(_CODE.sub("", page.read_text()))
    }
)


def test_there_are_links() -> None:
    assert len(LINKS) > 50


@pytest.mark.parametrize(("page", "path", "anchor"), LINKS)
def test_a_link_leads_somewhere(page: str, path: str, anchor: str) -> None:
    target = (ROOT / page).parent / path if path else ROOT / page

    assert target.exists()
    if anchor:
        assert anchor in anchors(target)


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_page_is_reached_from_the_readme(page: Path) -> None:
    assert f"](docs/{page.name}" in (ROOT / "README.md").read_text()
