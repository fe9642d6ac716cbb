"""One event again: as a command to copy, sent once more, or moved back from the dead-letter queue."""

import base64
import shlex
from collections.abc import Sequence
from typing import Any

from dreamdata_relay.messages.masking import masked
from local.errors import LocalError
from local.page.came import CameAs, Sides, sides_of
from local.page.observer import Observer
from local.page.sending import as_batch, send_items, told
from local.stack import Stack
from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.requeueing import send
from relay_cli.samples import Message, Request

# A shell's argument is at most 128 KiB long on Linux.
_LONGEST_ARGUMENT = 100_000


def request_of(came: CameAs) -> Request:
    """The request that brings one event, and no other, as it came."""
    if came.arrival is None:
        return Request("/v1/batch", as_batch(came.text), "application/json", None)
    event = came.arrival.event
    if event.kind:
        return Request(f"/v1/{event.kind}", event.text, "application/json", None)
    members = {b"batch": b"[" + event.text + b"]", b"context": event.context, b"integrations": event.integrations}
    body = b",".join(b'"' + name + b'":' + value for name, value in members.items() if value)
    return Request("/v1/batch", b"{" + body + b"}", "application/json", None)


def curl_of(came: CameAs, api_url: str, keys: Sequence[str]) -> str:
    """The request as a command for a shell, whatever is in the event but `keys`; the key is a variable of the shell."""
    request = request_of(came)
    body = masked(request.body.decode("utf-8", "replace"), keys)
    command = (
        f'curl -w "\\n" -u "$RELAY_KEY:" -H "Content-Type: application/json" {shlex.quote(api_url + request.path)}'
    )
    if len(body) < _LONGEST_ARGUMENT and all(character.isprintable() or character in "\n\t" for character in body):
        return f"{command} --data-raw {shlex.quote(body)}"
    # A terminal may take controls for its own, and show marks of direction as if the command were another.
    return f"base64 -d <<< {base64.b64encode(body.encode()).decode()} | {command} --data-binary @-"


def resend(observer: Observer, key: str) -> dict[str, Any]:
    """Send an event once more, the way it came: an answer as that of :func:`local.page.sending.send`.

    What came inside another service's message goes to the queue by itself. Raises LocalError.
    """
    sides = _sides(observer, key)
    if not sides.came.text:
        raise LocalError("nothing of the event is kept that could be sent again")
    came, way = sides.came, sides.row.way
    item = request_of(came) if way.startswith("http") or not way else Message(came.text, {})
    return send_items(observer.stack(), observer.stack_keys(), [item])


def redrive(observer: Observer, key: str) -> dict[str, Any]:
    """Move an event's dead letter back to the queue: `{"events": how many are in it}`. Raises LocalError."""
    letter = _sides(observer, key).entry.newest_letter()
    if letter is None:
        raise LocalError("the event is no dead letter")
    with told():
        _move(observer.stack(), letter.message)
    return {"events": len(letter.contents.events)}


def _move(stack: Stack, message_id: str) -> None:
    """Sent first, deleted after: an end between the two leaves a double with the same ids, never a gap."""
    with DeadLetterQueue(stack.aws.sqs, stack.dead_letter_queue_url) as letters:
        for received in letters.received():
            for letter in received:
                if letter.message_id == message_id:
                    if letter.is_stub:
                        raise LocalError("the event was too large to be kept whole: what is left can only be refused")
                    if send(stack.aws.sqs, stack.queue_url, [letter]):
                        raise LocalError("the queue did not take it: it is still a dead letter")
                    if letters.delete([letter]):
                        raise LocalError("it is on the queue, and still a dead letter: deleting it failed")
                    return
    raise LocalError("the dead letter is not there any more, or another command looks at it")


def _sides(observer: Observer, key: str) -> Sides:
    sides = sides_of(observer, key)
    if sides is None:
        raise LocalError("no such event, or one too old to be kept")
    return sides
