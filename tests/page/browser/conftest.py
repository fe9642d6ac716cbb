"""A browser for all tests here, a page for each; every page must stay quiet and ask nobody else.

The browser ends with this package's tests: as long as it is there, its library runs an event loop in this thread, and
no other test could run one.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.page.browser.chromium import find_chromium
from tests.page.browser.fake_backend import FakeBackend
from tests.patience import LONGEST_S

# Nothing here takes a second; a machine with much else to do gets the time it needs.
_PATIENCE_MS = 1000 * LONGEST_S


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    path = find_chromium()
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests, so that the page's files are fetched once: the page keeps nothing in the browser."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="UTC")
    yield context
    assert context.storage_state() == {"cookies": [], "origins": []}
    context.close()


@pytest.fixture(scope="package")
def server() -> Iterator[FakeBackend]:
    """A server for all tests."""
    server = FakeBackend()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def backend(server: FakeBackend) -> FakeBackend:
    """A server that knows nothing yet, and says what the test tells it."""
    if not server.is_up:
        # The test before it has stopped it.
        server.start()
    server.forget()
    return server


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of 1280 x 900; afterwards: no error in its console, and no request to another host than 127.0.0.1."""
    page = context.new_page()
    page.set_default_timeout(_PATIENCE_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
    page.on("console", lambda message: troubles.extend(_trouble(message)))
    page.on("request", lambda request: troubles.extend(_stranger(request)))
    yield page
    page.close()
    assert troubles == []


def _trouble(message: ConsoleMessage) -> list[str]:
    # That a server is gone, or answers 400 or 404, the browser says itself: no page can keep it from that.
    is_browsers = "net::ERR_" in message.text or "/api/" in message.location["url"]
    return [f"console: {message.text}"] if message.type in {"error", "warning"} and not is_browsers else []


def _stranger(request: Request) -> list[str]:
    return [] if request.url.startswith("http://127.0.0.1:") else [f"request: {request.url}"]
