"""The list of events."""

from playwright.sync_api import Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import row


def test_events_are_listed_newest_first_as_they_come(page: Page, backend: FakeBackend) -> None:
    """Those known when the page opens, and those that come later, without a reload."""
    backend.put(row(1), row(2))
    page.goto(backend.url)
    names = page.locator("[role=option] .name")
    expect(names).to_have_text(["Order 2", "Order 1"])
    backend.put(row(3, "queued"))
    expect(names).to_have_text(["Order 3", "Order 2", "Order 1"])
