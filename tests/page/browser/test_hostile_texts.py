"""What senders write is text on the page, whatever it looks like."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import change, detail, row

IMAGE = "<img src=x onerror=document.title='taken'>"
SCRIPT = "</script><script>document.title='taken'</script>"


@pytest.mark.parametrize("text", [IMAGE, SCRIPT, "{{7*7}} ${7*7} &lt;b&gt;"])
def test_markup_is_shown_as_text(page: Page, backend: FakeBackend, text: str) -> None:
    """In the list, the detail, the changes, the attributes, the advice."""
    event = json.dumps({text: text})
    backend.put(row(1, "dead", name=text, user=text, way=text, reason=text, type=text, messageId=text))
    backend.details["k1"] = detail(
        event, event, changes=[change(text, event, event, text)], fix=text, reasonText=text, attributes={text: text}
    )
    page.goto(backend.url)
    name = page.locator("[role=option] .name")
    expect(name).to_have_text(text)
    name.click()
    expect(page.get_by_role("region", name="Why")).to_contain_text(text)
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_contain_text(text)
    assert page.locator("body img, body script, body b").count() == 0
    assert page.title() == "Relay events"


def test_long_texts_are_cut_in_the_list_and_whole_in_the_detail(page: Page, backend: FakeBackend) -> None:
    """20 kB in a name, and in a property: nothing is widened, and all of it can be read."""
    long = "long " * 4_000
    backend.put(row(1, name=long, user=long))
    backend.details["k1"] = detail(json.dumps({"event": long}), long)
    page.goto(backend.url)
    option = page.locator("[role=option]")
    expect(option).to_be_visible()
    box = option.bounding_box()
    assert box
    assert box["height"] < 50
    assert box["width"] <= 1280
    option.click()
    came = page.get_by_role("region", name="As it came")
    came.get_by_role("button", name="show all 20,002 characters").click()
    expect(came.locator("pre")).to_contain_text(long.strip())
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("pay\u200bload\u202eexe", "pay\\u200bload\\u202eexe"),
        ("\u200d", "\\u200d"),
        ("a\u0000b\u0085", "a\\u0000b\\u0085"),
        ("family \U0001f468\u200d\U0001f469\u200d\U0001f467", "family \U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_cannot_be_seen_is_written_out(page: Page, backend: FakeBackend, name: str, shown: str) -> None:
    """But for the joiners that emoji and scripts need."""
    backend.put(row(1, name=name))
    page.goto(backend.url)
    expect(page.locator("[role=option]")).to_be_visible()
    assert page.locator("[role=option] .name").text_content() == shown


def test_text_from_right_to_left_keeps_to_its_cell(page: Page, backend: FakeBackend) -> None:
    """The cells beside it stay where they are."""
    backend.put(row(1, name="طلب مدفوع (1)!", user="محمد"), row(2))
    page.goto(backend.url)
    expect(page.locator("[role=option]")).to_have_count(2)
    for part in ("state", "name", "user", "fate"):
        boxes = [cell.bounding_box() for cell in page.locator(f"[role=option] .{part}").all()]
        assert len({box["x"] for box in boxes if box}) == 1


def test_a_key_can_be_anything(page: Page, backend: FakeBackend) -> None:
    """Slashes, quotes, spaces: the event behind it opens."""
    key = "queue/a b#1?x=\"'%2F"
    backend.put(row(1, key=key))
    backend.details[key] = detail('{"it": "is this"}')
    page.goto(backend.url)
    page.locator("[role=option]").click()
    expect(page.get_by_role("region", name="As it came")).to_contain_text("is this")


def test_a_text_of_many_lines_comes_in_parts(page: Page, backend: FakeBackend) -> None:
    """A thousand lines at first, the others when asked for; JSON nested ten thousand deep does not end the page."""
    backend.put(row(1))
    backend.details["k1"] = detail(json.dumps(list(range(5_000))), "[" * 10_000 + "]" * 10_000)
    page.goto(backend.url)
    page.locator("[role=option]").click()
    came = page.get_by_role("region", name="As it came")
    expect(came.locator(".line")).to_have_count(1_000)
    came.get_by_role("button", name="Show 4,002 more lines").click()
    expect(came.locator(".line")).to_have_count(5_002)
    expect(page.get_by_role("region", name="As it left").locator(".line")).to_have_count(1_000)
