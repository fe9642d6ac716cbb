"""What real clients put on the wire: one request of each, shortened, with what its events become."""

import base64
import gzip
import json
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.relay import RELAY_KEY

BASIC = "Basic " + base64.b64encode(f"{RELAY_KEY}:".encode()).decode()
LIBRARY = {"library": {"name": "x", "version": "1"}}


@dataclass(frozen=True)
class Captured:
    """A request of ``client``; ``sent``: the members that the relay changes or adds, of its one event."""

    client: str
    body: dict[str, Any]
    sent: dict[str, Any] = field(default_factory=dict)
    path: str = "/v1/batch"
    basic: bool = True
    zipped: bool = False
    content_type: str = "application/json"

    def lambda_event(self) -> dict[str, Any]:
        """The request as API Gateway hands it to the function: what is no text by its Content-Type comes as base64."""
        text = json.dumps(self.body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        data = gzip.compress(text) if self.zipped else text
        encoded = self.zipped or not self.content_type.startswith("application/json")
        headers = {"content-type": self.content_type, "user-agent": self.client}
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": self.path,
            "headers": headers | ({"authorization": BASIC} if self.basic else {}),
            "requestContext": {"http": {"method": "POST", "path": self.path}, "stage": "$default"},
            "body": base64.b64encode(data).decode() if encoded else data.decode("utf-8", "surrogatepass"),
            "isBase64Encoded": encoded,
        }


def _track(**members: Any) -> dict[str, Any]:
    return {"userId": "u-1", "event": "No Properties", "type": "track", "context": LIBRARY} | members


_NODE = _track(_metadata={"nodeVersion": "20.20.2"}, timestamp="2026-11-23T12:27:55.098Z", messageId="node-5f-23")
_SEGMENT_NODE = _track(
    timestamp="2026-11-23T12:27:55.411Z",
    integrations={},
    properties={},
    messageId="node-next-1795436875411-df268cd9",
    _metadata={"nodeVersion": "v20.20.2", "jsRuntime": "node"},
)
_SENT_AT = {"sentAt": "2026-11-23T12:27:55.099Z"}
_KEYED = {"writeKey": RELAY_KEY} | _SENT_AT
_PYTHON = _track(
    integrations={},
    anonymousId=None,
    properties={"x": float("nan")},
    timestamp="2026-11-23T12:27:58.148+00:00",
    messageId="f1994fb8",
)
_PYTHON_SENT = {"timestamp": "2026-11-23T12:27:58.148Z", "properties": {"x": None}}

REQUESTS = [
    Captured("@dreamdata/analytics/6.0.0", {"batch": [_NODE], "timestamp": "2026-11-23T12:27:55.099Z"} | _SENT_AT),
    Captured("analytics-node/6.2.0", {"batch": [_NODE | {"x": "\\ud800 \0 __proto__"}]} | _SENT_AT),
    Captured("@segment/analytics-node 3.1.0", {"batch": [_SEGMENT_NODE]} | _KEYED),
    Captured("@segment/analytics-node 2.3.0", {"batch": [_SEGMENT_NODE]} | _KEYED, basic=False),
    Captured("@segment/analytics-node 1.3.0", {"batch": [_SEGMENT_NODE]} | _SENT_AT),
    Captured(
        "@rudderstack/rudder-sdk-node",
        {"batch": [_track(channel="server", originalTimestamp="2026-11-23T12:27:57.360Z", messageId="dbc583d0")]},
        {"timestamp": "2026-11-23T12:27:57.360Z"},
        zipped=True,
        content_type="application/x-www-form-urlencoded",
    ),
    Captured("segment-analytics-python 2.4.0", {"batch": [_PYTHON]} | _KEYED, _PYTHON_SENT),
    Captured("segment-analytics-python 2.3.4", {"batch": [_PYTHON]} | _KEYED, _PYTHON_SENT, basic=False),
    Captured("segment-analytics-python 2.2.3", {"batch": [_PYTHON]} | _SENT_AT, _PYTHON_SENT),
    Captured(
        "rudder-sdk-python 2.1.9",
        {
            "batch": [
                {
                    "type": "identify",
                    "userId": "u-1",
                    "anonymousId": None,
                    "integrations": {"All": True},
                    "context": LIBRARY | {"traits": {"plan": "x"}},
                    "timestamp": "2026-11-23T12:28:00.561749+00:00",
                    "messageId": "r1",
                    "channel": "server",
                }
            ]
        }
        | _SENT_AT,
        {"timestamp": "2026-11-23T12:28:00.561749Z", "traits": {"plan": "x"}},
        zipped=True,
    ),
    Captured(
        "dreamdata-io/analytics-go",
        {
            "messageId": "9e7cf835",
            "sentAt": "2026-11-23T13:28:01.707426437+01:00",
            "batch": [
                {
                    "type": "track",
                    "messageId": "aa583be6",
                    "anonymousId": "a-1",
                    "event": "Søng",
                    "timestamp": "2012-12-02T00:30:12.984123456+01:00",
                    "properties": {"revenue": 19.99},
                }
            ],
            "context": LIBRARY,
        },
        {"timestamp": "2012-12-01T23:30:12.984123456Z", "context": LIBRARY},
        path="//v1/batch",
    ),
    Captured(
        "analytics-php/3.8.2",
        {
            "batch": [
                _track(
                    userId=12345, integrations=[], properties={}, timestamp="2026-11-23T12:28:02+00:00", messageId="p1"
                )
            ]
        },
        {"userId": "12345", "integrations": {}, "timestamp": "2026-11-23T12:28:02Z"},
    ),
    Captured(
        "analytics-ruby/2.5.0",
        {
            "sentAt": "2026-11-23T13:28:03.305+01:00",
            "batch": [
                {
                    "context": LIBRARY,
                    "messageId": "d61aaa6b",
                    "timestamp": "2026-11-23T13:28:03.304+01:00",
                    "userId": 12345,
                    "type": "page",
                    "name": "",
                    "properties": {},
                }
            ],
        },
        {"userId": "12345", "timestamp": "2026-11-23T12:28:03.304Z"},
        path="/v1/import",
    ),
    Captured(
        "analytics-java/3.5.4",
        {"batch": [_NODE], "context": {"app": "j"} | LIBRARY, "sequence": 1} | _KEYED,
        {"context": {"app": "j"} | LIBRARY},
        path="/v1/import/",
        basic=False,
    ),
]
