"""The pictures of the live page: they are there, and what takes them works on the page as it is."""

import re
import struct
from pathlib import Path

import pytest

from relay_cli.samples import load_samples
from tools import chromium, screenshot

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("page.png", "page-dark.png", "page-detail.png")


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_there_in_its_size_and_shown(name: str) -> None:
    picture = (ROOT / "docs" / name).read_bytes()
    documents = (ROOT / "README.md").read_text() + (ROOT / "docs" / "live-page.md").read_text()

    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">II", picture[16:24]) == (screenshot.SIZE["width"], screenshot.SIZE["height"])
    assert len(picture) < 300_000
    assert re.search(rf"[\"(/]{re.escape(name)}[\")]", documents)


def test_every_sample_with_an_end_is_on_the_picture() -> None:
    samples = load_samples()

    assert sorted(screenshot.mixed(samples)) == sorted(one.name for one in samples if one.dead or one.delivered)


def test_without_a_browser_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("RELAY_CHROMIUM", raising=False)

    assert screenshot.main() == 1
    assert capsys.readouterr().err == f"screenshot: {chromium.HOW_TO_GET_ONE}\n"


def test_the_browser_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    browser = tmp_path / "my-browser"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    monkeypatch.setenv("RELAY_CHROMIUM", str(browser))

    assert chromium.found() == str(browser)
