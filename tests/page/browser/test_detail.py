"""One event in detail."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import change, detail, row

CAME = '{"type":"track","userId":42,"n":12345678901234567890,"writeKey":"k","a b":{"list":[1,NaN]},"total":1.50}'
LEFT = '{"type":"track","userId":"42","n":12345678901234567890,"a b":{"list":[1,null]},"total":1.50,"messageId":"m"}'
CHANGES = [
    change("userId", "42", '"42"', "A number as an id becomes the string of its digits."),
    change('["a b"].list[1]', "NaN", "null", "NaN becomes null."),
    change("messageId", None, '"m"', "An event without a messageId gets one."),
    change("writeKey", '"k"', None, "The relay key is never forwarded."),
]


@pytest.fixture
def opened(page: Page, backend: FakeBackend) -> Locator:
    """The detail of the middle one of three events."""
    backend.put(row(1), row(2), row(3))
    backend.details["k2"] = detail(CAME, LEFT, changes=CHANGES)
    page.goto(backend.url)
    page.get_by_text("Order 2", exact=True).click()
    dialog = page.get_by_role("dialog", name="Order 2")
    expect(dialog.get_by_text("as sent from this page")).to_be_visible()
    return dialog


def test_an_event_is_shown_as_it_came_and_as_it_left(opened: Locator) -> None:
    """Laid out, every digit kept, side by side."""
    came, left = (opened.get_by_role("region", name=name) for name in ("As it came", "As it left"))
    for side in (came, left):
        expect(side).to_contain_text('"n": 12345678901234567890,')
        expect(side).to_contain_text('"total": 1.50')
    boxes = came.bounding_box(), left.bounding_box()
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]


def test_differences_are_marked_by_a_sign_too(opened: Locator) -> None:
    """Each on the side where it shows, and nothing else is marked."""
    came, left = (opened.get_by_role("region", name=name) for name in ("As it came", "As it left"))
    marked = "ins.line, del.line, mark.line"
    expect(came.locator(marked)).to_have_text(['≠"userId": 42,', '−"writeKey": "k",', "≠NaN"])
    expect(left.locator(marked)).to_have_text(['≠"userId": "42",', "≠null", '+"messageId": "m"'])


def test_every_difference_has_its_rule(opened: Locator) -> None:
    """Listed with what it was and what it became."""
    expect(opened.get_by_role("heading", name="What the relay changed (4)")).to_be_visible()
    expect(opened.locator(".changes li")).to_have_text(
        [
            'changed userId was 42 is "42" A number as an id becomes the string of its digits.',
            'changed ["a b"].list[1] was NaN is null NaN becomes null.',
            'added messageId is "m" An event without a messageId gets one.',
            'removed writeKey was "k" The relay key is never forwarded.',
        ]
    )


def test_a_refused_event_says_what_to_fix(page: Page, backend: FakeBackend) -> None:
    """And why, and what stands beside it in the dead-letter queue."""
    backend.put(row(1, "dead"))
    backend.details["k1"] = detail(
        "not JSON {", fix="Give it a userId.", reasonText="It does not say who.", attributes={"error_code": "x_y"}
    )
    page.goto(backend.url)
    page.get_by_text("Order 1", exact=True).click()
    why = page.get_by_role("region", name="Why")
    expect(why).to_have_text("It does not say who.What to fixGive it a userId.")
    expect(page.get_by_role("region", name="As it came")).to_contain_text("not JSON {")
    expect(page.get_by_role("region", name="As it left")).to_contain_text("It was not delivered.")
    expect(page.get_by_text("x_y")).to_be_visible()


def test_an_open_event_follows_its_state(page: Page, backend: FakeBackend) -> None:
    """Held while it is read, then delivered: without closing and opening again."""
    backend.put(row(1, "held"))
    backend.details["k1"] = detail("{}", reasonText="Dreamdata was away.")
    page.goto(backend.url)
    page.get_by_text("Order 1", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Dreamdata was away.")).to_be_visible()
    expect(dialog.locator("dt", has_text="Next try").locator("xpath=following-sibling::dd")).to_have_text(
        re.compile(r"^in \d+ s$")
    )
    backend.details["k1"] = detail("{}", "{}")
    backend.put(row(1, "delivered"))
    expect(dialog.locator(".badge")).to_have_text("Delivered")
    expect(dialog.get_by_text("Nothing: it left as it came.")).to_be_visible()


def test_a_dead_letter_without_an_id_says_nothing_of_one(page: Page, backend: FakeBackend) -> None:
    """Neither an empty fact, nor what the sandbox would answer if it could be told of the event."""
    backend.put(row(1, "dead", messageId=""))
    backend.details["k1"] = detail("{}")
    page.goto(backend.url)
    page.get_by_text("Order 1", exact=True).click()

    dialog = page.get_by_role("dialog", name="Order 1")
    expect(dialog.get_by_text("Tries", exact=True)).to_be_visible()
    expect(dialog.get_by_text("Message id")).to_have_count(0)
    expect(dialog.get_by_text("sandbox answers")).to_have_count(0)
    expect(dialog.get_by_role("button", name="refuse")).to_have_count(0)
    expect(dialog.get_by_role("button", name="Move back to the queue")).to_be_visible()


def test_an_event_is_copied_as_json_and_as_a_command(page: Page, opened: Locator) -> None:
    """Exactly, whatever is in it: what is shown with escapes is copied without."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened.get_by_role("button", name="Copy as JSON").click()
    expect(opened.get_by_role("status").filter(has_text="copied as it came")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == CAME
    opened.get_by_role("button", name="Copy as curl").click()
    expect(opened.get_by_role("status").filter(has_text="RELAY_KEY")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"curl --data-raw '{CAME}'"
    page.context.clear_permissions()


def test_an_event_is_sent_again(opened: Locator, backend: FakeBackend) -> None:
    """And what the relay answers is said, also where it does not take it."""
    expect(opened.get_by_role("button", name="Move back to the queue")).to_be_hidden()
    again = opened.get_by_role("button", name="Send again")
    again.click()
    expect(opened.get_by_text("Sent again, 1 event; the answer: 200")).to_be_visible()
    backend.answer = {"status": 503, "answer": "{}", "sent": 0}
    again.click()
    expect(opened.get_by_text("Not taken; the answer: 503")).to_be_visible()
    backend.answer = {"error": "the stack did not answer"}
    again.click()
    expect(opened.get_by_text("the stack did not answer")).to_be_visible()
    assert backend.asked == [("resend", {"key": "k2"})] * 3


@pytest.mark.parametrize(
    ("events", "words"), [(1, "Moved back to the queue."), (3, "with all 3 events of its dead letter")]
)
def test_a_dead_letter_is_moved_back(page: Page, backend: FakeBackend, events: int, words: str) -> None:
    backend.put(row(1, "dead"))
    backend.details["k1"] = detail("{}")
    backend.answer = {"events": events}
    page.goto(backend.url)
    page.get_by_text("Order 1", exact=True).click()
    page.get_by_role("button", name="Move back to the queue").click()
    expect(page.get_by_role("dialog").get_by_text(words)).to_be_visible()
    assert backend.asked == [("redrive", {"key": "k1"})]


def test_one_can_walk_from_event_to_event(page: Page, opened: Locator, backend: FakeBackend) -> None:
    """Newer and older; at the end nothing happens; an event that is gone says so."""
    backend.details["k1"] = detail("{}")
    opened.get_by_role("button", name="Older event").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Order 1")).to_be_visible()
    expect(dialog.get_by_role("button", name="Older event")).to_have_attribute("aria-disabled", "true")
    dialog.get_by_role("button", name="Older event").click(force=True)
    expect(dialog.get_by_role("heading", name="Order 1")).to_be_visible()
    dialog.get_by_role("button", name="Newer event").click()
    dialog.get_by_role("button", name="Newer event").click()
    expect(dialog.get_by_role("heading", name="Order 3")).to_be_visible()
    expect(dialog.get_by_role("alert")).to_have_text("no such event")


def test_refusing_an_event_and_taking_it_back(opened: Locator, backend: FakeBackend) -> None:
    """The sandbox is told, by the event's id."""
    opened.get_by_role("button", name="Let Dreamdata refuse this event").click()
    pressed = opened.get_by_role("button", name="Dreamdata refuses this event")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    pressed.click()
    expect(opened.get_by_role("button", name="Let Dreamdata refuse this event")).to_be_visible()
    assert backend.asked == [("sandbox", {"refuse": "msg-2"}), ("sandbox", {"accept": "msg-2"})]


def test_only_this_user(page: Page, opened: Locator) -> None:
    """From one event to all of the same user."""
    opened.get_by_role("button", name="only this user").click()
    expect(page.get_by_label("User", exact=True)).to_have_value("user-2")
    expect(page.locator("#matches")).to_have_text("1 of 3 events")
