"""Refuses requests that a web page makes: any page that a browser on this machine shows can reach 127.0.0.1."""

import re
from collections.abc import Iterable

_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.IGNORECASE)


def refusal(headers: Iterable[tuple[str, str]], method: str) -> str | None:
    """Return why a request with ``headers`` is not answered, None where it is.

    A name of another site that points here shows in ``Host``, another site's page in ``Origin`` and
    ``Sec-Fetch-Site``; a page cannot change them, and programs other than browsers send none of the last two.
    What is opened from no page (a link in a mail, wherever that is redirected to) may be read and changes nothing.
    """
    values = [(name.lower(), value.strip()) for name, value in headers]
    hosts = [value for name, value in values if name == "host"]
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        return "the sandbox is for 127.0.0.1 and localhost only"
    origins = {value for name, value in values if name == "origin"}
    allowed = {"same-origin", "none"} if method in ("GET", "HEAD") else {"same-origin"}
    sites = {value for name, value in values if name == "sec-fetch-site"}
    if origins - {f"http://{hosts[0]}"} or sites - allowed:
        return "the sandbox does not answer to web pages"
    return None
