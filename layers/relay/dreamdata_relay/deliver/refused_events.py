"""Makes what is dead-lettered of a message's refused events."""

from msgspec.structs import replace

from dreamdata_relay.deliver.progress import DeadEvent, MessageProgress
from dreamdata_relay.deliver.unwrapped import Unwrapped
from dreamdata_relay.events.chunks import utf8_of
from dreamdata_relay.events.reading import RefusedEvent
from dreamdata_relay.events.rules import NO_EVENT, Reason
from dreamdata_relay.messages.dead_letter_bodies import body_of, counted_bodies_of, digest_of

# A wrapper that carries one event only is kept as it came, so that it can be redriven unchanged.
_WRAPPED = frozenset({"sns", "eventbridge"})
# Events refused one by one each get a dead letter with the envelope's context, up to this many bytes of context in all.
_MAX_LONE_SHARED_BYTES = 1_000_000


def dead_events(
    number: int, progress: MessageProgress, unwrapped: Unwrapped, lone: int, *, digests: bool
) -> list[DeadEvent]:
    """Return a message's refused events: each alone if there are at most ``lone``, else in chunks by reason.

    ``digests``: whether of what is no event only the size and the digest are kept.
    """
    dead = _all_dead(number, progress, unwrapped, lone)
    if not digests:
        return dead
    return [replace(one, body=digest(one.body)) if one.code in NO_EVENT else one for one in dead]


def digest(body: str) -> str:
    """Return the size and the digest of ``body`` as the body of a dead letter."""
    return digest_of(utf8_of(body)).decode()


def _all_dead(number: int, progress: MessageProgress, unwrapped: Unwrapped, lone: int) -> list[DeadEvent]:
    reading = unwrapped.reading
    total = len(reading.refused) + sum(map(len, unwrapped.floods.values()))
    shared = total * (len(unwrapped.context or b"") + len(unwrapped.integrations or b""))
    if total <= 1 or (total <= lone and shared <= _MAX_LONE_SHARED_BYTES):
        in_bulk = [
            RefusedEvent(0, code, detail, text) for (code, detail), texts in unwrapped.floods.items() for text in texts
        ]
        alone = unwrapped.count == 1
        return [_dead(number, progress, refused, unwrapped, alone) for refused in [*reading.refused, *in_bulk]]
    by_reason = dict(unwrapped.floods)
    for refused in reading.refused:
        by_reason.setdefault(Reason(refused.code, refused.detail), []).append(refused.text)
    return [
        DeadEvent(number, body.decode("utf-8", "replace"), reason.code, reason.detail, events=count)
        for reason, texts in by_reason.items()
        for body, count in counted_bodies_of(texts, unwrapped.context, unwrapped.integrations)
    ]


def _dead(
    number: int, progress: MessageProgress, refused: RefusedEvent, unwrapped: Unwrapped, alone: bool
) -> DeadEvent:
    if alone and progress.source in _WRAPPED and not unwrapped.cleaned:
        return DeadEvent(number, progress.message.body, refused.code, refused.detail, whole=True)
    text = body_of([refused.text], unwrapped.context, unwrapped.integrations)
    return DeadEvent(number, text.decode("utf-8", "replace"), refused.code, refused.detail)
