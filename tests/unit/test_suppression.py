"""The suppression list: what its object is, and whom it finds."""

import hashlib
import hmac
import json

import pytest

from dreamdata_relay.errors import ListUnavailable
from dreamdata_relay.limits import MAX_SUPPRESSION_ENTRIES
from dreamdata_relay.privacy import suppression
from dreamdata_relay.privacy.suppressed_ids import PersonId, email_id
from dreamdata_relay.privacy.suppression import ENTRY_BYTES, decode, empty, encode, entries_with

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
JO = PersonId("user", "jo")


def list_of(*people: PersonId) -> suppression.SuppressionList:
    return decode(encode(map(entries_with(KEY), people), KEY), KEY)


def reason_of(data: bytes, key: bytes = KEY) -> str:
    with pytest.raises(ListUnavailable) as raised:
        decode(data, key)
    return raised.value.reason


@pytest.mark.parametrize("key", [b"k", KEY, b"k" * 64, b"k" * 65, b"k" * 200])
def test_an_entry_is_the_start_of_the_hmac_of_kind_and_id(key: bytes) -> None:
    made = hmac.new(key, "email:jö@x.com".encode(), hashlib.sha256).digest()
    assert entries_with(key)(email_id(" Jö@X.com ")) == made[:ENTRY_BYTES]


def test_the_object_shows_no_id_and_is_whole_by_its_header() -> None:
    made = encode(map(entries_with(KEY), [JO, PersonId("anonymous", "jo")]), KEY)
    header, _, body = made.partition(b"\n")
    assert json.loads(header)["count"] == 2
    assert json.loads(header)["sha256"] == hashlib.sha256(body).hexdigest()
    assert len(body) == 2 * ENTRY_BYTES
    assert b"jo" not in made
    assert KEY not in made


def test_whoever_is_on_a_long_list_is_found_and_nobody_else() -> None:
    people = [PersonId("user", str(number)) for number in range(5_000)]
    found = list_of(*people[::2])
    assert found.count == 2_500
    assert [found.holds_id(person) for person in people] == [True, False] * 2_500


def test_entries_that_begin_alike_are_all_found() -> None:
    alike = [b"\xff" * 8 + bytes([number]) * 8 for number in range(20)]
    made = decode(encode([b"\xff" * 16, *alike, bytes(16)], KEY), KEY)
    entry = entries_with(KEY)(JO)
    begun = decode(encode([entry[:8] + bytes(8), entry, entry[:8] + b"\xff" * 8], KEY), KEY)
    assert made.entries() == {b"\xff" * 16, *alike, bytes(16)}
    assert begun.holds_id(JO)
    assert not decode(encode([entry[:8] + bytes(8)], KEY), KEY).holds_id(JO)


def test_the_order_and_repeats_of_what_is_added_change_nothing() -> None:
    entries = [hashlib.md5(bytes([number]), usedforsecurity=False).digest() for number in range(100)]
    assert encode(entries, KEY) == encode([*reversed(entries), *entries], KEY)


def test_kinds_are_told_apart() -> None:
    found = list_of(JO)
    assert found.holds(b'{"userId":"jo"}')
    assert found.holds(b'{"type":"alias","userId":"x","previousId":"jo"}')
    assert not found.holds(b'{"anonymousId":"jo"}')
    assert not found.holds(b'{"traits":{"email":"jo"}}')


def test_nobody_is_on_an_empty_list() -> None:
    assert not empty(KEY).holds(b'{"userId":"jo"}')
    assert not list_of().holds_id(JO)


@pytest.mark.parametrize("end", [0, 1, 60, -1, -16, -17])
def test_a_list_that_is_cut_is_none(end: int) -> None:
    assert reason_of(encode([entries_with(KEY)(JO)], KEY)[:end]) == "list_malformed"


def test_a_list_that_is_changed_or_longer_is_none() -> None:
    made = encode(map(entries_with(KEY), [JO]), KEY)
    assert reason_of(made[:-1] + bytes([made[-1] ^ 1])) == "list_malformed"
    assert reason_of(made + bytes(16)) == "list_malformed"
    assert reason_of(b"<html>no list</html>\n") == "list_malformed"


def test_a_list_of_another_key_or_format_is_none() -> None:
    made = encode([], OTHER_KEY)
    assert reason_of(made) == "list_of_another_key"
    assert reason_of(b'{"format":2,"entries":[]}\n') == "list_of_another_format"


def test_a_list_has_at_most_a_million_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_SUPPRESSION_ENTRIES == 1_000_000
    monkeypatch.setattr(suppression, "MAX_SUPPRESSION_ENTRIES", 3)
    entries = [bytes([number]) * 16 for number in range(4)]
    with pytest.raises(ValueError, match="at most 3"):
        encode(entries, KEY)
    assert decode(encode(entries[:3], KEY), KEY).count == 3
