"""A planted corpus: for each rule events that break it, with the paths at fault, and near misses that do not."""

import json
from typing import Any

from dreamdata_relay.attribution.checking import Checker, Verdict
from dreamdata_relay.attribution.moments import latest_of

NOW = 1_795_903_200.0  # 2026-11-28T22:00:00Z
LATEST = latest_of(NOW)
OWN = frozenset({"sender.example"})
CAMPAIGN = {"name": "spring", "source": "newsletter", "medium": "email", "term": "", "content": ""}
URL = "https://shop.example/pricing"


def event(kind: str, **members: Any) -> dict[str, Any]:
    """An event that breaks no rule, with ``members`` in place of its own; None leaves one out."""
    own: dict[str, Any] = {
        "type": kind, "messageId": "m-1", "userId": "u-4711", "timestamp": "2026-11-28T21:00:00.000Z",
        "context": {"ip": "24.5.68.47", "page": {"url": URL}},
    }  # fmt: skip
    if kind == "identify":
        own["traits"] = {"email": "jo@acme.io"}
    if kind == "group":
        own |= {"groupId": "g-1", "traits": {"name": "Acme", "domain": "acme.io"}}
    if kind == "track":
        own |= {"event": "Signed Up", "properties": {}}
    if kind == "alias":
        own["previousId"] = "u-17"
    return {name: value for name, value in (own | members).items() if value is not None}


def text_of(given: Any) -> bytes:
    """The event as JSON."""
    return json.dumps(given).encode()


def verdict(given: Any) -> Verdict:
    """What is found of the event, by all rules."""
    return Checker(own_domains=OWN).check(text_of(given), LATEST)


def track(name: str = "Order Completed", **properties: Any) -> dict[str, Any]:
    """A track with these properties."""
    return event("track", event=name, properties=properties)


def visitor(**members: Any) -> dict[str, Any]:
    """A page of somebody unknown."""
    return event("page", userId=None, anonymousId="8a1f", **members)


def at(url: str, **more: Any) -> dict[str, Any]:
    """A track on this page."""
    return event("track", context={"page": {"url": url}, **more})


def of(ip: Any) -> dict[str, Any]:
    """A page of somebody unknown at this address."""
    return visitor(context={"ip": ip, "page": {"url": URL}})


# Breaks no other rule of revenue.
SALE: dict[str, Any] = {"email": "jo@acme.io", "currency": "EUR", "revenue": 99.5}
EMAIL, HASH = "traits.email", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

BROKEN: dict[str, list[tuple[dict[str, Any], str]]] = {
    "identify_without_email": [
        (event("identify", traits={"name": "Jo"}), EMAIL),
        (event("identify", traits=None), EMAIL),
        (event("identify", traits={"email": HASH}), EMAIL),
        (event("identify", traits={"email": 7}), EMAIL),
        (event("identify", traits=[]), EMAIL),
        (event("identify", traits={"email": "jo@localhost"}), EMAIL),
        (event("identify", traits=None, context={"traits": {"email": "none"}}), "context.traits.email"),
    ],
    "free_mail": [
        (event("identify", traits={"email": "Jo.Doe@GMail.com"}), EMAIL),
        (event("identify", traits={"email": " jo@web.de "}), EMAIL),
        (track(email="jo@yahoo.co.uk", revenue=1, currency="GBP"), "properties.email"),
    ],
    "own_domain": [
        (event("identify", traits={"email": "me@sender.example"}), EMAIL),
        (event("identify", traits={"email": "me@eu.sender.example"}), EMAIL),
    ],
    "anonymous_without_ip": [
        (visitor(context={"page": {"url": URL}}), "context.ip"),
        (of(""), "context.ip"),
        (of(None), "context.ip"),
        (event("track", userId="undefined", context={}), "context.ip"),
        (event("identify", userId=None, anonymousId="a", traits={}, context=None), "context.ip"),
    ],
    "ip_not_public": [
        (of("10.0.0.7"), "context.ip"),
        (of("172.31.255.1"), "context.ip"),
        (of("192.168.1.1"), "context.ip"),
        (of("100.64.0.1"), "context.ip"),
        (of("169.254.1.1"), "context.ip"),
        (of("127.0.0.1"), "context.ip"),
        (of("::1"), "context.ip"),
        (of("fd00::1"), "context.ip"),
        (of("::ffff:10.0.0.1"), "context.ip"),
        (of("localhost"), "context.ip"),
    ],
    "literal_id": [
        (event("track", userId="null"), "userId"),
        (event("track", userId="Undefined"), "userId"),
        (event("track", userId="0"), "userId"),
        (event("track", userId=0), "userId"),
        (event("track", anonymousId="[object Object]"), "anonymousId"),
        (event("page", anonymousId="00000000-0000-0000-0000-000000000000"), "anonymousId"),
        (event("group", groupId="None"), "groupId"),
        (event("alias", previousId="nil"), "previousId"),
    ],
    "page_without_url": [
        (event("page", context={"ip": "24.5.68.47"}), "context.page.url"),
        (event("page", context={"ip": "24.5.68.47", "page": {"path": "/pricing"}}), "context.page.url"),
        (event("page", context={"page": {"url": None}}, properties={"title": "Pricing"}), "context.page.url"),
    ],
    "campaign_only_in_url": [
        (at(f"{URL}?utm_source=x"), "context.campaign"),
        (at(f"{URL}?a=1&UTM_Campaign=spring"), "context.campaign"),
        (at(f"{URL}?gclid=Cj0K", campaign={"name": "", "source": None}), "context.campaign"),
        (at(f"{URL}#utm_medium=cpc"), "context.campaign"),
        (event("page", properties={"url": f"{URL}?li_fat_id=1"}), "context.campaign"),
        (at(f"{URL}?campaign_id=2082777879", campaign={"term": "x"}), "context.campaign"),
    ],
    "timestamp_ahead": [
        (event("track", timestamp="2026-11-28T23:00:01.000Z"), "timestamp"),
        (event("track", timestamp="2062-11-28T00:00:00Z"), "timestamp"),
        (event("track", timestamp="2026-11-28T23:00:00-05:00"), "timestamp"),
        (event("track", timestamp=None, originalTimestamp="2027-01-01T00:00:00.000Z"), "originalTimestamp"),
    ],
    "timestamp_at_epoch": [
        (event("track", timestamp="1970-01-01T00:00:00.000Z"), "timestamp"),
        (event("track", timestamp="1970-01-21T18:51:43.200Z"), "timestamp"),
        (event("track", timestamp="0001-01-01T00:00:00Z"), "timestamp"),
        (event("track", timestamp="1970-01-01T01:00:00+01:00"), "timestamp"),
        (event("track", timestamp="19700101T000000Z"), "timestamp"),
    ],
    "type_not_used": [(event("screen"), "type"), (event("alias"), "type")],
    "group_without_company": [
        (event("group", traits={"plan": "pro"}), "traits.domain, traits.name"),
        (event("group", traits={"name": "", "domain": None}), "traits.domain, traits.name"),
        (event("group", traits=None), "traits.domain, traits.name"),
    ],
    "stage_without_value": [
        (track(**SALE | {"revenue": "99.50"}), "properties.revenue"),
        (track(**SALE | {"revenue": True}), "properties.revenue"),
        (track(email="jo@acme.io", currency="EUR"), "properties.stageValue"),
        (track("Signed", email="jo@acme.io", currency="EUR", stageId="s-1"), "properties.stageValue"),
        (track("deal_won", email="jo@acme.io", currency="EUR"), "properties.stageValue"),
    ],
    "stage_without_currency": [
        (track(email="jo@acme.io", revenue=5), "properties.currency"),
        (track(**SALE | {"currency": "eur"}), "properties.currency"),
        (track(**SALE | {"currency": "€"}), "properties.currency"),
        (track(**SALE | {"currency": "EURO"}), "properties.currency"),
        (track("Paid", stageName="Won", stageValue=5, email="jo@acme.io", currency="XXX"), "properties.currency"),
    ],
    "stage_without_email": [
        (track(currency="EUR", revenue=5), "properties.email"),
        (track("Paid", currency="EUR", stageValue=5), "properties.email"),
        (track(**SALE | {"email": "jo"}), "properties.email"),
    ],
    "personal_data_in_url": [
        (at(f"{URL}?email=jo"), "context.page.url"),
        (at(f"{URL}?x=1&E-Mail=jo"), "context.page.url"),
        (at(f"{URL}?next=1&q=jo%40acme.io"), "context.page.url"),
        (at(f"{URL}?q=jo@acme.io"), "context.page.url"),
        (at(f"{URL}?first_name=Jo"), "context.page.url"),
        (at(f"{URL}?user-phone=555"), "context.page.url"),
        (event("page", properties={"referrer": f"{URL}?password=x"}), "properties.referrer"),
        (event("page", context={"page": {"url": URL, "referrer": f"{URL}?dob=1"}}), "context.page.referrer"),
    ],
    "id_in_event_name": [
        (track("Order 4711 Shipped"), "event"),
        (track("Viewed 123e4567-e89b-12d3-a456-426614174000"), "event"),
        (track("session a81bc81b ended"), "event"),
        (track("Mailed jo@acme.io"), "event"),
        (track("order_20261128_created"), "event"),
        (track("Order #42 Shipped"), "event"),
        (track("user_118_invited"), "event"),
    ],
}  # fmt: skip

KEPT: dict[str, list[dict[str, Any]]] = {
    "identify_without_email": [
        event("identify", traits={"email": "jo@acme.io"}),
        event("identify", traits=None, context={"traits": {"email": "jo@acme.io"}}),
        event("identify", traits={"email": "psn_k1_aaaa_bb@acme.io"}),
        event("track"),
    ],
    "free_mail": [
        event("identify", traits={"email": "jo@gmail.com.acme.io"}),
        event("identify", traits={"email": "gmail.com@acme.io"}),
        event("identify", traits={"email": "jo@notgmail.com"}),
    ],
    "own_domain": [
        event("identify", traits={"email": "me@notsender.example"}),
        event("identify", traits={"email": "sender.example@acme.io"}),
    ],
    "anonymous_without_ip": [
        of("24.5.68.47"),
        event("track", context={}),
        event("identify", userId=None, anonymousId="a", context={}),
        event("group", userId=None, context={}),
    ],
    "ip_not_public": [
        of("172.32.0.1"),
        of("11.0.0.7"),
        of("100.128.0.1"),
        of("2a00:1450:4001:81b::200e"),
        of("24.5.68.0"),
        event("track", context={"ip": "10.0.0.7"}),
    ],
    "literal_id": [
        event("track", userId="nullable"),
        event("track", userId="10"),
        event("track", userId=10),
        event("track", userId=""),
        event("track", userId="u-undefined"),
        event("track", anonymousId=None),
        event("track", properties={"userId": "null"}),
    ],
    "page_without_url": [
        event("page", context={}, properties={"url": URL}),
        event("screen", context={}),
        event("track", context={}),
    ],
    "campaign_only_in_url": [
        at(f"{URL}?utm_source=x", campaign=CAMPAIGN),
        at(f"{URL}?utm_source=x", campaign={"source": "x"}),
        at(f"{URL}?utm_source="),
        at(f"{URL}?next_utm_source=x"),
        at("https://shop.example/utm_source=x"),
        at(f"{URL}?gclidx=1"),
    ],
    "timestamp_ahead": [
        event("track", timestamp="2026-11-28T22:59:59.999Z"),
        event("track", timestamp="2026-11-29T03:00:00+05:00"),
        event("track", timestamp="next week"),
        event("track", timestamp="2026-11-28T21:00:00Z", originalTimestamp="2062-01-01T00:00:00Z"),
        event("track", timestamp=None),
    ],
    "timestamp_at_epoch": [
        event("track", timestamp="1971-01-01T00:00:00.000Z"),
        event("track", timestamp="2012-12-02T00:30:08.276Z"),
        event("track", timestamp="1971-01-01"),
        event("track", timestamp=0),
        event("track", timestamp=""),
    ],
    "type_not_used": [event(kind) for kind in ("identify", "track", "page", "group")],
    "group_without_company": [
        event("group", traits={"name": "Acme"}),
        event("group", traits={"website": "https://acme.io"}),
        event("identify"),
    ],
    "stage_without_value": [
        track(**SALE),
        track(**SALE | {"revenue": 0}),
        track("Paid", **SALE | {"stageValue": 12, "revenue": None}),
        track(total=12, email="jo@acme.io", currency="EUR"),
        track(amount=12.5, email="jo@acme.io", currency="EUR"),
        track("Order Viewed"),
        event("page", name="Order Completed"),
    ],
    "stage_without_currency": [track(**SALE | {"currency": "JPY"}), track("Order Viewed", value=3)],
    "stage_without_email": [
        track(**SALE),
        event("track", properties={"revenue": 1, "currency": "EUR"}, context={"traits": {"email": "jo@acme.io"}}),
        track("Song Played"),
    ],
    "personal_data_in_url": [
        at(f"{URL}?utm_source=email&utm_medium=phone"),
        at(f"{URL}?email="),
        at(f"{URL}?emails_per_page=5"),
        at(f"{URL}/@jo?tab=1"),
        at(f"{URL}?at=5@3"),
        at("https://shop.example/email=jo"),
    ],
    "id_in_event_name": [
        track("Signed Up"),
        track("Webinar 2026 Watched"),
        track("Step 404 Reached"),
        track("Facade Decade Accede"),
        track("Q4 Report @ Booth"),
        track("Trial 14 Days Started"),
        track("Paid 30 Days Late"),
        track("Order 2 Go Opened"),
        track("Product 2026 Launched"),
    ],
}  # fmt: skip
