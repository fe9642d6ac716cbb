"""The page and its server."""

from playwright.sync_api import Page, expect

from tests.page.browser.fake_backend import FakeBackend
from tests.page.browser.rows import moment, row


def test_a_server_that_is_gone_and_back_is_found_again(page: Page, backend: FakeBackend) -> None:
    """It says so meanwhile, keeps what it knows, and takes what happened; nothing doubled, and no reload."""
    backend.put(row(1), row(2))
    page.goto(backend.url)
    connection = page.locator("#connection")
    expect(connection).to_have_text("Live")
    backend.stop()
    expect(connection).to_have_text("Connection lost, trying again")
    expect(page.locator("[role=option]")).to_have_count(2)
    backend.put(row(3))
    backend.start()
    expect(connection).to_have_text("Live")
    expect(page.locator("[role=option] .name")).to_have_text(["Order 3", "Order 2", "Order 1"])
    expect(page.locator("#matches")).to_have_text("3 events")


def test_a_paused_page_counts_only_what_is_new_after_a_reconnection(page: Page, backend: FakeBackend) -> None:
    """The server sends everything again: that is not news."""
    backend.put(row(1), row(2))
    page.goto(backend.url)
    expect(page.locator("#matches")).to_have_text("2 events")
    page.get_by_role("button", name="Pause").click()
    backend.stop()
    backend.put(row(3))
    backend.start()
    expect(page.get_by_role("button", name="1 new")).to_be_visible()


def test_rows_of_before_a_reset_go(page: Page, backend: FakeBackend) -> None:
    """A server that starts anew with nothing leaves nothing on the page."""
    backend.put(row(1))
    page.goto(backend.url)
    expect(page.locator("[role=option]")).to_have_count(1)
    backend.stop()
    backend.rows.clear()
    backend.put(row(7))
    backend.start()
    expect(page.locator("[role=option] .name")).to_have_text(["Order 7"])


def test_a_stack_in_trouble_is_said_on_top(page: Page, backend: FakeBackend) -> None:
    """In the stack's own words, until it is well again."""
    page.goto(backend.url)
    backend.tell(stack="the emulator does not answer: make up")
    expect(page.get_by_role("alert")).to_have_text("the emulator does not answer: make up")
    backend.tell(stack="ok")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_depth_lag_and_fill_are_shown_in_words_and_drawn(page: Page, backend: FakeBackend) -> None:
    """For eyes and ears."""
    lag = [{"at": moment(number), "p50": 0.5, "p95": 3.0 if number == 1 else 1.5} for number in range(4)]
    fill = [
        {"at": moment(number), "bytes": 250_000, "events": 300, "status": 503 if number else 200} for number in (0, 1)
    ]
    backend.tell(queue={"visible": 1_200, "inFlight": 7, "dead": 3}, lag=lag, fill=fill)
    page.goto(backend.url)
    expect(page.locator("#queue dd")).to_have_text(["1,200", "7", "3"])
    expect(page.get_by_role("img", name="Delivery lag: median 0.50 s, 95 % within 1.5 s")).to_have_attribute(
        "aria-label",
        "Delivery lag: median 0.50 s, 95 % within 1.5 s; highest of the last 4 seconds with deliveries 3.0 s",
    )
    filled = page.get_by_role(
        "img", name="Payload fill: last 50 %: 250 kB, 300 events; 1 of the last 2 requests not taken"
    )
    expect(filled.locator(".bar")).to_have_count(2)
    expect(filled.locator(".cap")).to_have_count(1)
