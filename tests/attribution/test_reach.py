"""Which of contacts, companies and campaigns an event can reach."""

from typing import Any

import pytest

from dreamdata_relay.attribution.checking import DIRECTLY, INDIRECTLY, NOT, Reach
from tests.attribution.corpus import CAMPAIGN, URL, at, event, of, track, verdict, visitor

NOWHERE: dict[str, Any] = {"context": {}}


@pytest.mark.parametrize(
    ("given", "reach"),
    [
        (event("identify"), DIRECTLY),
        (event("identify", traits={"email": "jo@gmail.com"}), DIRECTLY),
        (track(email="jo@acme.io"), DIRECTLY),
        (event("page", context={"traits": {"email": "jo@acme.io"}}), DIRECTLY),
        (event("track"), INDIRECTLY),
        (visitor(), INDIRECTLY),
        (event("identify", traits={"email": "none"}), INDIRECTLY),
        (event("track", userId="null"), NOT),
        (event("group", userId=None), NOT),
        (event("group", userId=None, traits={"email": "info@acme.io"}), NOT),
    ],
)
def test_a_contact_is_reached_by_an_email(given: dict[str, Any], reach: Reach) -> None:
    assert verdict(given).contact is reach


@pytest.mark.parametrize(
    ("given", "reach"),
    [
        (event("identify", **NOWHERE), DIRECTLY),
        (of("24.5.68.47"), DIRECTLY),
        (event("group", **NOWHERE), DIRECTLY),
        (event("group", traits={"website": "https://acme.io"}, **NOWHERE), DIRECTLY),
        (event("group", userId=None, traits={"name": "Acme"}, **NOWHERE), INDIRECTLY),
        (event("identify", traits={"email": "jo@gmail.com"}), INDIRECTLY),
        (event("track", **NOWHERE), INDIRECTLY),
        (of("10.0.0.7"), INDIRECTLY),
        (event("identify", traits={"email": "me@sender.example"}), NOT),
        (event("identify", userId="0", traits={"email": "jo@gmail.com"}), NOT),
        (event("track", userId="undefined", **NOWHERE), NOT),
        (event("group", userId=None, traits={}, **NOWHERE), NOT),
    ],
)
def test_a_company_is_reached_by_a_domain_or_an_address(given: dict[str, Any], reach: Reach) -> None:
    assert verdict(given).company is reach


@pytest.mark.parametrize(
    ("given", "reach"),
    [
        (event("track", context={"campaign": CAMPAIGN}), DIRECTLY),
        (event("track", context={"campaign": {"medium": "cpc"}}), DIRECTLY),
        (at(f"{URL}?utm_source=x"), INDIRECTLY),
        (at(f"{URL}?q=x"), NOT),
        (event("track", context={"campaign": {"term": "x"}}), NOT),
        (event("track", context={"campaign": []}), NOT),
    ],
)
def test_a_campaign_is_reached_by_what_names_one(given: dict[str, Any], reach: Reach) -> None:
    assert verdict(given).campaign is reach


@pytest.mark.parametrize("given", [None, [], "track", 7, {}, {"type": 5}, {"type": "purchase"}])
def test_of_what_is_no_event_nothing_is_found(given: Any) -> None:
    found = verdict(given)

    assert (found.findings, found.contact, found.company, found.campaign) == ((), NOT, NOT, NOT)
