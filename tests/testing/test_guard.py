"""The sandbox's guard keeps off whatever the local stack's does: the two cannot be one, since neither has the other."""

from itertools import product

import pytest

from dreamdata_relay.testing import guard
from local import web_guard

HOSTS = [
    [],
    ["127.0.0.1:8080"],
    ["localhost"],
    ["LOCALHOST:1"],
    ["[::1]:9"],
    ["evil.example"],
    ["127.0.0.1", "127.0.0.1"],
]
ORIGINS = [
    [],
    ["http://127.0.0.1:8080"],
    ["http://localhost"],
    ["null"],
    ["https://evil.example"],
    ["http://127.0.0.1:8080", "null"],
]
SITES = [[], ["same-origin"], ["none"], ["cross-site"], ["same-site"], [""], ["none", "cross-site"]]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_both_guards_are_of_one_mind(method: str) -> None:
    for hosts, origins, sites in product(HOSTS, ORIGINS, SITES):
        headers = [
            *(("Host", host) for host in hosts),
            *(("Origin", origin) for origin in origins),
            *(("Sec-Fetch-Site", site) for site in sites),
        ]
        verdicts = guard.refusal(headers, method), web_guard.refusal(headers, method)
        assert (verdicts[0] is None) == (verdicts[1] is None), headers
