"""Requests through the real HTTP API: plain, in gzip, in gzip called JSON, and without a key."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping

from relay_cli.relay_keys import RelayKeysSecret
from relay_cli.smoke.results import FAILED, OK, Result, ok_if
from relay_cli.smoke.run import REASON, Run

GROUP = "requests"
_CONNECT_S, _READ_S = 5.0, 30.0
_JSON, _BINARY = "application/json", "application/octet-stream"
_GZIP = {"Content-Encoding": "gzip"}
WAYS = ("http-plain", "http-gzip", "http-gzip-as-json")


def checks(run: Run) -> Iterator[Result]:
    """Check that each request, with one probe, is answered 200, and its event refused with its reason."""
    key = RelayKeysSecret(run.stack.secrets, run.stack.output("IngestKeysSecretArn")).value(run.key_name)
    credentials = {"Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"}
    ways: tuple[tuple[str, Callable[[bytes], bytes], Mapping[str, str]], ...] = (
        ("http-plain", bytes, {"Content-Type": _JSON}),
        ("http-gzip", gzip.compress, {"Content-Type": _BINARY, **_GZIP}),
        ("http-gzip-as-json", gzip.compress, {"Content-Type": _JSON, **_GZIP}),
    )
    for way, coded, headers in ways:
        yield _sent(run, way, coded, {**credentials, **headers})
    status, answer = _post(run, json.dumps({"batch": []}).encode(), {"Content-Type": _JSON})
    told = f"{status} {answer.get('code', '')}".strip()
    yield ok_if(status == 401, GROUP, "no key", "refused with 401", f"answered {told}, not 401")


def _sent(run: Run, way: str, coded: Callable[[bytes], bytes], headers: Mapping[str, str]) -> Result:
    probe = run.probe(way)
    status, answer = _post(run, coded(json.dumps({"batch": [probe]}).encode()), headers)
    rejected = answer.get("rejected")
    first = rejected[0] if isinstance(rejected, list) and rejected and isinstance(rejected[0], dict) else {}
    if status == 200 and (first.get("code"), first.get("messageId")) == (REASON, probe["messageId"]):
        return Result(GROUP, way, OK, f"arrived whole, refused as {REASON}")
    # Nothing of it is on its way.
    run.sent.pop(way, None)
    if status == 400 and way != "http-plain":
        told = "API Gateway handed the body over as text, which destroys it: send gzip as application/octet-stream"
        return Result(GROUP, way, FAILED, f"{told} (400 {answer.get('code')})")
    return Result(
        GROUP, way, FAILED, f"answered {status}: {answer.get('code', '')} {answer.get('message', '')}".strip()
    )


def _post(run: Run, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, object]]:
    # Takes long: only what posts waits for it.
    import urllib3

    try:
        answer = urllib3.request(
            "POST",
            f"{run.stack.api_url}/v1/batch",
            body=body,
            headers=dict(headers),
            redirect=False,
            retries=False,
            timeout=urllib3.Timeout(connect=_CONNECT_S, read=_READ_S),
        )
    except urllib3.exceptions.HTTPError as error:
        return 0, {"message": f"no answer: {type(error).__name__}"}
    try:
        read = json.loads(answer.data)
    except ValueError:
        read = {}
    return int(answer.status), read if isinstance(read, dict) else {}
