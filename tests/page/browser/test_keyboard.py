"""Without a mouse."""

from playwright.sync_api import Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import detail, row

_FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"


def _tab_order(page: Page, stops: int) -> list[str]:
    order = []
    for _ in range(stops):
        page.keyboard.press("Tab")
        order.append(str(page.evaluate(_FOCUSED)))
    return order


def test_everything_is_reached_in_the_order_of_the_page(page: Page, backend: FakeBackend) -> None:
    """Tiles, switches, the form's button, filters, pausing, the list."""
    backend.put(row(1))
    page.goto(backend.url)
    expect(page.locator("#matches")).to_have_text("1 event")
    assert _tab_order(page, 14) == [
        "0Queued",
        "0Held",
        "1Delivered",
        "0Dead letter",
        "Healthy",
        "Outage",
        "Slow",
        "Wrong key",
        "send-toggle",
        "filter-type",
        "filter-user",
        "filter-text",
        "pause",
        "events",
    ]


def test_the_list_is_walked_and_an_event_opened_and_closed(page: Page, backend: FakeBackend) -> None:
    """Arrows, Enter, Escape; then the focus is where it was."""
    backend.put(*(row(number) for number in range(300)))
    backend.details = {f"k{number}": detail("{}", "{}") for number in range(300)}
    page.goto(backend.url)
    expect(page.locator("[role=option]").first).to_be_visible()
    events = page.locator("#events")
    events.focus()
    active = page.locator("[role=option][aria-selected=true]")
    for key, name in (
        ("ArrowDown", 299),
        ("ArrowDown", 298),
        ("ArrowUp", 299),
        ("End", 0),
        ("PageUp", None),
        ("Home", 299),
    ):
        page.keyboard.press(key)
        expect(active).to_have_count(1)
        expect(active).to_be_in_viewport()
        assert events.get_attribute("aria-activedescendant") == active.get_attribute("id")
        if name is not None:
            expect(active).to_contain_text(f"Order {name} ")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Order 299")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(events).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(active).to_contain_text("Order 298 ")


def test_the_active_event_stays_so_when_others_come(page: Page, backend: FakeBackend) -> None:
    """Enter opens the one that was chosen, not the one that took its place."""
    backend.put(row(1), row(2))
    backend.details["k2"] = detail("{}")
    page.goto(backend.url)
    expect(page.locator("#matches")).to_have_text("2 events")
    page.locator("#events").focus()
    page.keyboard.press("ArrowDown")
    backend.put(row(3), row(4))
    expect(page.locator("#matches")).to_have_text("4 events")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Order 2")).to_be_visible()


def test_filters_and_the_form_by_keys(page: Page, backend: FakeBackend) -> None:
    """A tile by Space, the form by Enter, away again by Escape."""
    backend.put(row(1, "held"), row(2))
    page.goto(backend.url)
    expect(page.locator("#matches")).to_have_text("2 events")
    page.locator(".tile.is-held").focus()
    page.keyboard.press("Space")
    expect(page.locator("#matches")).to_have_text("1 of 2 events")
    toggle = page.get_by_role("button", name="Send an event")
    toggle.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Or your own").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#send")).to_be_hidden()
    expect(toggle).to_be_focused()
    expect(toggle).to_have_attribute("aria-expanded", "false")
