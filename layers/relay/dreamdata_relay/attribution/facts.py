"""What several rules ask of an event, found once."""

from msgspec import Struct

from dreamdata_relay.attribution.emails import domain_of
from dreamdata_relay.attribution.identifiers import is_literal, text_of
from dreamdata_relay.attribution.reading import Campaign, Context, Event, Page, Person, Properties, event_of
from dreamdata_relay.attribution.stages import is_stage
from dreamdata_relay.attribution.urls import names_campaign
from dreamdata_relay.events.typed_fields import Text

_PROPERTIES, _CONTEXT, _PAGE, _CAMPAIGN, _PERSON = Properties(), Context(), Page(), Campaign(), Person()


class Facts(Struct, gc=False):
    """Holds values of one event, so it is kept no longer than the event.

    ``email_at``: the path of the member that should be the person's email; ``domain``: that of the email, None if there
    is none. ``user``, ``anonymous``: the ids that can be somebody's, else empty; ``literals``: the members that hold an
    id that is nobody's. ``urls``: the event's own, by path.
    """

    event: Event
    kind: str
    properties: Properties
    context: Context
    page: Page
    traits: Person
    email_at: str | None
    domain: str | None
    user: str
    anonymous: str
    literals: tuple[str, ...]
    urls: tuple[tuple[str, str], ...]
    has_campaign: bool
    is_campaign_in_url: bool
    is_stage: bool


def facts_of(text: Text) -> Facts:
    """Return the facts of an event. It never raises: of what is no event there are none."""
    event = event_of(text)
    kind = event.type or ""
    properties, context = event.properties or _PROPERTIES, event.context or _CONTEXT
    page, campaign = context.page or _PAGE, context.campaign or _CAMPAIGN
    email_at: str | None = None
    domain: str | None = None
    if event.traits or properties.email or context.traits:
        email_at, domain = _email(event, kind, properties, context)
    user, anonymous, literals = _ids(event)
    urls: tuple[tuple[str, str], ...] = ()
    if page.url:
        urls = (("context.page.url", page.url),)
    if properties.url and properties.url != page.url:
        urls = (*urls, ("properties.url", properties.url))
    has_campaign = bool(campaign.source or campaign.name or campaign.medium)
    is_campaign_in_url = False
    if urls and not has_campaign:
        is_campaign_in_url = names_campaign(urls[0][1]) or (len(urls) > 1 and names_campaign(urls[1][1]))
    return Facts(
        event,
        kind,
        properties,
        context,
        page,
        event.traits or _PERSON,
        email_at,
        domain,
        user,
        anonymous,
        literals,
        urls,
        has_campaign,
        is_campaign_in_url,
        kind == "track" and is_stage(event.event, properties),
    )


def _ids(event: Event) -> tuple[str, str, tuple[str, ...]]:
    """Return the ids that can be somebody's, and the members whose ids cannot."""
    literals: tuple[str, ...] = ()
    user = anonymous = ""
    if event.userId is not None:
        user = text_of(event.userId)
        if user and is_literal(user):
            user, literals = "", ("userId",)
    if event.anonymousId is not None:
        anonymous = text_of(event.anonymousId)
        if anonymous and is_literal(anonymous):
            anonymous, literals = "", (*literals, "anonymousId")
    if event.previousId is not None and is_literal(text_of(event.previousId)):
        literals = (*literals, "previousId")
    if event.groupId is not None and is_literal(text_of(event.groupId)):
        literals = (*literals, "groupId")
    return user, anonymous, literals


def _email(event: Event, kind: str, properties: Properties, context: Context) -> tuple[str | None, str | None]:
    """Return where the person's email stands, and its domain; what is none does not hide one that stands elsewhere."""
    at: str | None = None
    # The traits of a group are the company's.
    if event.traits is not None and event.traits.email and kind != "group":
        at = "traits.email"
        domain = domain_of(event.traits.email)
        if domain:
            return at, domain
    if properties.email:
        at = at or "properties.email"
        domain = domain_of(properties.email)
        if domain:
            return "properties.email", domain
    if context.traits is not None and context.traits.email:
        at = at or "context.traits.email"
        domain = domain_of(context.traits.email)
        if domain:
            return "context.traits.email", domain
    return at, None
