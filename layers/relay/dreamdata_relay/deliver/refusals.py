"""Decides which refusals of an invocation are believed: only those events are dead-lettered, the others wait.

A refusal counts if something else was accepted and a later receive has confirmed it, because a proxy or a rolling
deployment may answer 400 for a while. An acceptance proves most if it came after the refusal: an earlier one may have
been the last before an outage. A refusal of everything is a fault of the relay or of Dreamdata, and is believed only
after hours.
"""

from collections.abc import Iterator

from msgspec import Struct

from dreamdata_relay.deliver.payloads import ISOLATING_RECEIVES, Piece, Since
from dreamdata_relay.deliver.progress import (
    AFTER_ACCEPTANCE,
    BESIDE,
    CONFIRMING,
    DOUBTFUL,
    FAILED,
    PROVEN,
    WITH_ALL,
    DeadEvent,
    MessageProgress,
)
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Hold, Refused
from dreamdata_relay.deliver.results import Results
from dreamdata_relay.errors import Refusal

# How many receives and how long on the queue (seconds) a refusal takes to count while Dreamdata accepts nothing: once
# for whatever the message waited for, and once more in refusals alone.
PATIENT_RECEIVES = ISOLATING_RECEIVES
PATIENT_S = 4 * 3600.0
# An event that Dreamdata failed on comes back by itself, possibly with nothing else left to accept. That could be an
# outage too, so it takes hours to believe. The same goes for a refusal that may concern the key if, with little
# traffic, all acceptances came before it.
_RECEIVES_TO_CONFIRM_UNPROVEN = 12
# The text of an answer that is a failure gives no reason.
_FAILS_ALONE = "Dreamdata answers {} to this event alone and takes others"
_HANGS_ALONE = "Dreamdata gives no answer to this event alone and takes others"


class Verdicts(Struct, frozen=True):
    """Judges the ``results`` of an invocation; ``now`` is in seconds since the epoch."""

    results: Results
    now: float

    def dead_events(self, progress: list[MessageProgress]) -> Iterator[DeadEvent]:
        """Yield the events to dead-letter; every other refused event waits in its message's ``progress``."""
        for piece, refused, since in self.results.refused:
            if self._is_believed(progress[piece.message], piece, refused, since):
                yield _dead(piece, refused.reason, refused.status)
        for piece, hold, since in self.results.failed:
            if self._is_failure_believed(progress[piece.message], piece, hold, since):
                yield _dead(piece, _FAILS_ALONE.format(hold.status) if hold.status else _HANGS_ALONE, hold.status)

    @property
    def _takes_others(self) -> bool:
        return self.results.acceptances > 0 and not self.results.contradicted

    def _is_proven(self, since: Since) -> bool:
        return self._takes_others and self.results.acceptances > since.accepted

    def _is_surely_proven(self, since: Since) -> bool:
        """Whether what was posted after the answer was accepted; of posts under way the order tells little."""
        return self._takes_others and self.results.last_accepted > since.begun

    def _is_believed(self, progress: MessageProgress, piece: Piece, refused: Refused, since: Since) -> bool:
        before, proven = progress.message.refused_before, self._is_proven(since)
        if self._takes_others:
            if before in CONFIRMING:
                often = progress.message.receives >= _RECEIVES_TO_CONFIRM_UNPROVEN
                if proven or often or _is_of_a_kind(before, refused):
                    return True
                # The key or the endpoint may have failed meanwhile, so the event need not be the cause.
                progress.wait(piece, Hold("refused"))
            elif self._is_surely_proven(since):
                progress.wait_to_confirm(piece, DOUBTFUL if refused.doubtful else BESIDE)
            else:
                progress.wait_to_confirm(piece, AFTER_ACCEPTANCE)
            return False
        if self.results.acceptances:
            progress.wait(piece, Hold("refused"))
            return False
        return self._is_lone_refusal_believed(progress, piece, refused)

    def _is_lone_refusal_believed(self, progress: MessageProgress, piece: Piece, refused: Refused) -> bool:
        """Whether the refusal is believed although nothing was accepted."""
        message = progress.message
        patient = is_patient(message, self.now)
        if message.refused_before in CONFIRMING:
            # It comes back by itself, possibly with nothing else left to accept. The key may have expired meanwhile.
            soon = message.refused_before in PROVEN and not refused.doubtful
            if soon or (patient and _is_of_a_kind(message.refused_before, refused)):
                return True
            progress.wait(piece, Hold("refused"))
        elif refused.doubtful:
            progress.wait(piece, Hold(refused.hold_reason))
        elif not patient:
            progress.wait(piece, Hold("refused_all"))
        elif message.refused_before == WITH_ALL:
            return True
        else:
            # It may have waited for the end of an outage, so its hours of refusals begin now.
            progress.wait_to_confirm(piece, WITH_ALL)
            progress.hold = Hold("refused_all")
        return False

    def _is_failure_believed(self, progress: MessageProgress, piece: Piece, hold: Hold, since: Since) -> bool:
        message = progress.message
        if self._is_proven(since):
            if message.refused_before in CONFIRMING:
                return True
            progress.wait_to_confirm(piece, FAILED)
            return False
        if message.refused_before == FAILED and message.receives >= _RECEIVES_TO_CONFIRM_UNPROVEN:
            return True
        progress.wait(piece, hold)
        return False


def _is_of_a_kind(before: str | None, refused: Refused) -> bool:
    """Whether the first refusal, noted as ``before``, shows that this one also concerns the event."""
    return before == DOUBTFUL or not refused.doubtful


def is_patient(message: QueuedMessage, now: float) -> bool:
    """Whether the message has waited so long that its refusal counts even if nothing else was accepted."""
    return message.receives >= PATIENT_RECEIVES and now - message.sent_at >= PATIENT_S


def _dead(piece: Piece, reason: str, status: int | None) -> DeadEvent:
    return DeadEvent(piece.message, piece.as_body(), Refusal.REFUSED_BY_DREAMDATA, reason, status, piece=piece)
