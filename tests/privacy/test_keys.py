"""Pseudonyms are made with the current key and recognised under every known one; nobody else can make one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.errors import RulesUnavailable
from dreamdata_relay.privacy.keys import Keys, ring_of
from dreamdata_relay.secrets.remembered import RememberedSecret
from tests.fakes.clock import FakeClock
from tests.privacy import reference
from tests.privacy.compiled import Source, action, keys, path, rule, rules, secret

HASHING = rules(rule(action("pseudonymise", path("userId")), action("pseudonymise_email", path("traits", "email"))))
EVENT = b'{"type":"identify","userId":"u1","traits":{"email":"Jane@Acme.com"}}'


@given(st.text() | st.text(st.characters(categories=["Cs"])))
def test_a_pseudonym_is_that_of_the_reference_and_is_recognised(text: str) -> None:
    ring = ring_of(secret("k_3"))

    assert ring.pseudonym(text) == reference.pseudonymised(text, "k_3")
    assert ring.is_pseudonym(ring.pseudonym(text))


@given(st.integers(4, 41), st.characters(codec="ascii"))
def test_a_changed_pseudonym_is_none(place: int, character: str) -> None:
    ring = ring_of(secret())
    made = ring.pseudonym("x")
    changed = made[:place] + character + made[place + 1 :]

    assert ring.is_pseudonym(changed) is (changed == made)


def test_after_a_rotation_what_is_done_stays_and_what_is_new_gets_the_new_key() -> None:
    source, clock = Source(secret("k1", ["k1"])), FakeClock()
    held = Keys(RememberedSecret(source, clock))
    before = HASHING.judged(EVENT, "queue", held).text
    assert before is not None
    source.text = secret("k2", ["k1", "k2"])
    clock.advance(300)

    assert HASHING.judged(before, "queue", held).text == before
    assert b"psn_k2_" in (HASHING.judged(EVENT, "queue", held).text or b"")


def test_under_a_forgotten_key_it_is_a_value_as_any_other() -> None:
    before = HASHING.judged(EVENT, "queue", keys(secret("k1", ["k1"]))).text
    assert before is not None

    after = HASHING.judged(before, "queue", keys(secret("k2", ["k2"]))).text or b""

    assert b"psn_k2_" in after
    assert b"psn_k1_" not in after


def test_the_same_value_has_one_pseudonym_however_it_is_written() -> None:
    spelled = EVENT.replace(b"u1", rb"\u00751").replace(b"Jane@", rb" \u006aANE@")
    found = HASHING.judged(spelled, "queue", keys()).text

    assert found == HASHING.judged(EVENT, "queue", keys()).text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"current":"k1","keys":[]}',
        '{"current":"k1","keys":{}}',
        secret("k2", ["k1"]),
        secret("k1", ["k1"]).replace('"k1":', '"k1 ":'),
        json.dumps({"current": "k1", "keys": {"k1": "c2hvcnQ="}}),
        json.dumps({"current": "k1", "keys": {"k1": "no base64, but long enough to be a key of this many bytes"}}),
        json.dumps({"current": ["k1"], "keys": {"k1": "A" * 44}}),
        secret("k1", ["k1"], suppression="c2hvcnQ="),
    ],
    ids=range(11),
)
def test_a_secret_that_is_no_keys_holds_everything_and_is_not_shown(text: str) -> None:
    with pytest.raises(RulesUnavailable) as raised:
        HASHING.judged(EVENT, "queue", keys(text))

    assert raised.value.reason == "secret_malformed"
    assert raised.value.__cause__ is None
    assert str(raised.value) == "secret_malformed"


def test_the_suppression_key_is_there_if_the_secret_has_it() -> None:
    assert ring_of(secret()).suppression is None
    assert ring_of(secret(suppression="A" * 44)).suppression == b"\0" * 33


def test_keys_are_asked_for_only_where_a_value_needs_one() -> None:
    nothing = b'{"type":"page","userId":null}'

    assert HASHING.judged(nothing, "queue", None).text == nothing
    for event in (EVENT, EVENT.replace(b"{", rb'{"\u0075serId":"x",', 1)):
        with pytest.raises(RulesUnavailable):
            HASHING.judged(event, "queue", None)
