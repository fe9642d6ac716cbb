"""One payload posted until there is a verdict: retries in place while time remains, one fetch of the key anew.

What is refused in gzip is posted as it is before the refusal is believed, see
:mod:`dreamdata_relay.deliver.payload_encoding`.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from dreamdata_relay import metrics
from dreamdata_relay.clock import Clock
from dreamdata_relay.deliver import backoff
from dreamdata_relay.deliver.compression import compressed
from dreamdata_relay.deliver.payload_encoding import Attempts, Encoding
from dreamdata_relay.deliver.payloads import Payload
from dreamdata_relay.deliver.responses import Answer, Delivered, Hold, KeyRefused, NoAnswer, Refused, RetryLater, judge
from dreamdata_relay.errors import SecretUnavailable, place_of
from dreamdata_relay.events.timestamps import from_epoch
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.secrets.keys import DreamdataKey

# In place a fault of seconds is worth waiting for; longer ones wait on the queue, where waiting costs nothing.
MAX_TRIES = 3
_FORBIDDEN = 403

_ANSWER_METRICS = {2: metrics.ANSWERS_2XX, 3: metrics.ANSWERS_3XX, 4: metrics.ANSWERS_4XX, 5: metrics.ANSWERS_5XX}


class Endpoint(Protocol):
    """What payloads are posted to."""

    @property
    def longest_s(self) -> float:
        """The longest that one post can take, in seconds."""
        ...

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
        """Post ``body``, which is in ``encoding``; never raises for what the network or the other side does."""
        ...


type Fate = Delivered | Hold | Refused


class Poster:
    """Posts payloads before ``deadline`` (monotonic seconds); safe to use from several threads."""

    def __init__(
        self,
        endpoint: Endpoint,
        key: DreamdataKey,
        clock: Clock,
        telemetry: Telemetry,
        jitter: Callable[[], float],
        deadline: float,
        encoding: Encoding | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._key = key
        self._clock = clock
        self._telemetry = telemetry
        self._jitter = jitter
        self._deadline = deadline
        self._encoding = encoding or Encoding()
        self._closed = False

    def post(self, payload: Payload) -> Fate:
        """Post ``payload`` and return what became of it; tries again only where nothing can have arrived."""
        try:
            return self._post(payload)
        except Exception as error:  # noqa: BLE001  # its place is the payload's fate: held, the others go on
            self._telemetry.add(metrics.UNEXPECTED_ERRORS)
            self._telemetry.log("error", "posting failed", error=type(error).__name__, place=place_of(error))
            return Hold("error", ambiguous=True)

    def close(self) -> None:
        """Begin no further try: a thread that outlasts its invocation must not post what has gone back to the queue."""
        self._closed = True

    def _post(self, payload: Payload) -> Fate:
        try:
            key = self._key.current()
        except SecretUnavailable as error:
            return Hold(f"key:{error.reason}")
        tries, renewed, attempts = 0, False, Attempts(self._encoding)
        while True:
            if not self.has_time():
                return Hold("time")
            tries += 1
            encoding = attempts.encoding(last=tries >= MAX_TRIES)
            answer = self._try(payload, key, tries, encoding)
            if attempts.doubts(encoding, answer):
                continue
            if attempts.disproves(encoding, answer):
                self._telemetry.log("error", "gzip is not taken, payloads go out uncompressed")
            verdict = judge(answer, self._clock.now())
            if isinstance(verdict, KeyRefused | Refused):
                another = None if renewed else self._another_key(verdict, key)
                if another is None:
                    if isinstance(verdict, Refused):
                        return verdict
                    return Hold(f"key:{verdict.status}", status=verdict.status)
                key, renewed, attempts = another, True, Attempts(self._encoding)
            elif isinstance(verdict, RetryLater):
                wait = backoff.retry_seconds(tries, verdict.after, self._jitter)
                if tries >= MAX_TRIES or wait > backoff.LONGEST_RETRY_S or not self.has_time(wait):
                    return Hold(verdict.reason, after=verdict.after, suspect=verdict.suspect, status=verdict.status)
                self._clock.sleep(wait)
            else:
                return verdict

    def _another_key(self, verdict: KeyRefused | Refused, key: str) -> str | None:
        """The key to try once more with, where the answer may be about ``key``."""
        if isinstance(verdict, KeyRefused):
            return self._key.renewed(key)
        if verdict.status != _FORBIDDEN:
            return None
        another = self._key.renewed(key)
        # The same one shown again would be told the same: another payload tells more.
        return None if another == key else another

    def has_time(self, wait: float = 0.0) -> bool:
        """Whether a post begun in ``wait`` seconds would end before the deadline however long it takes."""
        return not self._closed and self._clock.monotonic() + wait + self._endpoint.longest_s <= self._deadline

    def _try(self, payload: Payload, key: str, tries: int, encoding: str | None) -> Answer | NoAnswer:
        body = payload.body(from_epoch(self._clock.now()))
        size = len(body)
        if encoding is None:
            answer = self._endpoint.post(body, key)
            self._report(payload, answer, {"bytes": size}, tries)
        else:
            # For each try: sentAt is the time of posting.
            body = compressed(body)
            answer = self._endpoint.post(body, key, encoding)
            self._report(payload, answer, {"bytes": size, "gzip_bytes": len(body)}, tries)
        return answer

    def _report(self, payload: Payload, answer: Answer | NoAnswer, sizes: Mapping[str, int], tries: int) -> None:
        milliseconds = round(answer.seconds * 1000)
        fields: dict[str, object] = {
            "payload_id": payload.payload_id,
            **sizes,
            "events": payload.events,
            "try": tries,
            "milliseconds": milliseconds,
        }
        if isinstance(answer, NoAnswer):
            self._telemetry.add(metrics.NO_ANSWERS)
            self._telemetry.log("warning", "payload posted, no answer", reason=answer.reason, **fields)
            return
        self._telemetry.add(metrics.DREAMDATA_LATENCY, milliseconds)
        self._telemetry.add(_ANSWER_METRICS.get(answer.status // 100, metrics.ANSWERS_5XX))
        level = "info" if answer.status // 100 == 2 else "warning"
        self._telemetry.log(level, "payload posted", status=answer.status, **fields)
