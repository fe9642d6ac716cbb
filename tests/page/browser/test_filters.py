"""Filters, and what they leave."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import row


@pytest.fixture
def five(page: Page, backend: FakeBackend) -> FakeBackend:
    """Five events that differ, on the page."""
    backend.put(
        row(1, "delivered", type="identify", name="", user="Anna"),
        row(2, "held", type="track", user="bob"),
        row(3, "dead", type="purchase", user="", way="queue", reason="type_unknown"),
        row(4, "queued", type="track", user="anna", name="Demo % booked & paid"),
        row(5, "delivered", type="page", user="bob"),
    )
    page.goto(backend.url)
    expect(page.locator("#matches")).to_have_text("5 events")
    return backend


def _ids(page: Page) -> list[str]:
    keys: list[str] = page.locator("[role=option]").evaluate_all("(rows) => rows.map((row) => row.dataset.key)")
    return keys


@pytest.mark.parametrize(
    ("type_", "keys"), [("track", ["k4", "k2"]), ("identify", ["k1"]), ("other", ["k3"]), ("alias", [])]
)
def test_by_type(page: Page, five: FakeBackend, type_: str, keys: list[str]) -> None:
    """One of the six, or none of them."""
    page.get_by_label("Type").select_option(type_)
    expect(page.locator("#matches")).to_have_text(f"{len(keys)} of 5 events")
    assert _ids(page) == keys


def test_by_states(page: Page, five: FakeBackend) -> None:
    """The tiles are switches: one state, two, and none again for all."""
    held, dead = page.locator(".tile.is-held"), page.locator(".tile.is-dead")
    held.click()
    assert _ids(page) == ["k2"]
    expect(held).to_have_attribute("aria-pressed", "true")
    dead.click()
    assert _ids(page) == ["k3", "k2"]
    held.click()
    dead.click()
    expect(page.locator("#matches")).to_have_text("5 events")


@pytest.mark.parametrize(("user", "keys"), [("anna", ["k4", "k1"]), (" BO ", ["k5", "k2"]), ("nobody", [])])
def test_by_user(page: Page, five: FakeBackend, user: str, keys: list[str]) -> None:
    """A part of the id, large letters or small."""
    page.get_by_label("User", exact=True).fill(user)
    expect(page.locator("#matches")).to_have_text(f"{len(keys)} of 5 events")
    assert _ids(page) == keys


@pytest.mark.parametrize(
    ("text", "keys"), [("% BOOKED &", ["k4"]), ("type_unk", ["k3"]), ("msg-5", ["k5"]), ("0f5c1a7e", ["k5", "k1"])]
)
def test_by_text(page: Page, five: FakeBackend, text: str, keys: list[str]) -> None:
    """In the name, the reason, the id, the payload."""
    page.get_by_label("Text").fill(text)
    expect(page.locator("#matches")).to_have_text(f"{len(keys)} of 5 events")
    assert _ids(page) == keys


def test_the_address_keeps_the_filters(page: Page, five: FakeBackend) -> None:
    """A reload, or the same address elsewhere, shows the same; the way back clears them all."""
    page.get_by_label("Text").fill("% booked & paid")
    page.get_by_label("Type").select_option("track")
    page.locator(".tile.is-queued").click()
    page.get_by_label("User", exact=True).fill("an")
    page.reload()
    expect(page.locator("#matches")).to_have_text("1 of 5 events")
    assert _ids(page) == ["k4"]
    expect(page.get_by_label("Text")).to_have_value("% booked & paid")
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#matches")).to_have_text("5 events")
    assert "#" not in page.url
    expect(page.get_by_label("Text")).to_be_focused()


def test_an_address_that_makes_no_sense_filters_nothing(page: Page, five: FakeBackend) -> None:
    """Unknown types and states are left out."""
    page.evaluate("location.hash = 'type=%3Cb%3E&state=gone,__proto__&more=1'")
    page.reload()
    expect(page.locator("#matches")).to_have_text("5 events")


def test_what_does_not_match_any_more_goes(page: Page, five: FakeBackend) -> None:
    """A filter by state follows the states."""
    page.locator(".tile.is-held").click()
    assert _ids(page) == ["k2"]
    five.put(row(2, "delivered"))
    expect(page.get_by_text("No event matches these filters.")).to_be_visible()
    assert _ids(page) == []
