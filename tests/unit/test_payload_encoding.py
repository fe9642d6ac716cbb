"""gzip: the bytes it makes, and what is believed of an endpoint that may not take it."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.deliver.compression import compressed
from dreamdata_relay.deliver.payload_encoding import Attempts, Encoding, Trust
from dreamdata_relay.deliver.responses import Answer, NoAnswer

REFUSALS = [400, 403, 406, 413, 415, 422]
NOT_OF_THE_BODY = [401, 404, 405, 408, 410, 425, 429]


@given(st.binary(max_size=10_000))
def test_what_is_compressed_is_read_back(body: bytes) -> None:
    assert gzip.decompress(compressed(body)) == body


def test_the_same_body_is_the_same_bytes_with_no_time_in_them() -> None:
    """The header's four bytes of time are zero (RFC 1952: no time stamp)."""
    made = compressed(b"{}")
    assert made == compressed(b"{}")
    assert (made[:3], made[4:8]) == (b"\x1f\x8b\x08", b"\0\0\0\0")


def test_without_the_setting_nothing_is_tried_in_gzip() -> None:
    encoding = Encoding()
    assert Attempts(encoding).encoding(last=False) is None
    assert not Attempts(encoding).disproves(None, Answer(200))
    assert encoding.trust is Trust.UNASKED


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("trust", [Trust.UNPROVEN, Trust.PROVEN])
def test_a_refusal_of_gzip_is_doubted_and_the_next_try_is_as_it_is(trust: Trust, status: int) -> None:
    """Proven or not: an endpoint can change, and a message received five times has its refusals believed."""
    encoding = Encoding(compress=True)
    encoding.trust = trust
    attempts = Attempts(encoding)
    assert attempts.encoding(last=False) == "gzip"
    assert attempts.doubts("gzip", Answer(status))
    assert attempts.encoding(last=False) is None
    assert not attempts.doubts(None, Answer(status)), "what is refused as it is, is about the events"


@pytest.mark.parametrize("status", REFUSALS)
def test_taken_as_it_is_after_a_refusal_gives_gzip_up(status: int) -> None:
    """Told once; the life of the environment long."""
    encoding = Encoding(compress=True)
    first, second = Attempts(encoding), Attempts(encoding)
    for attempts in (first, second):
        attempts.doubts("gzip", Answer(status))
    assert [one.disproves(None, Answer(200)) for one in (first, second)] == [True, False]
    assert encoding.given_up
    assert Attempts(encoding).encoding(last=False) is None
    encoding.proved()
    assert encoding.given_up


@pytest.mark.parametrize("answer", [*map(Answer, NOT_OF_THE_BODY), Answer(302), NoAnswer(True, "timeout")])
def test_what_is_not_about_the_body_is_not_doubted(answer: Answer | NoAnswer) -> None:
    """The key, the address, the time, no answer: gzip stays what it was."""
    attempts = Attempts(Encoding(compress=True))
    assert not attempts.doubts("gzip", answer)
    assert attempts.encoding(last=True) == "gzip"


def test_refused_both_ways_says_nothing_about_gzip() -> None:
    encoding = Encoding(compress=True)
    attempts = Attempts(encoding)
    attempts.doubts("gzip", Answer(400))
    assert not attempts.disproves(None, Answer(400))
    assert encoding.trust is Trust.UNPROVEN


def test_the_last_try_after_failures_is_as_it_is_until_gzip_is_proven() -> None:
    """An endpoint that breaks on gzip looks like one that is away."""
    encoding = Encoding(compress=True)
    attempts = Attempts(encoding)
    assert attempts.encoding(last=True) == "gzip", "nothing has failed"
    assert not attempts.doubts("gzip", Answer(500))
    assert attempts.encoding(last=False) == "gzip"
    assert attempts.encoding(last=True) is None
    Attempts(encoding).doubts("gzip", Answer(200))
    assert encoding.trust is Trust.PROVEN
    assert attempts.encoding(last=True) == "gzip"


def test_three_payloads_taken_only_as_they_are_give_gzip_up() -> None:
    """One or two may be an outage that ended just then."""
    encoding = Encoding(compress=True)
    told = []
    for _ in range(3):
        attempts = Attempts(encoding)
        attempts.doubts("gzip", Answer(500))
        told.append(attempts.disproves(None, Answer(200)))
    assert told == [False, False, True]
    assert encoding.given_up


def test_failures_of_an_endpoint_that_takes_gzip_are_an_outage() -> None:
    encoding = Encoding(compress=True)
    for _ in range(9):
        attempts = Attempts(encoding)
        attempts.doubts("gzip", Answer(503))
        Attempts(encoding).doubts("gzip", Answer(200))
        assert not attempts.disproves(None, Answer(200))
    assert encoding.trust is Trust.PROVEN
