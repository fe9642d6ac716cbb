"""The attribution rules, as one table: name, event types, what to do, and where it comes from.

docs/attribution.md says of each what it costs, with an example. A rule only warns: an event that breaks one travels on
unchanged.
"""

from collections.abc import Callable
from typing import NamedTuple

from dreamdata_relay.attribution import predicates
from dreamdata_relay.attribution.facts import Facts
from dreamdata_relay.attribution.predicates import Asked, Paths

# Where rules come from: the vendor's guide first, then the vendor's other pages, then what others document.
GUIDE = "https://developer.dreamdata.io/server-side/server-side-tracking"
COMPANIES = "https://docs.dreamdata.io/article/498aqdgyvq-how-dreamdata-maps-contacts-to-companies"
WHAT_IS_A_COMPANY = "https://docs.dreamdata.io/article/8saltvu7k1-what-is-a-company"
STAGES = "https://developer.dreamdata.io/client-side/tracking-stages"
UTMS = "https://docs.dreamdata.io/article/02dp7owlbl-understanding-utms-and-paid-defaults"
UTM_MAPPING = "https://docs.dreamdata.io/article/y0p2vrvcp0-utm-mapping"
TIMESTAMPS = "https://docs.dreamdata.io/article/tvjra874l2-server-side-analytics-apis"
CONNECTOR = "https://www.twilio.com/docs/segment/connections/destinations/catalog/dreamdata-io"
GROUPS = "https://www.twilio.com/docs/segment/connections/spec/group"
PAGES = "https://www.twilio.com/docs/segment/connections/spec/page"
IDS = "https://www.twilio.com/docs/segment/guides/working-with-ids"
NAMING = "https://segment.com/academy/collecting-data/naming-conventions-for-clean-data/"
PERSONAL = "https://support.google.com/analytics/answer/6366371"

_OF_PEOPLE = ("identify", "track", "page", "screen")
ALL_TYPES = ("identify", "track", "page", "screen", "group", "alias")


class Rule(NamedTuple):
    """A rule. ``found`` returns the paths of the members at fault, none if the event keeps the rule.

    ``found`` is None for a rule that takes many events. ``fix`` tells the sender what to do, in a line.
    """

    name: str
    kinds: tuple[str, ...]
    found: Callable[[Facts, Asked], Paths] | None
    fix: str
    sources: tuple[str, ...]


RULES = (
    Rule(
        "identify_without_email", ("identify",), predicates.identify_without_email,
        "put the person's email address, not a hash of it, into traits.email",
        (GUIDE, COMPANIES),
    ),
    Rule(
        "free_mail", (*_OF_PEOPLE, "group", "alias"), predicates.free_mail,
        "ask for the business address, or send a group with the company's domain for the same userId",
        (COMPANIES, WHAT_IS_A_COMPANY),
    ),
    Rule(
        "own_domain", (*_OF_PEOPLE, "group", "alias"), predicates.own_domain,
        "do not send what your own staff and tests do, or drop it by a privacy rule",
        (COMPANIES,),
    ),
    Rule(
        "anonymous_without_ip", _OF_PEOPLE, predicates.anonymous_without_ip,
        "copy the visitor's address from the request that your backend got into context.ip",
        (GUIDE, COMPANIES),
    ),
    Rule(
        "ip_not_public", _OF_PEOPLE, predicates.ip_not_public,
        "send the visitor's address, from the proxy's X-Forwarded-For, and not that of a server or a container",
        (GUIDE, COMPANIES),
    ),
    Rule(
        "literal_id", ALL_TYPES, predicates.literal_id,
        "leave the id out where there is none: the text stands for everybody without an id",
        (GUIDE, IDS),
    ),
    Rule(
        "shared_anonymous_id", ALL_TYPES, None,
        "make an anonymousId for each visitor, such as a UUID kept in a cookie or in the session",
        (GUIDE, IDS),
    ),
    Rule(
        "page_without_url", ("page",), predicates.page_without_url,
        "put the address of the page, with its query, into context.page.url",
        (GUIDE, UTM_MAPPING, PAGES),
    ),
    Rule(
        "campaign_only_in_url", ALL_TYPES, predicates.campaign_only_in_url,
        "copy utm_campaign, utm_source, utm_medium, utm_term and utm_content into context.campaign as name, source,"
        " medium, term and content",
        (GUIDE, UTMS, UTM_MAPPING),
    ),
    Rule(
        "timestamp_ahead", ALL_TYPES, predicates.timestamp_ahead,
        "write the time in UTC with Z, and look at the sender's clock",
        (GUIDE, TIMESTAMPS),
    ),
    Rule(
        "timestamp_at_epoch", ALL_TYPES, predicates.timestamp_at_epoch,
        "write seconds as seconds and milliseconds as milliseconds, and leave the timestamp out where there is none",
        (GUIDE, TIMESTAMPS),
    ),
    Rule(
        "type_not_used", ("screen", "alias"), predicates.type_not_used,
        "send a page or a track for a screen; for an alias send an identify with both ids and the email",
        (CONNECTOR, GUIDE),
    ),
    Rule(
        "group_without_company", ("group",), predicates.group_without_company,
        "put the company's website into traits.domain, and its name into traits.name",
        (COMPANIES, GROUPS),
    ),
    Rule(
        "stage_without_value", ("track",), predicates.stage_without_value,
        "send the amount as a number, without quotes or currency sign",
        (STAGES,),
    ),
    Rule(
        "stage_without_currency", ("track",), predicates.stage_without_currency,
        "put the ISO 4217 code, such as EUR, in capitals into properties.currency",
        (STAGES,),
    ),
    Rule(
        "stage_without_email", ("track",), predicates.stage_without_email,
        "put the buyer's email into properties.email",
        (STAGES,),
    ),
    Rule(
        "personal_data_in_url", ALL_TYPES, predicates.personal_data_in_url,
        "take it out of the URL, or cut the query by a privacy rule (strip_query with keep utm_*)",
        (PERSONAL,),
    ),
    Rule(
        "id_in_event_name", ("track",), predicates.id_in_event_name,
        "name the event by what happened, and put the id into its properties",
        (NAMING, UTM_MAPPING),
    ),
    Rule(
        "too_many_event_names", ("track",), None,
        "name events by what happened, some dozens in all, and put what differs into their properties",
        (NAMING, UTM_MAPPING),
    ),
)  # fmt: skip
NAMES = tuple(rule.name for rule in RULES)
BY_NAME = {rule.name: rule for rule in RULES}
