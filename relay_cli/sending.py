"""Sends an event as a backend does, and follows it to its end."""

import base64
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dreamdata_relay.deliver.reporting import TRACE
from dreamdata_relay.events.message_ids import payload_id
from relay_cli.errors import AwsFailed, NotAsWished, NotKnown, WrongInput
from relay_cli.log_lines import FunctionLogs, Line
from relay_cli.printing import printable
from relay_cli.to_type import to_type

_EVERY_S = 2.0
_DELIVERED = "traced events delivered"
_CONNECT_S, _READ_S = 5.0, 30.0
# Answers that are not believed at once.
_OF_CONTENT = (400, 403, 406, 409, 413, 414, 422, 431, 451)
_COUNTS = "a refusal counts once a later receive has confirmed it, and then the event is a dead letter"


@dataclass(frozen=True, slots=True)
class End:
    """``what``: delivered, refused, held or unknown; ``detail`` for people."""

    what: str
    detail: str


def read_events(text: str) -> list[dict[str, Any]]:
    """Return a file's events: one, a list, or ``{"batch": [...]}``; each gets a traced messageId. Raises WrongInput."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise WrongInput(f"the file is not JSON: {error}") from None
    if isinstance(value, dict) and isinstance(value.get("batch"), list):
        value = value["batch"]
    events = value if isinstance(value, list) else [value]
    if not events or not all(isinstance(event, dict) for event in events):
        raise WrongInput("the file holds no event: one object, a list of them, or an object with a list named batch")
    return [{**event, "messageId": event.get("messageId") or TRACE + uuid.uuid4().hex} for event in events]


def post(api_url: str, key: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    """Post ``events`` to the relay and return its answer. Raises NotAsWished unless it is 200, NotKnown without one."""
    # Takes long: only what posts waits for it.
    import urllib3

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
            timeout=urllib3.Timeout(connect=_CONNECT_S, read=_READ_S),
        )
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
        raise AwsFailed(f"the relay at {api_url} is not reached, nothing was sent: {type(error).__name__}") from None
    except urllib3.exceptions.HTTPError as error:
        raise NotKnown(f"the relay at {api_url} does not answer ({type(error).__name__}); {_perhaps(events)}") from None
    try:
        read = json.loads(answer.data)
    except ValueError:
        read = {}
    read = read if isinstance(read, dict) else {}
    if answer.status != 200:
        said = f"the relay answered {answer.status}: {read.get('code', '')} {read.get('message', '')}".strip(": ")
        # Who was stopped in the midst of it may have put some on the queue.
        raise NotAsWished(f"{said}; {_perhaps(events)}" if answer.status >= 500 else said)
    return read


def _perhaps(events: Sequence[Mapping[str, Any]]) -> str:
    what = "the event" if len(events) == 1 else "the events, or some of them,"
    return f"{what} may have been taken all the same, look with: {to_type('find', printable(events[0]['messageId']))}"


def rejections(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the refused events in the relay's answer; anything malformed in their place is skipped."""
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
    """Return what became of events posted together, as the deliver function's log tells within ``seconds``.

    The log names traced events by their ids, whatever they travelled with. Others it names by their payload's id, which
    is made of its events' ids: if they travelled with more events, the end is ``unknown``.
    """
    # The log's clock may be behind this machine's.
    start = sent_at - timedelta(seconds=30)
    deadline = time.monotonic() + seconds
    seen = 0
    while True:
        lines = [line for line in logs.since(start) if line.function == "deliver"]
        end = _end_in(lines, message_ids)
        for line in lines[seen:]:
            if line.is_trouble and line.at >= sent_at and end.what != "delivered":
                told(f"deliver: {line.text} {json.dumps(dict(line.fields), default=str)}")
        seen = len(lines)
        if end.what == "delivered" or time.monotonic() + _EVERY_S > deadline:
            return end
        pause(_EVERY_S)


def _end_in(lines: Sequence[Line], message_ids: Sequence[str]) -> End:
    """Return what deliver's ``lines`` tell of the events."""
    wanted, payload = {name for name in message_ids if name.startswith(TRACE)}, payload_id(message_ids)
    end = End("unknown", f"the deliver function has not told of it yet: {to_type('status')}")
    done: set[str] = set()
    for line in lines:
        if line.fields.get("payload_id") == payload:
            end = _end_of_post(line)
        if wanted & _ids(line, "traced"):
            end = _end_of_hold(line)
        if line.text == _DELIVERED:
            done |= wanted & _ids(line, "message_ids")
        if end.what == "delivered":
            return end
        if len(done) == len(message_ids):
            return End("delivered", f"Dreamdata took it by {line.at:%H:%M:%S} UTC")
    if done and end.what == "unknown":
        return End("unknown", f"{len(done)} of them are delivered for certain")
    return end


def _end_of_post(line: Line) -> End:
    status = int(line.fields.get("status") or 0)
    if 200 <= status < 300:
        return End("delivered", f"Dreamdata answered {status} in {line.fields.get('milliseconds')} ms")
    if status in _OF_CONTENT:
        return End("held", f"Dreamdata answered {status}; {_COUNTS}")
    return End("held", f"Dreamdata answered {status or 'nothing'}; tried again later")


def _end_of_hold(line: Line) -> End:
    """Return the end of held events; a line names the reasons of everything that an invocation held."""
    reasons = [str(reason) for reason in line.fields.get("reasons", ())]
    told = f"held for {' or '.join(reasons)} at {line.at:%H:%M:%S} UTC"
    if "refused" in reasons:
        return End("held", f"{told}; {_COUNTS}")
    if "refused_all" in reasons:
        return End("held", f"{told}: Dreamdata takes nothing; tried again for hours, and then a dead letter")
    return End("held", f"{told}; tried again later")


def _ids(line: Line, name: str) -> set[str]:
    found = line.fields.get(name)
    return set(map(str, found)) if isinstance(found, list) else set()
