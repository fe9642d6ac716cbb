"""The remembered suppression list: how often it is asked for, how long it is used, and what holds while it is away."""

import pytest

from dreamdata_relay.errors import ListUnavailable
from dreamdata_relay.limits import MAX_LIST_AGE_S
from dreamdata_relay.privacy.suppressed_ids import PersonId
from dreamdata_relay.privacy.suppression import encode, entries_with
from dreamdata_relay.privacy.suppression_list import RETRY_S, RememberedList, Stored, WhenAway
from tests.fakes.clock import FakeClock

KEY = b"k" * 32
JO, EVENT = PersonId("user", "jo"), b'{"userId":"jo"}'


class Bench:
    """A list in a store that can be away, and what was asked of it."""

    def __init__(self, fail: WhenAway = "hold") -> None:
        self.clock = FakeClock()
        self.key = KEY
        self.key_is_away = False
        self.away: str | None = None
        self.stored = Stored(None, None)
        self.asked: list[str | None] = []
        self.takes_s = 0.0
        self.failed: list[str] = []
        self.remembered = RememberedList(self, self.clock, self._key, fail, self.failed.append)

    def put(self, *people: PersonId, key: bytes = KEY) -> None:
        self.stored = Stored(encode(map(entries_with(key), people), key), f'"{len(people)}-{key[:1]!r}"')

    def fetch(self, etag: str | None) -> Stored | None:
        self.asked.append(etag)
        stored = self.stored
        self.clock.advance(self.takes_s)
        if self.away:
            raise ListUnavailable(self.away)
        return None if etag is not None and etag == stored.etag else stored

    def suppressed(self) -> bool:
        return self.remembered.suppressed(EVENT)

    def reason(self) -> str:
        with pytest.raises(ListUnavailable) as raised:
            self.suppressed()
        return raised.value.reason

    def _key(self) -> bytes:
        if self.key_is_away:
            raise ListUnavailable("secret_unavailable")
        return self.key


def test_a_suppression_holds_within_a_minute_and_so_does_its_end() -> None:
    bench = Bench()
    assert not bench.suppressed()
    bench.put(JO)
    bench.clock.advance(MAX_LIST_AGE_S)
    assert bench.suppressed()
    bench.put()
    bench.clock.advance(MAX_LIST_AGE_S)
    assert not bench.suppressed()


def test_a_suppression_while_the_list_is_on_its_way_holds_within_a_minute() -> None:
    """The minute begins when the list is asked for, not when it is there."""
    bench = Bench()
    bench.takes_s = 3.0
    assert not bench.suppressed()
    bench.put(JO)
    bench.clock.advance(MAX_LIST_AGE_S - 3)
    assert bench.suppressed()


def test_it_asks_once_a_minute_and_by_the_etag_that_it_has() -> None:
    bench = Bench()
    bench.put(JO)
    for _ in range(10 * int(MAX_LIST_AGE_S) + 1):
        assert bench.suppressed()
        bench.clock.advance(1)
    assert bench.asked == [None, *[bench.stored.etag] * 10]


def test_where_there_is_no_list_yet_nobody_is_suppressed() -> None:
    bench = Bench()
    assert not bench.suppressed()
    assert bench.failed == []


@pytest.mark.parametrize("reason", ["list_unavailable", "list_withdrawn"])
def test_while_it_is_away_events_wait_after_a_minute_at_the_latest(reason: str) -> None:
    bench = Bench()
    assert not bench.suppressed()
    bench.away = reason
    bench.clock.advance(MAX_LIST_AGE_S - 0.1)
    assert not bench.suppressed()
    bench.clock.advance(0.1)
    assert bench.reason() == reason
    bench.clock.advance(1)
    assert bench.reason() == reason
    assert bench.failed == [reason]


def test_after_a_failure_it_asks_again_after_seconds_and_not_sooner() -> None:
    bench = Bench()
    bench.away = "list_unavailable"
    assert bench.reason() == "list_unavailable"
    bench.put(JO)
    bench.away = None
    bench.clock.advance(RETRY_S - 0.1)
    assert bench.reason() == "list_unavailable"
    bench.clock.advance(0.1)
    assert bench.suppressed()
    assert len(bench.asked) == 2


def test_where_events_pass_the_last_list_is_used_and_every_failure_told() -> None:
    bench = Bench("pass")
    bench.away = "list_unavailable"
    assert not bench.suppressed()
    bench.away = None
    bench.put(JO)
    bench.clock.advance(RETRY_S)
    assert bench.suppressed()
    bench.away = "list_withdrawn"
    bench.clock.advance(MAX_LIST_AGE_S)
    assert bench.suppressed()
    assert bench.failed == ["list_unavailable", "list_withdrawn"]


def test_a_list_that_was_there_and_is_gone_is_away() -> None:
    bench = Bench()
    bench.put(JO)
    assert bench.suppressed()
    bench.stored = Stored(None, None)
    bench.clock.advance(MAX_LIST_AGE_S)
    assert bench.reason() == "list_deleted"


def test_a_list_of_another_key_or_cut_is_away() -> None:
    bench = Bench()
    bench.put(JO, key=b"o" * 32)
    assert bench.reason() == "list_of_another_key"
    bench.put(JO)
    assert bench.stored.data
    bench.stored = Stored(bench.stored.data[:-1], '"cut"')
    bench.clock.advance(RETRY_S)
    assert bench.reason() == "list_malformed"


def test_a_list_is_read_anew_when_the_key_changes() -> None:
    bench = Bench()
    bench.put(JO)
    assert bench.suppressed()
    bench.key = b"o" * 32
    bench.clock.advance(MAX_LIST_AGE_S)
    assert bench.reason() == "list_of_another_key"
    bench.put(JO, key=bench.key)
    bench.clock.advance(RETRY_S)
    assert bench.suppressed()
    assert bench.asked == [None, None, None]


def test_without_its_key_the_list_is_away() -> None:
    bench = Bench()
    bench.key_is_away = True
    assert bench.reason() == "secret_unavailable"
    assert bench.asked == []


def test_a_clock_that_is_set_back_makes_it_ask_again() -> None:
    bench = Bench()
    assert not bench.suppressed()
    bench.put(JO)
    bench.clock.advance(-3600)
    assert bench.suppressed()
