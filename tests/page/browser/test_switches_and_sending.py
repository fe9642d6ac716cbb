"""The switches that script the sandbox, and the form that sends."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.browser.fake_backend import FakeBackend


@pytest.mark.parametrize(
    ("name", "mode"), [("Outage", "outage"), ("Slow", "slow"), ("Wrong key", "wrong_key"), ("Healthy", "healthy")]
)
def test_a_switch_scripts_the_sandbox(page: Page, backend: FakeBackend, name: str, mode: str) -> None:
    """Pressed, it says what that means, and tells who listens."""
    backend.tell(mode="healthy" if mode == "outage" else "outage", refused=["a", "b"])
    page.goto(backend.url)
    button = page.get_by_role("button", name=name)
    expect(page.locator("#mode-words")).to_contain_text("It refuses 2 events")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#modes [aria-pressed=true]")).to_have_count(1)
    expect(page.locator("#said")).to_contain_text(f"Dreamdata plays: {name}.")
    assert backend.asked == [("sandbox", {"mode": mode})]


@pytest.fixture
def form(page: Page, backend: FakeBackend) -> Page:
    """The page with its form open."""
    backend.samples = [
        {"name": "http/track", "title": "A track event", "way": "http"},
        {"name": "sns/crm", "title": "A change in the CRM", "way": "sns"},
    ]
    page.goto(backend.url)
    page.get_by_role("button", name="Send an event").click()
    expect(page.get_by_label("A sample").locator("option")).to_have_text(["A track event", "A change in the CRM"])
    return page


def test_a_sample_is_sent(form: Page, backend: FakeBackend) -> None:
    """The one chosen; the relay's answer is shown, laid out."""
    form.get_by_label("A sample").select_option("A change in the CRM")
    form.get_by_role("button", name="Send sample").click()
    expect(form.locator("#answer p")).to_have_text("1 event sent; the answer: 200")
    expect(form.locator("#answer pre")).to_have_text('{ "success": true }')
    assert backend.asked == [("send", {"sample": "sns/crm"})]


def test_a_pasted_event_is_sent_as_it_is(form: Page, backend: FakeBackend) -> None:
    """By HTTP or straight to the queue; a refusal is shown as such."""
    backend.answer = {"status": 400, "answer": '{"code": "bad_json", "message": "<b>"}', "sent": 0}
    form.get_by_label("Or your own").fill('{"type": "track" ')
    form.get_by_label("by", exact=True).select_option("queue")
    form.get_by_role("button", name="Send", exact=True).click()
    expect(form.locator("#answer p")).to_have_text("Not taken; the answer: 400")
    expect(form.locator("#answer pre")).to_contain_text('"message": "<b>"')
    assert backend.asked == [("send", {"text": '{"type": "track" ', "way": "queue"})]


def test_what_cannot_be_sent_says_why(form: Page, backend: FakeBackend) -> None:
    """Nothing pasted, a server that will not, a server that is gone."""
    send = form.get_by_role("button", name="Send", exact=True)
    send.click()
    expect(form.locator("#answer")).to_have_text("Paste an event first.")
    form.get_by_label("Or your own").fill("{}")
    backend.answer = {"error": "the queue does not answer"}
    with form.expect_response("**/api/send"):
        send.click()
    expect(form.locator("#answer")).to_have_text("the queue does not answer")
    backend.stop()
    send.click()
    expect(form.locator("#answer")).to_contain_text("The page's server does not answer.")
