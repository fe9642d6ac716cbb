"""An event sent as a backend sends it, and followed to its end."""

import base64
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import urllib3

from dreamdata_relay.identifiers import payload_id
from relay_cli.errors import AwsFailed, NotAsWished, WrongInput
from relay_cli.log_lines import FunctionLogs

_EVERY_S = 2.0
_TIMEOUT = urllib3.Timeout(connect=5.0, read=30.0)


@dataclass(frozen=True, slots=True)
class End:
    """``what``: delivered, refused, held or unknown; ``detail`` for people."""

    what: str
    detail: str


def read_events(text: str) -> list[dict[str, Any]]:
    """The events in a file: one, a list, or ``{"batch": [...]}``; each gets a messageId. Raises WrongInput."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise WrongInput(f"the file is not JSON: {error}") from None
    if isinstance(value, dict) and isinstance(value.get("batch"), list):
        value = value["batch"]
    events = value if isinstance(value, list) else [value]
    if not events or not all(isinstance(event, dict) for event in events):
        raise WrongInput("the file holds no event: one object, a list of them, or an object with a list named batch")
    return [{**event, "messageId": event.get("messageId") or str(uuid.uuid4())} for event in events]


def post(api_url: str, key: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    """Post ``events`` to the relay; its answer. Raises NotAsWished on anything but 200."""
    credentials = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
    try:
        answer = urllib3.request(
            "POST",
            f"{api_url}/v1/batch",
            body=json.dumps({"batch": events}).encode(),
            headers=headers,
            redirect=False,
            retries=False,
            timeout=_TIMEOUT,
        )
    except urllib3.exceptions.HTTPError as error:
        raise AwsFailed(f"the relay at {api_url} does not answer: {type(error).__name__}") from None
    try:
        read = json.loads(answer.data)
    except ValueError:
        read = {}
    read = read if isinstance(read, dict) else {}
    if answer.status != 200:
        raise NotAsWished(
            f"the relay answered {answer.status}: {read.get('code', '')} {read.get('message', '')}".strip()
        )
    return read


def rejections(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The refused events in an answer of the relay; whatever else stands in their place is passed over."""
    found = answer.get("rejected")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def follow(
    logs: FunctionLogs,
    message_ids: list[str],
    sent_at: datetime,
    seconds: float,
    told: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
) -> End:
    """What became of events that were posted together, as the deliver function's log tells within ``seconds``.

    The log names payloads by an id made of their events' ids. Events that travelled with others cannot be told from
    it: the end is then ``unknown``.
    """
    wanted = payload_id(message_ids)
    # The log's clock may be behind this machine's.
    start = sent_at - timedelta(seconds=30)
    deadline = time.monotonic() + seconds
    last, seen = End("unknown", "no payload with just these events was seen"), 0
    while True:
        lines = [line for line in logs.since(start) if line.function == "deliver"]
        for line in lines:
            if line.fields.get("payload_id") == wanted:
                status = int(line.fields.get("status") or 0)
                if 200 <= status < 300:
                    return End("delivered", f"Dreamdata answered {status} in {line.fields.get('milliseconds')} ms")
                last = End("held", f"Dreamdata answered {status or 'nothing'}; tried again later")
        for line in lines[seen:]:
            if line.is_trouble and line.at >= sent_at:
                told(f"deliver: {line.text} {json.dumps(dict(line.fields), default=str)}")
        seen = len(lines)
        if time.monotonic() + _EVERY_S > deadline:
            return last
        pause(_EVERY_S)


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)
