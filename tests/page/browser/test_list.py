"""The list of events: what a row says, in each state, and how it stays quick."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import change, detail, in_seconds, row

MANY = 10_000


def test_events_are_listed_newest_first_as_they_come(page: Page, backend: FakeBackend) -> None:
    """Those known when the page opens, and those that come later, without a reload."""
    backend.put(row(1), row(2))
    page.goto(backend.url)
    names = page.locator("[role=option] .name")
    expect(names).to_have_text(["Order 2", "Order 1"])
    backend.put(row(3, "queued"))
    expect(names).to_have_text(["Order 3", "Order 2", "Order 1"])


@pytest.mark.parametrize(
    ("state", "word", "fate"),
    [
        ("queued", "Queued", "try 1"),
        ("held", "Held", re.compile(r"^unavailable:503 · next try in [1-3]?[0-9] s$")),
        ("delivered", "Delivered", "in 0.42 s · payload 0f5c1a7e"),
        ("dead", "Dead letter", "identity_missing"),
    ],
)
def test_a_row_says_what_became_of_its_event(
    page: Page, backend: FakeBackend, state: str, word: str, fate: str | re.Pattern[str]
) -> None:
    """In a word, with an icon of its own, and with what follows from it."""
    backend.put(row(1, state))
    page.goto(backend.url)
    one = page.locator("[role=option]")
    expect(one.locator(".state")).to_have_text(word)
    expect(one.locator(f".state .icon-{state}")).to_be_visible()
    expect(one.locator(".fate")).to_have_text(fate)
    for part in ("track", "Order 1", "user-1", "http:default", "09:00:01"):
        expect(one).to_contain_text(part)


def test_a_row_changes_with_its_event(page: Page, backend: FakeBackend) -> None:
    """Queued, held, delivered, in the same place; and the counts above follow."""
    backend.put(row(1, "queued"))
    page.goto(backend.url)
    for state, word in (("queued", "Queued"), ("held", "Held"), ("delivered", "Delivered")):
        backend.put(row(1, state))
        expect(page.locator("[role=option] .state")).to_have_text([word])
        expect(page.locator(f".tile.is-{state} .number")).to_have_text("1")
    expect(page.locator(".tile.is-queued .number")).to_have_text("0")


def test_the_next_try_is_counted_down(page: Page, backend: FakeBackend) -> None:
    """To the second, until it is due."""
    backend.put(row(1, "held", nextTryAt=in_seconds(2)))
    page.goto(backend.url)
    fate = page.locator("[role=option] .fate")
    expect(fate).to_contain_text("next try in 1 s")
    expect(fate).to_contain_text("next try due")


def test_ten_thousand_events_are_a_few_dozen_elements(page: Page, backend: FakeBackend) -> None:
    """However far one scrolls; the first and the last are there, and so is a filter's answer."""
    backend.put(*(row(number) for number in range(MANY)))
    page.goto(backend.url)
    expect(page.locator("#matches")).to_have_text("10,000 events")
    options = page.locator("[role=option]")
    expect(options.first).to_contain_text("Order 9999")
    page.locator("#events").focus()
    page.keyboard.press("End")
    expect(options.last).to_contain_text("user-0")
    assert _elements(page) < 60
    page.get_by_label("Text").fill("order 77")
    expect(page.locator("#matches")).to_have_text("111 of 10,000 events")
    assert _elements(page) < 60


def test_a_burst_touches_only_what_is_in_sight(page: Page, backend: FakeBackend) -> None:
    """Two thousand changes of ten thousand events make fewer new elements than five screens of rows."""
    backend.put(*(row(number, "queued") for number in range(MANY)))
    page.goto(backend.url)
    expect(page.locator("#matches")).to_have_text("10,000 events")
    page.evaluate(
        """() => {
            window.made = 0;
            const count = (changes) => changes.forEach((change) => window.made += change.addedNodes.length);
            new MutationObserver(count).observe(document.querySelector(".space"), { childList: true });
        }"""
    )
    for start in range(MANY - 2_000, MANY, 200):
        backend.put(*(row(number, "delivered") for number in range(start, start + 200)))
    expect(page.locator(".tile.is-delivered .number")).to_have_text("2,000")
    expect(page.locator("[role=option] .state").first).to_have_text("Delivered")
    assert 0 < page.evaluate("window.made") < 5 * 60


def test_a_reader_further_down_keeps_the_place(page: Page, backend: FakeBackend) -> None:
    """New events come above; a button says how many, and leads to them."""
    backend.put(*(row(number) for number in range(500)))
    page.goto(backend.url)
    expect(page.get_by_text("Order 499", exact=True)).to_be_visible()
    page.locator("#events").evaluate("(list) => list.scrollTo(0, 3000)")
    expect(page.get_by_text("Order 400", exact=True)).to_be_visible()
    before = _place(page, "Order 400")
    backend.put(*(row(number) for number in range(500, 530)))
    newer = page.get_by_role("button", name="30 new")
    expect(newer).to_be_visible()
    assert _place(page, "Order 400") == pytest.approx(before, abs=1)
    # It stands over no row.
    button, list_ = newer.bounding_box(), page.locator("#events").bounding_box()
    assert button
    assert list_
    assert button["y"] + button["height"] <= list_["y"]
    newer.click()
    expect(page.locator("[role=option]").first).to_contain_text("Order 529")
    expect(newer).to_be_hidden()


def test_no_events_yet_says_so(page: Page, backend: FakeBackend) -> None:
    """An empty list is explained."""
    page.goto(backend.url)
    expect(page.get_by_text("No event yet.")).to_be_visible()


def test_what_the_server_keeps_no_longer_goes(page: Page, backend: FakeBackend) -> None:
    """The oldest make room here as they do there."""
    backend.tell(kept=3)
    backend.put(*(row(number) for number in range(5)))
    page.goto(backend.url)
    expect(page.locator("[role=option] .name")).to_have_text(["Order 4", "Order 3", "Order 2"])


def test_what_is_delivered_makes_room_before_what_is_open(page: Page, backend: FakeBackend) -> None:
    """And how many are not kept is said beside how many are."""
    backend.tell(kept=3, forgotten=1_204)
    backend.put(row(0, "held"), row(1, "dead"), row(2, "lost"), *(row(number) for number in range(3, 6)))
    page.goto(backend.url)
    expect(page.locator("[role=option] .name")).to_have_text(["Order 5", "Order 1", "Order 0"])
    expect(page.locator("#matches")).to_have_text("3 events; 1,204 more not kept")


def test_a_lost_event_has_a_tile_when_there_is_one(page: Page, backend: FakeBackend) -> None:
    backend.put(row(1))
    page.goto(backend.url)
    expect(page.locator("#tiles .tile:visible")).to_have_count(4)
    backend.put(row(2, "lost", reason="lost_from_view"))
    tile = page.get_by_role("button", name="Lost")
    expect(tile).to_contain_text("1")
    expect(page.get_by_role("option", name="Order 2")).to_contain_text("on no queue, and not delivered")
    tile.click()
    expect(page.locator("[role=option] .name")).to_have_text(["Order 2"])


def test_a_dropped_event_names_the_rule_and_has_a_tile(page: Page, backend: FakeBackend) -> None:
    backend.put(row(1), row(2, "dropped", reason="no-tests", name="", user=""))
    backend.details["k2"] = detail("", None, reasonText="The privacy rule no-tests dropped it.", curl="")
    page.goto(backend.url)
    expect(page.get_by_role("button", name="Dropped")).to_contain_text("1")
    option = page.get_by_role("option", name="Dropped")
    expect(option).to_contain_text("by the rule no-tests")
    option.click()
    dialog = page.locator("#detail")
    expect(dialog).to_contain_text("The privacy rule no-tests dropped it.")
    expect(dialog).to_contain_text("It was dropped.")
    expect(dialog.get_by_role("button", name="Copy as JSON")).to_have_attribute("aria-disabled", "true")


def test_a_change_of_a_rule_shows_no_value_of_before(page: Page, backend: FakeBackend) -> None:
    """Also while the event has not left."""
    rule = "The privacy rule minimum: drop."
    changes = [
        change("context.ip", None, None, rule) | {"kind": "removed"},
        change("a", None, '"psn"', rule) | {"kind": "changed"},
    ]
    backend.put(row(1, "held"))
    backend.details["k1"] = detail('{"a":"psn","context":{}}', None, changes=changes)
    page.goto(backend.url)
    page.get_by_role("option", name="Order 1").click()
    listed = page.locator("#detail .changes li")
    expect(listed).to_have_count(2)
    expect(listed.first).to_have_text(f"removed context.ip  {rule}")
    expect(listed.last).to_have_text(f'changed a is "psn"  {rule}')


def _elements(page: Page) -> int:
    count: int = page.evaluate("document.querySelectorAll('[role=option]').length")
    return count


def _place(page: Page, text: str) -> float:
    box = page.get_by_text(text, exact=True).bounding_box()
    assert box is not None
    return box["y"]
