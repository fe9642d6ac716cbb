"""Looks into the query of a URL: for what names a campaign, and for what names a person."""

import re

# A URL is searched so far: browsers and servers hardly take longer ones.
_LONGEST = 4096
# Beside utm_*: the parameters by which ad networks mark a click, and the ids by which Dreamdata matches paid campaigns.
_CAMPAIGN = re.compile(
    r"[?&;#](?:utm_(?:source|medium|campaign|term|content|id)|gclid|gbraid|wbraid|dclid|fbclid|msclkid|li_fat_id|ttclid"
    r"|twclid|rdt_cid|epik|scclid|qclid|campaign_id|hsa_cam)=[^&;#\s]"
)
_PERSONAL = re.compile(
    r"[?&;](?=[bcdefilmpstuy])(?:(?:user|customer|contact|lead|your)[_.-]?)?"
    r"(?:e?-?mail(?:[_.-]?address)?|e_mail|(?:tele)?phone(?:[_.-]?number)?|mobile(?:[_.-]?number)?"
    r"|(?:first|last|full|sur|user)[_.-]?name|fname|lname|birth[_.-]?(?:date|day)|date[_.-]?of[_.-]?birth|dob|ssn|iban"
    r"|pass(?:word|wd|phrase)|pwd)=[^&;#\s]"
)
_EMAIL = re.compile(r"(?:@|%40)[a-z0-9-]{1,63}\.[a-z]{2}")


def names_campaign(url: str) -> bool:
    """Whether the URL has a parameter that names a campaign or a click on an ad."""
    at = url.find("?")
    if at < 0:
        at = url.find("#")
        if at < 0:
            return False
    return _CAMPAIGN.search(url[at : at + _LONGEST].lower()) is not None


def has_personal_data(url: str) -> bool:
    """Whether the URL's query has a parameter that is called like a person's data, or an email address."""
    at = url.find("?")
    if at < 0:
        return False
    query = url[at : at + _LONGEST].lower()
    return _PERSONAL.search(query) is not None or (
        ("@" in query or "%40" in query) and _EMAIL.search(query) is not None
    )
