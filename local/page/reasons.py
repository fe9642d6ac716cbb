"""What each reason means, and what to do: for refused events by code, for held ones by the hold's reason.

docs/operations.md says the same at greater length.
"""

from dreamdata_relay.errors import Refusal
from dreamdata_relay.events.rules import RULES
from local.page.entries import LOST
from relay_cli.to_type import to_type

OUT_OF_TRIES = Refusal.OUT_OF_TRIES

_MEND = "Send it again, or mend its dead letter:"

# By code: what is wrong with the message, and what to mend.
_MESSAGES: dict[str, tuple[str, str]] = {
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
    Refusal.MESSAGE_TOO_LARGE: (
        "What the message's context and integrations add to each of its events comes to more than 16 MB.",
        "In whatever writes to the queue, send fewer events a message, or give each event its own context.",
    ),
    Refusal.WRAPPED_TOO_DEEP: (
        "The event is wrapped (SNS in EventBridge in SNS ...) more than three deep.",
        "Take out a rule or a topic on its way, or let the innermost one write to the queue itself.",
    ),
    Refusal.REFUSED_BY_DREAMDATA: (
        "Dreamdata refused this very event; error_detail is the start of its answer.",
        "Do what Dreamdata's answer says, or ask Dreamdata. Here the sandbox's script may be why: let it accept the "
        "event again. Then move the dead letter back:",
    ),
    Refusal.OUT_OF_TRIES: (
        "It was tried for about six days, and never ended; error_detail says what it was held for.",
        "Find out what held it (the deliver function's log), mend that, and move it back:",
    ),
}  # fmt: skip


def _plain(markdown: str) -> str:
    """A sentence of a text of the table of rules."""
    text = markdown.replace("`", "")
    return text[0].upper() + text[1:] + "."


_REFUSALS = _MESSAGES | {
    rule.code: (_plain(rule.meaning), f"{_plain('in the sender, ' + rule.remedy)} {_MEND}")
    for rule in RULES
    if rule.meaning
}

# By the hold's reason, or what stands before its colon.
_HOLDS: dict[str, str] = {
    "unavailable": "Dreamdata was away (408, 425, 429 or 5xx, or not reached). It is tried again by itself.",
    "ambiguous": "No answer came after it was sent: it may have arrived. It is sent again with the same id.",
    "key": "Dreamdata does not take the API key, or there is none: put the right one into its secret:",
    "configuration": "Dreamdata's address answers like a wrong one (3xx, 404): see the parameter DreamdataEndpoint.",
    "refused": "Dreamdata refused it. That counts once a later receive confirms it: half a minute later.",
    "refused_all": "Dreamdata refused it, and took nothing else: that counts only after hours.",
    "busy": "Others of its batch took the time or memory that reading it takes. It is read at a later receive.",
    "time": "The function's time was up before it could be posted. It is tried again by itself.",
    "dead_letter": "It is refused, but the dead-letter queue did not take it. It is tried again by itself.",
    "rules_unavailable": "The privacy rules cannot run, and no event passes without them: see the log for the reason.",
    "error": "A fault of the relay itself: its log names the place. It is tried again by itself.",
}

_LOST = (
    "It is not on the queue any more, and neither Dreamdata's stand-in nor the dead-letter queue has it: was the queue "
    "purged?"
)


def fix_of(code: str, message_id: str) -> str:
    """What to do about the dead letter `message_id` with `code`; its sender's own code has no advice of ours."""
    advice = _REFUSALS.get(code, ("", "The relay does not know this code: look at the message's attributes."))[1]
    # What ends with a colon wants a command.
    if not advice.endswith(":"):
        return advice
    words = "dead edit" if advice.endswith(_MEND) else "dead redrive --id"
    return f"{advice} {to_type(words, message_id)}"


def dropped_text(rule: str) -> str:
    """What it means that a privacy rule dropped an event."""
    return f"The privacy rule {rule} dropped it. Its sender was told that it was taken, and nothing of it is kept."


def reason_text(reason: str) -> str | None:
    """What the reason of a row means: a refusal's code, or a hold's reasons with commas; None where there is none."""
    if not reason:
        return None
    if reason == LOST:
        return _LOST
    if reason in _REFUSALS:
        return _REFUSALS[reason][0]
    texts = [_HOLDS[one.partition(":")[0]] for one in reason.split(", ") if one.partition(":")[0] in _HOLDS]
    return " ".join(f"{text} {to_type('key set')}." if text.endswith(":") else text for text in texts) or None
