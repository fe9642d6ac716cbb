"""``make screenshot``: pictures of the live page for the README, of a stack of its own with events in every state."""

import itertools
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, ViewportSize, expect, sync_playwright

from local.errors import LocalError
from local.lifecycle import down, up
from local.places import StateDir
from local.steps import Steps
from relay_cli.samples import Sample, load_samples
from tools.chromium import HOW_TO_GET_ONE, found

DOCS = Path("docs")
SIZE = ViewportSize(width=1280, height=800)
# What a shop's backend sends, for the outage: the samples have been delivered by then.
ORDERS = (
    '{"type": "track", "userId": "u-1042", "event": "Order Completed", "properties": {"revenue": 129.9}}',
    '{"type": "track", "userId": "u-1042", "event": "Invoice Sent", "properties": {"number": 7714}}',
    '{"type": "identify", "userId": 1043, "traits": {"plan": "pro", "company": "Ørsted & Søn"}}',
)
# Delivered before it, with its id, timestamp and user completed.
COMPLETED = "Seats Added"
FIRST = (
    '{"type": "track", "userId": 1041, "event": "Seats Added", "timestamp": "2026-11-24T09:30:00+01:00",'
    ' "properties": {"plan": "pro", "seats": 12}, "context": {"ip": "192.0.2.7"}}'
)
_CHANGE = {"X-Relay-Page": "1"}
# Everything but a chip on a slow machine takes less.
_PATIENCE_MS = 60_000


def main() -> int:
    """0 and the pictures; 1 with a line that says what is missing."""
    chromium = found()
    if chromium is None:
        print(f"screenshot: {HOW_TO_GET_ONE}", file=sys.stderr)
        return 1
    try:
        with _stack() as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium)
            page = browser.new_page(viewport=SIZE, locale="en-GB", timezone_id="UTC", reduced_motion="reduce")
            page.set_default_timeout(_PATIENCE_MS)
            page.goto(url)
            fill(page, mixed(load_samples()))
            written = pictures(page, DOCS)
            browser.close()
    except LocalError as error:
        print(f"screenshot: {error}", file=sys.stderr)
        return 1
    print("written:", *written)
    return 0


@contextmanager
def _stack() -> Iterator[str]:
    """The page's address of a stack that is there only for this."""
    with tempfile.TemporaryDirectory() as folder:
        state = StateDir(Path(folder))
        try:
            yield up(state, Steps())[0].page_url
        finally:
            down(state)


def mixed(samples: Sequence[Sample]) -> list[str]:
    """The samples' names, one that is refused between two that are delivered, the usual ones last: on top."""
    refused = [sample.name for sample in samples if sample.dead]
    usual = [sample.name for sample in samples if sample.delivered and not sample.dead]
    mixed = [name for pair in itertools.zip_longest(refused, usual[1::2], usual[::2]) for name in pair if name]
    return mixed[::-1]


def fill(page: Page, samples: list[str]) -> None:
    """Events in every state: the ``samples`` in their ends, and what an outage holds."""
    for sample in samples:
        _post(page, "send", {"sample": sample})
    _post(page, "send", {"text": FIRST, "way": "http"})
    expect(_tile(page, "Queued")).to_have_text("0", timeout=_PATIENCE_MS)
    expect(_tile(page, "Delivered")).not_to_have_text("0", timeout=_PATIENCE_MS)
    _post(page, "sandbox", {"mode": "outage"})
    for order in ORDERS:
        _post(page, "send", {"text": order, "way": "http"})
    expect(_tile(page, "Held")).to_have_text(str(len(ORDERS)), timeout=_PATIENCE_MS)
    # The reason follows the hold.
    expect(page.get_by_role("option", name="Invoice Sent")).to_contain_text("unavailable", timeout=_PATIENCE_MS)


def pictures(page: Page, folder: Path) -> list[Path]:
    """The list, light and dark, and one event in detail; the files written."""
    written = []
    for scheme, name in (("light", "page.png"), ("dark", "page-dark.png")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        written.append(_picture(page, folder / name))
    page.emulate_media(color_scheme="light")
    page.get_by_role("option", name=COMPLETED).click()
    expect(page.locator("#detail [data-part=changes-section]")).to_be_visible()
    written.append(_picture(page, folder / "page-detail.png"))
    return written


def _picture(page: Page, path: Path) -> Path:
    page.screenshot(path=path, animations="disabled", caret="hide")
    return path


def _tile(page: Page, state: str) -> Locator:
    return page.locator("#tiles > *", has_text=state).locator(".number")


def _post(page: Page, path: str, wish: dict[str, str]) -> None:
    answer = page.request.post(f"{page.url.rstrip('/')}/api/{path}", data=wish, headers=_CHANGE)
    if not answer.ok:
        raise LocalError(f"the page answered {answer.status} to {path}")


if __name__ == "__main__":
    sys.exit(main())
