"""The page in a browser on a real stack: what people do with it, and what they then see."""

import json
import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from local.patience import patient
from local.stack import Stack
from relay_cli.samples import load_samples
from tests.clients.clients import CLIENTS, calls_for

MANY = 2_000
REFUSED = next(sample for sample in load_samples() if sample.dead and not sample.delivered)


@pytest.fixture
def live(page: Page, page_stack: Stack) -> Iterator[Page]:
    """The page, empty, of a stack where all is well; so it is left."""
    for url in (page_stack.queue_url, page_stack.dead_letter_queue_url):
        page_stack.aws.sqs.purge_queue(QueueUrl=url)
    page_stack.sandbox.reset()
    page.goto(page_stack.page_url)
    expect(page.locator("#connection-word")).to_have_text("Live")
    expect(numbers(page)).to_have_text(["0", "0", "0", "0"])
    yield page
    page_stack.sandbox.reset()


def numbers(page: Page) -> Locator:
    """Queued, held, delivered, dead."""
    return page.locator("#tiles .tile:visible .number")


def press(page: Page, name: str) -> None:
    """Turn a switch, and see that it is turned."""
    button = page.locator("#modes").get_by_role("button", name=name)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")


def send(page: Page, *names: str, by: str = "HTTP, as an SDK does") -> list[Locator]:
    """Send events of these names in one request by the form; their rows."""
    events = [{"type": "track", "event": name, "userId": 42} for name in names]
    toggle = page.locator("#send-toggle")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    page.get_by_label("Or your own").fill(json.dumps(events))
    page.get_by_label("by", exact=True).select_option(by)
    page.get_by_role("button", name="Send", exact=True).click()
    return [page.get_by_role("option", name=name) for name in names]


def a_name() -> str:
    return f"Paid {uuid.uuid4().hex[:8]}"


@pytest.mark.parametrize("by", ["HTTP, as an SDK does", "the queue, as an AWS service does"])
def test_a_pasted_event_is_delivered_and_told_with_what_was_completed(live: Page, by: str) -> None:
    [row] = send(live, a_name(), by=by)

    expect(row).to_contain_text("Delivered")
    expect(row.locator(".fate")).to_have_text(re.compile(r"^in [\d.]+ m?s · payload [0-9a-f]{8}$"))
    row.click()
    changes = live.locator("#detail [data-part=changes-section]")
    expect(changes).to_contain_text("What the relay changed (3)")
    for path in ("messageId", "timestamp", "userId"):
        expect(changes).to_contain_text(path)
    expect(live.locator("#detail [data-part=came]")).to_contain_text('"userId": 42')
    expect(live.locator("#detail [data-part=left]")).to_contain_text('"userId": "42"')


def test_a_sample_of_refused_events_ends_with_what_to_mend(live: Page) -> None:
    live.locator("#send-toggle").click()
    live.get_by_label("A sample").select_option(REFUSED.name)
    live.get_by_role("button", name="Send sample").click()

    row = live.locator("[role=option].is-dead").first
    expect(row).to_be_visible()
    row.click()
    expect(live.locator("#detail [data-part=advice]")).to_be_visible()
    expect(live.locator("#detail [data-part=attributes-section]")).to_contain_text("error_code")


def test_an_outage_holds_events_with_reason_and_next_try_until_it_is_over(live: Page) -> None:
    press(live, "Outage")
    [row] = send(live, a_name())

    expect(row).to_contain_text("Held")
    expect(row.locator(".fate")).to_have_text(re.compile(r"^unavailable · next try (in \d+ s|now)"))
    press(live, "Healthy")

    expect(row).to_contain_text("Delivered")
    expect(numbers(live)).to_have_text(["0", "0", "1", "0"])


def test_a_wrong_key_holds_events_and_says_so(live: Page) -> None:
    press(live, "Wrong key")
    [row] = send(live, a_name())

    expect(row).to_contain_text("Held")
    expect(row.locator(".fate")).to_contain_text("key:401")
    row.click()
    expect(live.locator("#detail [data-part=advice]")).to_contain_text("key")


def test_an_event_that_dreamdata_is_told_to_refuse_is_dead_with_what_to_do(live: Page) -> None:
    """Beside one that is taken: alone, a refusal may be Dreamdata's fault, and waits."""
    press(live, "Outage")
    row, other = send(live, a_name(), a_name())
    expect(other).to_contain_text("Held")
    row.click()
    live.get_by_role("button", name="Let Dreamdata refuse this event").click()
    expect(live.locator("#detail [data-part=refuse]")).to_have_attribute("aria-pressed", "true")
    live.locator("#detail").get_by_role("button", name="Close").click()
    press(live, "Healthy")

    expect(row).to_contain_text("refused_by_dreamdata")
    expect(other).to_contain_text("Delivered")
    row.click()
    expect(live.locator("#detail [data-part=advice]")).to_contain_text("Dreamdata")


def test_a_real_client_sends_two_thousand_events_through_an_outage(live: Page, page_stack: Stack) -> None:
    """All are seen, the page answers meanwhile, and in the end every one is delivered."""
    [client] = [client for client in CLIENTS if client.name == "segment-analytics-python current"]
    press(live, "Outage")

    assert client.run(page_stack.api_url, page_stack.ingest_key, calls_for(client, MANY)) == []
    expect(numbers(live).nth(1)).to_have_text("2,000", timeout=1000 * patient(90))
    live.locator("#filter-user").fill("u-1234")
    expect(live.locator("[role=option]")).to_have_count(1)
    live.get_by_role("button", name="Clear filters").click()
    press(live, "Healthy")

    expect(numbers(live)).to_have_text(["0", "0", "2,000", "0"], timeout=1000 * patient(90))
    assert page_stack.sandbox.health()["events"] == MANY
