"""Chooses the encoding of payloads: gzip if it is configured and Dreamdata accepts it, otherwise uncompressed.

Dreamdata's guide does not say whether it accepts gzip. So a refusal that gzip alone may have caused is not believed:
the payload is posted once more uncompressed, which cannot count twice, because a refused payload was not received. If
it is accepted then, the encoding was the cause, and gzip is given up for the life of the environment.

    unproven --gzip taken--> proven
    unproven, proven --refused in gzip, taken as it is--> given up
    unproven --failed (5xx) in gzip, taken as it is, three times--> given up
"""

import threading
from enum import Enum

from dreamdata_relay.deliver.compression import GZIP
from dreamdata_relay.deliver.responses import Answer, NoAnswer

# 4xx that say nothing about the body: they concern the key or the address, or ask for a later try. 403 is not among
# them, because a firewall answers it to what it cannot read.
_NOT_OF_THE_BODY = frozenset({401, 404, 405, 408, 410, 425, 429})
# One failure that the next try does not repeat says little about gzip. This many, with nothing accepted in gzip yet,
# say enough.
_FAILURES_TO_GIVE_UP = 3


class Trust(Enum):
    """What is known of Dreamdata and gzip; ``UNASKED``: gzip is not configured."""

    UNASKED = "unasked"
    UNPROVEN = "unproven"
    PROVEN = "proven"
    GIVEN_UP = "given up"


class Encoding:
    """What the payloads of one environment have shown so far; safe to use from several threads."""

    def __init__(self, compress: bool = False) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self.trust = Trust.UNPROVEN if compress else Trust.UNASKED

    @property
    def given_up(self) -> bool:
        """Whether payloads are sent uncompressed although gzip is configured."""
        return self.trust is Trust.GIVEN_UP

    @property
    def compresses(self) -> bool:
        """Whether payloads are tried in gzip."""
        return self.trust in (Trust.UNPROVEN, Trust.PROVEN)

    def proved(self) -> None:
        """Note that a payload was accepted in gzip. This does not revive gzip once it was given up."""
        with self._lock:
            if self.trust is Trust.UNPROVEN:
                self.trust = Trust.PROVEN

    def disproved(self, surely: bool) -> bool:
        """Note that a payload refused in gzip was accepted uncompressed; return whether this gives gzip up."""
        with self._lock:
            if not self.compresses:
                return False
            self._failures += 1
            if not surely and (self.trust is Trust.PROVEN or self._failures < _FAILURES_TO_GIVE_UP):
                return False
            self.trust = Trust.GIVEN_UP
            return True


class Attempts:
    """Chooses the encodings of one payload's tries; a new key needs a new instance."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._refused = False
        self._failed = False

    def encoding(self, last: bool) -> str | None:
        """Return the next try's ``Content-Encoding``; ``last``: no failure is retried in place after it."""
        if self._refused or not self._encoding.compresses:
            return None
        if last and self._failed and self._encoding.trust is Trust.UNPROVEN:
            # Otherwise an endpoint that fails on what it cannot read would look as if it were down.
            return None
        return GZIP

    def doubts(self, encoding: str | None, answer: Answer | NoAnswer) -> bool:
        """Whether ``answer`` may concern the encoding alone, so that an uncompressed try has to confirm it."""
        if encoding is None or isinstance(answer, NoAnswer):
            return False
        status = answer.status
        if 200 <= status < 300:
            self._encoding.proved()
        self._failed = self._failed or status >= 500
        self._refused = 400 <= status < 500 and status not in _NOT_OF_THE_BODY
        return self._refused

    def disproves(self, encoding: str | None, answer: Answer | NoAnswer) -> bool:
        """Whether ``answer`` gives gzip up."""
        if encoding is not None or isinstance(answer, NoAnswer) or not 200 <= answer.status < 300:
            return False
        return (self._refused or self._failed) and self._encoding.disproved(surely=self._refused)
