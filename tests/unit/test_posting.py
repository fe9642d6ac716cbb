"""One payload, posted by a poster: how often, with which key, and what a log line and the metrics tell of each post."""

import email.utils
from itertools import chain, repeat

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver import backoff
from dreamdata_relay.deliver.payload_encoding import Encoding
from dreamdata_relay.deliver.payloads import Payload, Piece
from dreamdata_relay.deliver.posting import MAX_TRIES, Poster
from dreamdata_relay.deliver.responses import Answer, Delivered, Hold, NoAnswer, Refused
from tests.fakes.clock import FakeClock
from tests.fakes.relay import ScriptedEndpoint
from tests.fakes.telemetry import RecordingTelemetry


class Keys:
    """``first``, and once renewed the next ones; None where there is none. ``asked``: which was refused each time."""

    def __init__(self, *following: str | None) -> None:
        self._following = list(following)
        self.asked: list[str] = []

    def current(self) -> str:
        return "first"

    def renewed(self, refused: str) -> str | None:
        self.asked.append(refused)
        return self._following.pop(0) if self._following else None


class Bench:
    """A poster that is answered ``answers`` in turn, the last one for ever, and all that it uses."""

    def __init__(
        self,
        *answers: Answer | NoAnswer,
        keys: Keys | None = None,
        gzip: Answer | None = None,
        seconds_left: float = 60.0,
    ) -> None:
        self.clock, self.telemetry, self.keys = FakeClock(), RecordingTelemetry(), keys or Keys()
        coming = chain(answers, repeat(answers[-1]))
        self.endpoint = ScriptedEndpoint(lambda _payload: next(coming), gzip=gzip)
        encoding = Encoding(compress=gzip is not None)
        deadline = self.clock.monotonic() + self.endpoint.longest_s + seconds_left
        self.poster = Poster(
            self.endpoint,
            self.keys,  # type: ignore[arg-type]
            self.clock,
            self.telemetry,
            lambda: 0.5,
            deadline,
            encoding,
        )

    def post(self) -> object:
        ids = ["e0", "e1", "e2"]
        events = b",".join(b'{"messageId":"%s"}' % id_.encode() for id_ in ids)
        return self.poster.post(Payload.of([Piece(0, events, ids)]))

    def sent_keys(self) -> list[str]:
        return [key for _, key in self.endpoint.requests]


# -- what is told


@pytest.mark.parametrize(
    ("status", "metric", "level"),
    [
        (200, metrics.ANSWERS_2XX, "info"),
        (299, metrics.ANSWERS_2XX, "info"),
        (302, metrics.ANSWERS_3XX, "warning"),
        (404, metrics.ANSWERS_4XX, "warning"),
        (599, metrics.ANSWERS_5XX, "warning"),
        # None of the classes of HTTP: counted where an operator looks for what Dreamdata does wrong.
        (600, metrics.ANSWERS_5XX, "warning"),
    ],
)
def test_a_post_is_told_with_its_answer(status: int, metric: metrics.Metric, level: str) -> None:
    bench = Bench(Answer(status, "3600", seconds=0.2504))
    bench.post()
    [(body, _)] = bench.endpoint.requests
    [(told, text, fields)] = bench.telemetry.lines
    assert (told, text) == (level, "payload posted")
    assert fields.pop("payload_id")
    assert fields == {"bytes": len(body), "events": 3, "try": 1, "milliseconds": 250, "status": status}
    assert bench.telemetry.values == {metrics.DREAMDATA_LATENCY.name: [250], metric.name: [1]}


def test_a_post_without_an_answer_is_told_with_the_reason() -> None:
    bench = Bench(NoAnswer(sent=True, reason="read_timeout", seconds=15.0))
    bench.post()
    [(level, text, fields)] = bench.telemetry.lines
    assert (level, text) == ("warning", "payload posted, no answer")
    assert (fields["reason"], fields["milliseconds"], fields["events"], fields["try"]) == ("read_timeout", 15_000, 3, 1)
    # No latency: nothing was answered.
    assert bench.telemetry.values == {metrics.NO_ANSWERS.name: [1]}


def test_a_post_in_gzip_is_told_with_both_sizes_and_the_second_without_it_as_the_second_try() -> None:
    """The gzip itself is what is refused."""
    bench = Bench(Answer(200), gzip=Answer(415))
    assert bench.post() == Delivered()
    posts = [fields for _, text, fields in bench.telemetry.lines if text == "payload posted"]
    assert [fields["try"] for fields in posts] == [1, 2]
    assert [fields.get("gzip_bytes") for fields in posts] == [len(bench.endpoint.requests[0][0]), None]
    assert {fields["bytes"] for fields in posts} == {len(bench.endpoint.requests[1][0])}
    assert ("error", "gzip is not taken, payloads go out uncompressed", {}) in bench.telemetry.lines


# -- tries


def test_a_fault_of_seconds_is_waited_out_in_place() -> None:
    bench = Bench(Answer(503))
    assert bench.post() == Hold("unavailable", suspect=True, status=503)
    assert len(bench.endpoint.requests) == MAX_TRIES
    assert bench.clock.slept == [backoff.retry_seconds(tries, None, lambda: 0.5) for tries in range(1, MAX_TRIES)]


@pytest.mark.parametrize(("asked", "posts"), [(backoff.LONGEST_RETRY_S, MAX_TRIES), (backoff.LONGEST_RETRY_S + 1, 1)])
def test_a_server_that_asks_for_longer_is_not_waited_for_in_place(asked: float, posts: int) -> None:
    bench = Bench(Answer(503, f"{asked:g}"))
    assert bench.post() == Hold("unavailable", after=asked, status=503)
    assert len(bench.endpoint.requests) == posts


def test_a_date_to_come_back_at_is_counted_from_now() -> None:
    begun = FakeClock().now()
    bench = Bench(Answer(429, email.utils.formatdate(begun + 3, usegmt=True)), Answer(200))
    assert bench.post() == Delivered()
    # The header's date has whole seconds.
    assert bench.clock.slept == [pytest.approx(int(begun + 3) - begun)]


def test_a_date_far_ahead_to_come_back_at_is_told() -> None:
    begun = FakeClock().now()
    bench = Bench(Answer(404, email.utils.formatdate(begun + 900, usegmt=True)))
    held = bench.post()
    assert isinstance(held, Hold)
    assert (held.reason, held.status) == ("configuration", 404)
    assert held.after == pytest.approx(int(begun + 900) - begun)


@pytest.mark.parametrize(("left", "posts"), [(0.0, 1), (2.9, 1), (3.0, 2), (5.9, 2), (6.0, 3)])
def test_a_try_that_could_end_after_the_deadline_is_not_begun(left: float, posts: int) -> None:
    """Each wait is three seconds; ``left`` is what is there beside the longest that a post takes."""
    bench = Bench(Answer(503, "3"), seconds_left=left)
    assert bench.post() == Hold("unavailable", after=3.0, status=503)
    assert len(bench.endpoint.requests) == posts


def test_without_time_for_one_post_nothing_is_posted() -> None:
    bench = Bench(Answer(200), seconds_left=-0.1)
    assert bench.post() == Hold("time")
    assert bench.endpoint.requests == []


# -- keys


def test_another_key_is_tried_once_for_a_refused_one() -> None:
    bench = Bench(Answer(401), Answer(401), keys=Keys("second", "third"))
    assert bench.post() == Hold("key:401", status=401)
    assert bench.sent_keys() == ["first", "second"]
    assert bench.keys.asked == ["first"]


def test_the_same_key_is_tried_again_after_a_401_if_it_was_fetched_just_now() -> None:
    """Dreamdata may know it by now."""
    bench = Bench(Answer(401), Answer(200), keys=Keys("first"))
    assert bench.post() == Delivered()
    assert bench.sent_keys() == ["first", "first"]


def test_a_403_is_tried_again_with_another_key_only() -> None:
    """It may be about what was sent, and the same key would get the same answer."""
    bench = Bench(Answer(403, start=b"no"), keys=Keys("first"))
    assert bench.post() == Refused(403, "no", doubtful=True)
    assert bench.sent_keys() == ["first"]

    bench = Bench(Answer(403), Answer(200), keys=Keys("second"))
    assert bench.post() == Delivered()
    assert (bench.sent_keys(), bench.keys.asked) == (["first", "second"], ["first"])


def test_a_refusal_of_what_was_sent_asks_for_no_other_key() -> None:
    bench = Bench(Answer(400, start=b"bad"), keys=Keys("second"))
    assert bench.post() == Refused(400, "bad")
    assert bench.keys.asked == []


def test_with_another_key_gzip_is_tried_again() -> None:
    """The refusal was the key's, not the encoding's."""
    bench = Bench(Answer(403), keys=Keys("second"), gzip=Answer(403))
    bench.post()
    assert bench.endpoint.encodings == ["gzip", None, "gzip", None]
    assert bench.sent_keys() == ["first", "first", "second", "second"]
