"""Four rules as a typical stack has them, compiled, and keys for them."""

import base64
import json

from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.secrets.remembered import RememberedSecret

_ANY_DEPTH = "\0**"
_RULES = [
    {"name": "short-ips", "actions": [{"do": "truncate_ip", "at": [["context", "ip"]]}]},
    {
        "name": "companies",
        "actions": [
            {
                "do": "pseudonymise_email",
                "at": [["traits", "email"], ["context", "traits", "email"], ["properties", "email"]],
            }
        ],
    },
    {
        "name": "urls",
        "actions": [{"do": "strip_query", "at": [["context", "page", "url"]], "keep": ["utm_*"]}],
    },
    {
        "name": "personal",
        "types": ["identify", "track"],
        "actions": [
            {"do": "drop", "at": [["traits", "phone"], ["traits", "address"], ["properties", _ANY_DEPTH, "token"]]}
        ],
    },
]
COMPILED = json.dumps({"format": 1, "version": "0" * 16, "needs_keys": True, "rules": _RULES}).encode()


class _Secret:
    def fetch(self) -> str:
        return json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(bytes(32)).decode()}})


def keys() -> Keys:
    """Keys that are at hand, as they are from the second event on."""
    return Keys(RememberedSecret(_Secret(), SystemClock()))
