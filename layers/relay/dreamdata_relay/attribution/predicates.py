"""What breaks each attribution rule: of an event's facts, the paths of the members at fault."""

from typing import NamedTuple

from dreamdata_relay.attribution.addresses import is_public
from dreamdata_relay.attribution.emails import FREE_MAIL
from dreamdata_relay.attribution.facts import Facts
from dreamdata_relay.attribution.identifiers import has_id
from dreamdata_relay.attribution.moments import EARLIEST, is_ahead, is_at_epoch
from dreamdata_relay.attribution.stages import has_value, is_currency
from dreamdata_relay.attribution.urls import has_personal_data

type Paths = tuple[str, ...]
_NONE: Paths = ()


class Asked(NamedTuple):
    """What rules are told beside the event: ``latest``, see :func:`~.moments.latest_of`, and the sender's domains."""

    latest: str
    own_domains: frozenset[str] = frozenset()


def identify_without_email(facts: Facts, _: Asked) -> Paths:
    """An identify without an email address; what is none is at fault where it stands."""
    return _NONE if facts.domain else (facts.email_at or "traits.email",)


def free_mail(facts: Facts, _: Asked) -> Paths:
    """The domain of the email is a free-mail provider's."""
    return (facts.email_at,) if facts.email_at and facts.domain in FREE_MAIL else _NONE


def own_domain(facts: Facts, asked: Asked) -> Paths:
    """The domain of the email is the sender's own."""
    if not asked.own_domains or not facts.email_at:
        return _NONE
    return (facts.email_at,) if is_own(facts.domain, asked.own_domains) else _NONE


def is_own(domain: str | None, own: frozenset[str]) -> bool:
    """Whether ``domain`` is one of ``own``, or below one."""
    if not domain or not own:
        return False
    return domain in own or any(domain.endswith(f".{one}") for one in own)


def _is_anonymous(facts: Facts) -> bool:
    return not facts.domain and not facts.user


def anonymous_without_ip(facts: Facts, _: Asked) -> Paths:
    """Neither an id, an email nor an address says who it was."""
    return ("context.ip",) if _is_anonymous(facts) and not facts.context.ip else _NONE


def ip_not_public(facts: Facts, _: Asked) -> Paths:
    """The only thing that says who it was is an address of nobody's network."""
    ip = facts.context.ip
    return ("context.ip",) if ip and _is_anonymous(facts) and not is_public(ip) else _NONE


def literal_id(facts: Facts, _: Asked) -> Paths:
    """An id is a text that code leaves where there is none."""
    return facts.literals


def page_without_url(facts: Facts, _: Asked) -> Paths:
    """A page that does not say which."""
    return _NONE if facts.urls else ("context.page.url",)


def campaign_only_in_url(facts: Facts, _: Asked) -> Paths:
    """The URL names a campaign, and the context none."""
    return ("context.campaign",) if facts.is_campaign_in_url else _NONE


def timestamp_ahead(facts: Facts, asked: Asked) -> Paths:
    """The event is yet to happen."""
    given = facts.event.timestamp
    if given:
        return ("timestamp",) if is_ahead(given, asked.latest) else _NONE
    given = facts.event.originalTimestamp
    return ("originalTimestamp",) if given and is_ahead(given, asked.latest) else _NONE


def timestamp_at_epoch(facts: Facts, _: Asked) -> Paths:
    """The event's time is none: zero, or a number in the wrong unit."""
    given = facts.event.timestamp
    if given:
        return ("timestamp",) if given < EARLIEST and is_at_epoch(given) else _NONE
    given = facts.event.originalTimestamp
    return ("originalTimestamp",) if given and is_at_epoch(given) else _NONE


def type_not_used(_: Facts, __: Asked) -> Paths:
    """The type alone."""
    return ("type",)


def group_without_company(facts: Facts, _: Asked) -> Paths:
    """A group that does not say which company."""
    traits = facts.traits
    return _NONE if traits.domain or traits.website or traits.name else ("traits.domain", "traits.name")


def stage_without_value(facts: Facts, _: Asked) -> Paths:
    """Revenue without a number."""
    if not facts.is_stage or has_value(facts.properties):
        return _NONE
    return ("properties.stageValue",) if facts.properties.revenue is None else ("properties.revenue",)


def stage_without_currency(facts: Facts, _: Asked) -> Paths:
    """Revenue without a currency of ISO 4217."""
    return ("properties.currency",) if facts.is_stage and not is_currency(facts.properties.currency) else _NONE


def stage_without_email(facts: Facts, _: Asked) -> Paths:
    """Revenue without a person."""
    return ("properties.email",) if facts.is_stage and not facts.domain else _NONE


def personal_data_in_url(facts: Facts, _: Asked) -> Paths:
    """A URL's query holds what is a person's."""
    found = _NONE
    for path, url in facts.urls:
        if has_personal_data(url):
            found = (*found, path)
    if facts.page.referrer and has_personal_data(facts.page.referrer):
        found = (*found, "context.page.referrer")
    if facts.properties.referrer and has_personal_data(facts.properties.referrer):
        found = (*found, "properties.referrer")
    return found


def id_in_event_name(facts: Facts, _: Asked) -> Paths:
    """The name of the event differs from event to event."""
    name = facts.event.event
    return ("event",) if name and has_id(name) else _NONE
