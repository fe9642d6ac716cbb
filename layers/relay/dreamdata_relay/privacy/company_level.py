"""What is left of an event at company level: who the person is goes, which company it is stays.

| member | becomes |
| --- | --- |
| ``anonymousId``, ``previousId`` | its pseudonym |
| ``userId`` | removed if there is an ``anonymousId``, else its pseudonym |
| ``traits``, ``context.traits`` | of these only ``email`` and what describes the company (``COMPANY_TRAITS``) |
| any ``email`` | its local part's pseudonym, the domain stays |
| ``context.ip`` | its network, /24 or /48 |
| ``context`` | of this only ``CONTEXT`` |
| ``context.page`` | of this only ``PAGE``, of URLs only the parameters ``utm_*`` |
| ``properties`` | without ``PERSONAL``, at any depth |
| other members of the event | removed unless in ``MEMBERS`` |

A group's traits are a company's, so that ``name`` stays in them.
"""

from dreamdata_relay.privacy.actions import Perform, changing, removing
from dreamdata_relay.privacy.addresses import truncated_ip, without_query
from dreamdata_relay.privacy.finding import Finder
from dreamdata_relay.privacy.paths import DEEP, Paths
from dreamdata_relay.privacy.values import Ring, pseudonymised, pseudonymised_email

MEMBERS = (
    *("type", "messageId", "timestamp", "originalTimestamp", "sentAt", "receivedAt", "channel", "version", "event"),
    *("name", "category", "groupId", "anonymousId", "userId", "previousId", "context", "traits", "properties"),
)
CONTEXT = (
    *("library", "ip", "page", "campaign", "consent", "app", "os", "locale", "timezone", "userAgent", "groupId"),
    *("location", "traits", "channel"),
)
PAGE = ("url", "path", "title", "referrer")
LOCATION = ("country", "region", "city")
COMPANY_TRAITS = (
    *("email", "company", "companyName", "company_name", "domain", "website", "industry", "employees", "plan"),
    *("employeeCount", "employee_count"),
)
PERSONAL = (
    *("firstName", "first_name", "firstname", "lastName", "last_name", "lastname", "fullName", "full_name", "fullname"),
    *("phone", "phoneNumber", "phone_number", "mobile", "address", "street", "birthday", "birthDate", "dateOfBirth"),
    *("age", "gender", "username", "userName", "user_name", "avatar", "ip", "password", "token", "search"),
)
EMAILS = ("email", "Email", "emailAddress", "email_address", "e_mail")

_TRAITS = ("traits",), ("context", "traits")
_URLS = tuple((*at, name) for at in (("context", "page"), ("properties",)) for name in ("url", "referrer"))
_ANONYMOUS = Paths([("anonymousId",)])


def _steps(*own: Perform) -> tuple[Perform, ...]:
    return (
        *own,
        removing(Paths([()], allowed=MEMBERS)),
        removing(Paths([("context",)], allowed=CONTEXT)),
        removing(Paths([("context", "page")], allowed=PAGE)),
        removing(Paths([("context", "location")], allowed=LOCATION)),
        removing(Paths([("properties", DEEP, name) for name in PERSONAL])),
        changing(tuple((DEEP, name) for name in EMAILS), pseudonymised_email),
        changing((("context", "ip"),), truncated_ip),
        changing(_URLS, without_query(("utm_*",))),
    )


_PERSON = removing(Paths(_TRAITS, allowed=COMPANY_TRAITS))
_GROUP = removing(Paths(_TRAITS[:1], allowed=(*COMPANY_TRAITS, "name", "id")))
_GROUP_PERSON = removing(Paths(_TRAITS[1:], allowed=COMPANY_TRAITS))
_PSEUDONYMS = changing((("anonymousId",), ("previousId",)), pseudonymised)
_USER_PSEUDONYM = changing((("userId",),), pseudonymised)
_NO_USER = removing(Paths([("userId",)]))


def at_company_level(text: bytes, types: frozenset[str], ring: Ring) -> bytes:
    """Return the event ``text``, which has one of ``types``, without the person."""
    traits = (_GROUP, _GROUP_PERSON) if "group" in types else (_PERSON,)
    # An alias without a userId is none.
    user = _NO_USER if _has_anonymous_id(text) and "alias" not in types else _USER_PSEUDONYM
    for perform in _steps(_PSEUDONYMS, user, *traits):
        text = perform(text, ring)
    return text


def _has_anonymous_id(text: bytes) -> bool:
    values = [text[one.value_start : one.end] for one in Finder(text, _ANONYMOUS.start).found]
    # The last one of a doubled member counts for every reader.
    return bool(values) and values[-1] not in (b"null", b'""') and values[-1][:1] not in (b"{", b"[")
