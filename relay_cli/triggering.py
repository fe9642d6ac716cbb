"""Sends a sample of `events/` by its way in, and follows it to the end that its file names."""

import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.reporting import TRACE
from relay_cli.errors import AwsFailed, NotKnown
from relay_cli.fresh_samples import Renewal
from relay_cli.letters import Letter
from relay_cli.samples import FreshSample, Message, Request, ids_in
from relay_cli.sending import End
from relay_cli.stack import RelayStack
from relay_cli.to_type import to_type

_CONNECT_S, _READ_S = 5.0, 30.0
# An event's own id, or what stands in for it, also where its JSON is text in another's.
_BEFORE_AN_ID = re.compile(rb'"(?:messageId|MessageId|id)\\*"\s*:\s*\\*"$')
_NEARBY = 80
_MOMENT = re.compile(rb"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Traced(Renewal):
    """New identities and the current time; event ids have the form that deliver's log names."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._now = now

    def __call__(self, text: bytes) -> bytes:
        """Return ``text`` as if it had been written now."""
        return super().__call__(_MOMENT.sub(self._time, text))

    def identity(self, match: re.Match[bytes]) -> bytes:
        """See :class:`relay_cli.fresh_samples.Renewal`."""
        if _BEFORE_AN_ID.search(match.string[max(0, match.start() - _NEARBY) : match.start()]):
            return (TRACE + uuid.uuid4().hex).encode()
        return super().identity(match)

    def _time(self, match: re.Match[bytes]) -> bytes:
        """Return the current time in the zone and precision of the original; a missing time stays missing."""
        try:
            zone = datetime.fromisoformat(match[0].decode()).tzinfo
        except ValueError:
            return match[0]
        whole, _, digits = f"{self._now.astimezone(zone):%Y-%m-%dT%H:%M:%S.%f}".partition(".")
        fraction = f".{digits[: len(match[1]) - 1]}" if match[1] else ""
        return f"{whole}{fraction}{match[2].decode()}".encode()


class AsItIs(Renewal):
    """Changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._found: set[str] = set()

    def __call__(self, text: bytes) -> bytes:
        """Return ``text``."""
        self._found |= ids_in(text.decode("utf-8", "replace"))
        return text

    @property
    def ids(self) -> frozenset[str]:
        """Return the ids in the sample."""
        return frozenset(self._found)


@dataclass(slots=True)
class Triggered:
    """A sample that was sent: ``status`` and ``answer`` of its request, ``message_ids`` of its queued events.

    ``end`` is the outcome of those; ``letters`` are its dead letters.
    """

    fresh: FreshSample
    status: int | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)
    message_ids: list[str] = field(default_factory=list)
    end: End = field(default_factory=lambda: End("accepted", "not followed"))
    letters: dict[str, Letter] = field(default_factory=dict)

    @property
    def rejected(self) -> list[dict[str, Any]]:
        """Return what the answer tells of refused events."""
        found = self.answer.get("rejected")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    @property
    def codes(self) -> list[str]:
        """Return the error codes of what is not an event, as the answer or the dead letters name them."""
        told = [str(one.get("code")) for one in self.rejected] or [letter.reason for letter in self.letters.values()]
        return sorted(told)

    @property
    def letters_wanted(self) -> int:
        """Return how many dead letters only the dead-letter queue can show."""
        return 0 if self.status is not None else len(self.fresh.sample.dead)

    def problems(self) -> list[str]:
        """Return what differs from the sample's file; empty if nothing does."""
        sample, code = self.fresh.sample, self.answer.get("code")
        found = []
        if (self.status, code) != (sample.status, sample.code):
            found.append(f"the answer is to be {sample.status} {sample.code or ''}".rstrip())
        if len(self.message_ids) != sample.delivered:
            found.append(f"{sample.delivered} events are to be delivered")
        if self.codes != sorted(sample.dead):
            found.append(f"dead letters are to be: {', '.join(sorted(sample.dead)) or 'none'}")
        if self.message_ids and self.end.what not in ("delivered", "accepted"):
            found.append("its events are to be delivered")
        return found

    def is_letter_of_it(self, letter: Letter, since: datetime) -> bool:
        """Whether it is a dead letter of this sample; if so, records it."""
        mine = letter.sent_at >= since and any(name in letter.body for name in self.fresh.ids)
        if mine:
            self.letters[letter.message_id] = letter
        return mine


def send(stack: RelayStack, fresh: FreshSample, relay_key: Callable[[], str]) -> Triggered:
    """Send the sample to the HTTP API or to the queue. Raises AwsFailed, NotKnown, and boto3's errors."""
    done = Triggered(fresh)
    for item in fresh.items:
        if isinstance(item, Request):
            done.status, done.answer = _post(stack.api_url, item, item.key or relay_key())
            if done.status == 200:
                done.message_ids += _ids_of(_text_of(item.body))
        else:
            assert isinstance(item, Message), "what goes by a bus or a topic was made a message"  # noqa: S101
            done.message_ids += _put(stack, item)
    return done


def _put(stack: RelayStack, message: Message) -> Sequence[str]:
    attributes: Any = {name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()}
    put = stack.sqs.send_message(
        QueueUrl=stack.output("QueueUrl"), MessageBody=message.body, MessageAttributes=attributes
    )
    return _ids_of(message.body, put["MessageId"])


def _ids_of(body: str, message_id: str = "") -> list[str]:
    """Return the ids that the relay will give to the events in ``body``, except those that it will refuse."""
    return unwrap(QueuedMessage(message_id, "", body, sent_at=datetime.now(UTC).timestamp())).message_ids


def _text_of(body: bytes) -> str:
    # Needed by one sample.
    import gzip

    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode("utf-8", "replace")


def _post(api_url: str, request: Request, key: str) -> tuple[int, Mapping[str, Any]]:
    # Takes long: only what posts waits for it.
    import urllib3

    headers = {
        "Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}",
        "Content-Type": request.content_type,
    }
    timeout = urllib3.Timeout(connect=_CONNECT_S, read=_READ_S)
    try:
        answer = urllib3.request(
            "POST",
            api_url + request.path,
            body=request.body,
            headers=headers,
            redirect=False,
            retries=False,
            timeout=timeout,
        )
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
        raise AwsFailed(f"the relay at {api_url} is not reached, nothing was sent: {type(error).__name__}") from None
    except urllib3.exceptions.HTTPError as error:
        said = f"the relay at {api_url} does not answer ({type(error).__name__}); the sample may have been taken"
        raise NotKnown(f"{said} all the same, look with: {to_type('tail --since 5m')}") from None
    try:
        read = json.loads(answer.data)
    except ValueError:
        read = {}
    return int(answer.status), read if isinstance(read, dict) else {}
