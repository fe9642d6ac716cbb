"""What each reason means, and what to do: for refused events by code, for held ones by the hold's reason.

docs/operations.md says the same at greater length.
"""

from dreamdata_relay.errors import Refusal
from local.page.entries import LOST

OUT_OF_TRIES = "out_of_tries"

_SEND_AGAIN = "Send it again, or move the dead letter back once it is mended: relay dead redrive."

# By code: what is wrong with the event, and what to mend.
_REFUSALS: dict[str, tuple[str, str]] = {
    Refusal.TYPE_UNKNOWN: (
        "Its type is missing, or none of the six that Dreamdata knows.",
        "In the sender, set type to identify, track, page, screen, group or alias (all lower case). " + _SEND_AGAIN,
    ),
    Refusal.IDENTITY_MISSING: (
        "It does not say who did it.",
        "In the sender, give it a userId or an anonymousId that is not empty (an alias needs userId and previousId). "
        + _SEND_AGAIN,
    ),
    Refusal.EVENT_NAME_MISSING: (
        "It is a track event without a name.",
        "In the sender, set event to what was done, a string that is not empty. " + _SEND_AGAIN,
    ),
    Refusal.GROUP_ID_MISSING: (
        "It is a group event without a group.",
        "In the sender, set groupId to the company's or group's id, a string that is not empty. " + _SEND_AGAIN,
    ),
    Refusal.TIMESTAMP_INVALID: (
        "Its timestamp is not ISO 8601, or no moment of the calendar.",
        "In the sender, write timestamp like 2026-01-31T12:00:00.000Z, or leave it out for the time of receipt. "
        + _SEND_AGAIN,
    ),
    Refusal.FIELD_NOT_OBJECT: (
        "Its traits, properties, context or integrations are neither an object nor null.",
        "In the sender, make that member a JSON object ({...}) or leave it out; the detail names it. " + _SEND_AGAIN,
    ),
    Refusal.EVENT_TOO_LARGE: (
        "It does not fit the 500,000 bytes of a payload even alone.",
        "In the sender, leave out or shorten large properties (documents, images, lists); then send it again.",
    ),
    Refusal.EVENT_NOT_OBJECT: (
        "It is not a JSON object.",
        "In the sender, put only objects ({...}) into the list batch: look at what it adds beside events.",
    ),
    Refusal.EVENT_NESTED_TOO_DEEP: (
        "It nests more than 6,000 levels deep.",
        "In the sender, look for an object that holds itself, or leave out what nests; then send it again.",
    ),
    Refusal.MESSAGE_EMPTY: (
        "The message on the queue is empty.",
        "In whatever writes to the queue, send an event, a list of events or {\"batch\": [...]} as the message's body.",
    ),
    Refusal.MESSAGE_NOT_JSON: (
        "The message on the queue is not JSON.",
        "In whatever writes to the queue, send JSON; the detail says at which byte it breaks.",
    ),
    Refusal.MESSAGE_NOT_EVENT: (
        "The message on the queue is JSON, but neither an event nor a list of events.",
        "In whatever writes to the queue, send an event, a list of events or {\"batch\": [...]} with a list.",
    ),
    Refusal.WRAPPED_TOO_DEEP: (
        "The event is wrapped (SNS in EventBridge in SNS ...) more than three deep.",
        "Take out a rule or a topic on its way, or let the innermost one write to the queue itself.",
    ),
    Refusal.REFUSED_BY_DREAMDATA: (
        "Dreamdata refused this very event; error_detail is the start of its answer.",
        "Do what Dreamdata's answer says, or ask Dreamdata. Here the sandbox's script may be why: let it accept the "
        "event again. Then move the dead letter back: relay dead redrive --reason refused_by_dreamdata.",
    ),
    OUT_OF_TRIES: (
        "It was tried 400 times, about six days, and never ended.",
        "Find out what held it (the deliver function's log), mend that, and move it back: relay dead redrive --all.",
    ),
}  # fmt: skip

# By the hold's reason, or what stands before its colon.
_HOLDS: dict[str, str] = {
    "unavailable": "Dreamdata was away (408, 425, 429 or 5xx, or not reached). It is tried again by itself.",
    "ambiguous": "No answer came after it was sent: it may have arrived. It is sent again with the same id.",
    "key": "Dreamdata does not take the API key, or there is none: put the right one into its secret (relay key set).",
    "configuration": "Dreamdata's address answers like a wrong one (3xx, 404): see the parameter DreamdataEndpoint.",
    "refused_all": "Dreamdata refused it, but accepted nothing beside it: only after five receives that counts.",
    "time": "The function's time was up before it could be posted. It is tried again by itself.",
    "dead_letter": "It is refused, but the dead-letter queue did not take it. It is tried again by itself.",
    "error": "A fault of the relay itself: its log names the place. It is tried again by itself.",
}

_LOST = (
    "It is not on the queue any more, and neither Dreamdata's stand-in nor the dead-letter queue has it: was the queue "
    "purged?"
)


def fix_of(code: str) -> str:
    """What to do about an event that was refused with `code`; its sender's own code has no advice of ours."""
    return _REFUSALS.get(code, ("", "The relay does not know this code: look at the message's attributes."))[1]


def reason_text(reason: str) -> str | None:
    """What the reason of a row means: a refusal's code, or a hold's reasons with commas; None where there is none."""
    if not reason:
        return None
    if reason == LOST:
        return _LOST
    if reason in _REFUSALS:
        return _REFUSALS[reason][0]
    texts = [_HOLDS[one.partition(":")[0]] for one in reason.split(", ") if one.partition(":")[0] in _HOLDS]
    return " ".join(texts) or None
