"""At every width, in both schemes: nothing is cut off sideways, and nothing keeps people out."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import change, detail, moment, row

STATES = ("delivered", "held", "queued", "dead", "dropped", "lost")
WIDTHS = (320, 768, 1440)
# Just above each place where the layout changes, too: there it is tightest.
TIGHT_WIDTHS = (*WIDTHS, 1024, 1100, 1280)


@pytest.fixture
def full(backend: FakeBackend) -> FakeBackend:
    """Every state, the charts, a detail with every mark."""
    backend.put(*(row(number, STATES[number % len(STATES)]) for number in range(40)))
    changes = [change("a", "1", "2", "Rule."), change("b", None, "1", "Rule."), change("c", "1", None, "Rule.")]
    for key, one in backend.rows.items():
        is_dead = one["state"] == "dead"
        why = {"fix": "Mend it.", "reasonText": "Why.", "attributes": {"error_code": "x"}} if is_dead else {}
        backend.details[key] = detail('{"a":1,"c":1}', '{"a":2,"b":1}', changes=changes, **why)
    backend.samples = [{"name": "http/track", "title": "A track event", "way": "http"}]
    backend.tell(
        lag=[{"at": moment(number), "p50": 0.5, "p95": 1.5} for number in range(60)],
        fill=[{"at": moment(number), "bytes": 4_000, "events": 9, "status": 503} for number in range(60)],
        stack="something is wrong",
        refused=["msg-1"],
    )
    return backend


@pytest.mark.parametrize("width", WIDTHS)
def test_no_width_scrolls_sideways(page: Page, full: FakeBackend, width: int) -> None:
    """The page, the form, the detail; on a narrow one the two sides stand above one another."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(full.url)
    expect(page.locator("[role=option]").first).to_be_visible()
    _fits(page, "document.documentElement")
    page.get_by_role("button", name="Send an event").click()
    expect(page.get_by_label("A sample")).to_be_visible()
    _fits(page, "document.documentElement")
    page.get_by_text("Order 39", exact=True).click()
    came, left = (page.get_by_role("region", name=name) for name in ("As it came", "As it left"))
    expect(left).to_contain_text("b")
    _fits(page, "document.getElementById('detail')")
    boxes = came.bounding_box(), left.bounding_box()
    assert boxes[0]
    assert boxes[1]
    assert (boxes[0]["y"] < boxes[1]["y"]) is (width == 320)


@pytest.mark.parametrize(("width", "height"), [(390, 664), (360, 640), (768, 900)])
def test_the_list_begins_in_the_first_screen(page: Page, full: FakeBackend, width: int, height: int) -> None:
    """Of a phone, too, with its browser's own bars: numbers, switches, filters and the first event."""
    page.set_viewport_size({"width": width, "height": height})
    page.goto(full.url)
    first = page.locator("[role=option]").first
    expect(first).to_be_visible()

    box = first.bounding_box()
    assert box
    assert box["y"] + box["height"] <= height


def test_the_queue_and_the_charts_are_a_press_away_on_a_phone(page: Page, full: FakeBackend) -> None:
    page.set_viewport_size({"width": 390, "height": 664})
    page.goto(full.url)
    expect(page.get_by_text("Delivery lag")).to_be_hidden()
    page.get_by_role("button", name="Queue and charts").click()
    expect(page.get_by_text("Delivery lag")).to_be_visible()
    expect(page.get_by_text("Dead letters")).to_be_visible()
    _fits(page, "document.documentElement")


def test_a_long_refusal_is_cut_off_between_two_lines(page: Page, full: FakeBackend) -> None:
    page.set_viewport_size({"width": 390, "height": 664})
    page.goto(full.url)
    said = {"at": "2026-01-01T00:00:00.000Z", "status": 400, "code": "not_json", "message": "no " * 60}
    full.tell(refusals=2, refusal={**said, "path": "/v1/batch", "agent": "sdk/1"})
    line = page.locator("#refusal")
    expect(line).to_contain_text("2 requests refused")

    lines: float = line.evaluate("line => line.clientHeight / parseFloat(getComputedStyle(line).lineHeight)")
    assert lines == pytest.approx(2, abs=0.05)


def test_no_type_is_cut_off(page: Page, backend: FakeBackend) -> None:
    page.set_viewport_size({"width": 1440, "height": 800})
    backend.put(*(row(number, type=kind) for number, kind in enumerate(("identify", "screen", ""))))
    page.goto(backend.url)
    expect(page.locator("[role=option]")).to_have_count(3)
    cut = page.locator("[role=option] .type").evaluate_all(
        "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth).map(cell => cell.textContent)"
    )
    assert cut == []


@pytest.mark.parametrize("count", [3, 300])
def test_rows_reach_the_edge_and_stand_under_their_heads(page: Page, backend: FakeBackend, count: int) -> None:
    """Whether the list scrolls or not."""
    page.set_viewport_size({"width": 1440, "height": 800})
    backend.put(*(row(number) for number in range(count)))
    page.goto(backend.url)
    expect(page.locator("[role=option]").first).to_be_visible()
    gap, apart = page.evaluate(
        """() => {
            const list = document.getElementById("events"), row = list.querySelector("[role=option]");
            const right = (element) => element.getBoundingClientRect().right;
            const edge = list.getBoundingClientRect().left + list.clientWidth;
            const bar = list.scrollHeight > list.clientHeight ? list.offsetWidth - list.clientWidth : 0;
            const [head, cell] = [document.querySelector(".heads :last-child"), row.lastElementChild];
            return [right(list) - bar - right(row) + Math.abs(edge - right(row)), Math.abs(right(head) - right(cell))];
        }"""
    )
    assert (gap, apart) == (pytest.approx(0, abs=1), pytest.approx(0, abs=1))


@pytest.mark.parametrize("width", TIGHT_WIDTHS)
def test_no_tile_cuts_its_word_off(page: Page, full: FakeBackend, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(full.url)
    expect(page.locator("[role=option]").first).to_be_visible()

    cut = page.locator("#tiles .word").evaluate_all(
        "words => words.filter(word => word.getBoundingClientRect().right >"
        " word.parentElement.getBoundingClientRect().right - 4).map(word => word.textContent)"
    )
    assert cut == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out(browser: Browser, full: FakeBackend, scheme: str) -> None:
    """No violation that axe finds, of the page, the form, a dead letter's and a delivered event's detail."""
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(full.url)
    expect(page.locator("[role=option]").first).to_be_visible()
    page.get_by_role("button", name="Send an event").click()
    expect(page.get_by_label("A sample").locator("option")).to_have_count(1)
    _accessible(page)
    for key in ("k38", "k35", "k36"):
        page.locator(f"[data-key={key}]").click()
        expect(page.get_by_role("region", name="As it left")).to_contain_text("b")
        _accessible(page)
        page.keyboard.press("Escape")
    context.close()


def _fits(page: Page, element: str) -> None:
    wide: list[str] = page.evaluate(
        f"""() => {{
            const box = {element}, right = box.getBoundingClientRect().left + box.clientWidth;
            if (box.scrollWidth > box.clientWidth) return [`scrolls: ${{box.scrollWidth}}`];
            const ones = [...box.querySelectorAll("button, input, select, textarea, h1, h2, p, dl, figure, pre")];
            const seen = ones.filter((one) => one.checkVisibility() && !one.closest("dialog:not([open]), .unseen"));
            return seen.filter((one) => one.getBoundingClientRect().right > right + 1).map((one) => one.outerHTML);
        }}"""
    )
    assert wide == []


def _accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
