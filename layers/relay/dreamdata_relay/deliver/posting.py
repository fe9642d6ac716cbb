"""Posts one payload until there is a verdict: retries in place while time remains, and fetches the key again once.

A payload refused in gzip is posted uncompressed before the refusal is believed, see
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

# Wait in place only for faults of seconds; for longer ones events wait on the queue, where waiting costs nothing.
MAX_TRIES = 3
_FORBIDDEN = 403

_ANSWER_METRICS = {2: metrics.ANSWERS_2XX, 3: metrics.ANSWERS_3XX, 4: metrics.ANSWERS_4XX, 5: metrics.ANSWERS_5XX}


class Endpoint(Protocol):
    """Where payloads are posted."""

    @property
    def longest_s(self) -> float:
        """Return the longest that one post can take, in seconds."""
        ...

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
        """Post ``body``, which is in ``encoding``; never raises for a fault of the network or the server."""
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
        """Post ``payload`` and return the outcome; retries only if nothing can have arrived."""
        try:
            return self._post(payload)
        except Exception as error:  # noqa: BLE001  # it becomes the payload's outcome: held; the others go on
            self._telemetry.add(metrics.UNEXPECTED_ERRORS)
            self._telemetry.log("error", "posting failed", error=type(error).__name__, place=place_of(error))
            return Hold("error", ambiguous=True)

    def close(self) -> None:
        """Stop further tries, so that a thread that outlasts its invocation posts nothing that was requeued."""
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
                    return verdict if isinstance(verdict, Refused) else verdict.hold
                key, renewed, attempts = another, True, Attempts(self._encoding)
            elif isinstance(verdict, RetryLater):
                wait = backoff.retry_seconds(tries, verdict.after, self._jitter)
                if tries >= MAX_TRIES or wait > backoff.LONGEST_RETRY_S or not self.has_time(wait):
                    return Hold(verdict.reason, after=verdict.after, suspect=verdict.suspect, status=verdict.status)
                self._clock.sleep(wait)
            else:
                return verdict

    def _another_key(self, verdict: KeyRefused | Refused, key: str) -> str | None:
        """Return another key to try if the answer may be about ``key``."""
        if isinstance(verdict, KeyRefused):
            return self._key.renewed(key)
        if verdict.status != _FORBIDDEN:
            return None
        another = self._key.renewed(key)
        # The same key would get the same answer; another payload tells more.
        return None if another == key else another

    def has_time(self, wait: float = 0.0) -> bool:
        """Whether a post begun in ``wait`` seconds ends before the deadline even if it takes its longest."""
        return not self._closed and self._clock.monotonic() + wait + self._endpoint.longest_s <= self._deadline

    def _try(self, payload: Payload, key: str, tries: int, encoding: str | None) -> Answer | NoAnswer:
        body = payload.body(from_epoch(self._clock.now()))
        size = len(body)
        if encoding is None:
            answer = self._endpoint.post(body, key)
            self._report(payload, answer, {"bytes": size}, tries)
        else:
            # Made for each try, because sentAt is the time of posting.
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
