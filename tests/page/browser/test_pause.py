"""Reading undisturbed."""

from playwright.sync_api import Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import row


def _names(page: Page, *names: str) -> None:
    expect(page.locator("[role=option] .name")).to_have_text(list(names))


def test_a_paused_list_stays_and_says_what_is_new(page: Page, backend: FakeBackend) -> None:
    """New events wait; what becomes of those in sight still shows."""
    backend.put(row(1, "queued"))
    page.goto(backend.url)
    _names(page, "Order 1")
    page.get_by_role("button", name="Pause").click()
    backend.put(row(2), row(3), row(1, "delivered"))
    expect(page.get_by_role("button", name="2 new")).to_be_visible()
    expect(page.locator("[role=option] .state")).to_have_text(["Delivered"])
    _names(page, "Order 1")
    page.get_by_role("button", name="Resume").click()
    _names(page, "Order 3", "Order 2", "Order 1")
    expect(page.locator("#newer")).to_be_hidden()


def test_the_new_ones_are_a_click_away(page: Page, backend: FakeBackend) -> None:
    """The button that counts them ends the pause."""
    backend.put(row(1))
    page.goto(backend.url)
    _names(page, "Order 1")
    page.get_by_role("button", name="Pause").click()
    backend.put(row(2))
    page.get_by_role("button", name="1 new").click()
    _names(page, "Order 2", "Order 1")
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "false")


def test_only_new_ones_that_match_are_counted(page: Page, backend: FakeBackend) -> None:
    """What a filter leaves out is not announced either."""
    backend.put(row(1))
    page.goto(f"{backend.url}/#text=order")
    _names(page, "Order 1")
    page.get_by_role("button", name="Pause").click()
    backend.put(row(2, name="Something else"), row(3))
    expect(page.get_by_role("button", name="1 new")).to_be_visible()


def test_a_state_that_a_filter_leaves_out_keeps_its_row_while_paused(page: Page, backend: FakeBackend) -> None:
    """Nothing moves under the reader's eyes."""
    backend.put(row(1, "held"), row(2, "held"))
    page.goto(f"{backend.url}/#state=held")
    _names(page, "Order 2", "Order 1")
    page.get_by_role("button", name="Pause").click()
    backend.put(row(2, "delivered"))
    expect(page.locator("[role=option] .state")).to_have_text(["Delivered", "Held"])
    page.get_by_role("button", name="Resume").click()
    _names(page, "Order 1")
