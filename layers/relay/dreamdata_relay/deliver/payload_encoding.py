"""In which encoding payloads are tried: gzip where it is asked for and Dreamdata takes it, else as they are.

Dreamdata's guide does not say whether it takes gzip. So nothing that gzip alone may have caused is believed of the
events: what is refused in gzip is tried once more as it is, which cannot count twice, for a refusal is a sure
non-receipt. What is then taken shows that it was the encoding, and gzip is given up for the life of the environment.

    unproven --gzip taken--> proven
    unproven, proven --refused in gzip, taken as it is--> given up
    unproven --failed (5xx) in gzip, taken as it is, three times--> given up
"""

import threading
from enum import Enum

from dreamdata_relay.deliver.compression import GZIP
from dreamdata_relay.deliver.responses import Answer, NoAnswer

# 4xx that say nothing about the body: they are about the key, the address, or ask for a later try. Not 403: that is
# how a firewall refuses what it cannot read.
_NOT_OF_THE_BODY = frozenset({401, 404, 405, 408, 410, 425, 429})
# A failure that is over at the next try says little about gzip; so many, and nothing taken in gzip yet, say enough.
_FAILURES_TO_GIVE_UP = 3


class Trust(Enum):
    """What is known of Dreamdata and gzip; ``UNASKED``: nobody wants it."""

    UNASKED = "unasked"
    UNPROVEN = "unproven"
    PROVEN = "proven"
    GIVEN_UP = "given up"


class Encoding:
    """What the payloads of one environment have shown; may be used from any thread."""

    def __init__(self, compress: bool = False) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self.trust = Trust.UNPROVEN if compress else Trust.UNASKED

    @property
    def given_up(self) -> bool:
        """Whether payloads go out as they are although gzip is asked for."""
        return self.trust is Trust.GIVEN_UP

    @property
    def compresses(self) -> bool:
        """Whether payloads are tried in gzip."""
        return self.trust in (Trust.UNPROVEN, Trust.PROVEN)

    def proved(self) -> None:
        """Something was taken in gzip. What was given up stays so."""
        with self._lock:
            if self.trust is Trust.UNPROVEN:
                self.trust = Trust.PROVEN

    def disproved(self, surely: bool) -> bool:
        """A payload was taken as it is that was not taken in gzip; whether gzip is given up for it, just now."""
        with self._lock:
            if not self.compresses:
                return False
            self._failures += 1
            if not surely and (self.trust is Trust.PROVEN or self._failures < _FAILURES_TO_GIVE_UP):
                return False
            self.trust = Trust.GIVEN_UP
            return True


class Attempts:
    """The encodings of one payload's tries; to be made anew when the key is another."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._refused = False
        self._failed = False

    def encoding(self, last: bool) -> str | None:
        """The next try's ``Content-Encoding``; ``last``: no failure is tried again in place after it."""
        if self._refused or not self._encoding.compresses:
            return None
        if last and self._failed and self._encoding.trust is Trust.UNPROVEN:
            # An endpoint that breaks on what it cannot read would otherwise look like one that is away.
            return None
        return GZIP

    def doubts(self, encoding: str | None, answer: Answer | NoAnswer) -> bool:
        """Whether ``answer`` may be about the encoding alone and must not be believed: another try, as it is, tells."""
        if encoding is None or isinstance(answer, NoAnswer):
            return False
        status = answer.status
        if 200 <= status < 300:
            self._encoding.proved()
        self._failed = self._failed or status >= 500
        self._refused = 400 <= status < 500 and status not in _NOT_OF_THE_BODY
        return self._refused

    def disproves(self, encoding: str | None, answer: Answer | NoAnswer) -> bool:
        """Whether ``answer`` is what makes gzip be given up."""
        if encoding is not None or isinstance(answer, NoAnswer) or not 200 <= answer.status < 300:
            return False
        return (self._refused or self._failed) and self._encoding.disproved(surely=self._refused)
