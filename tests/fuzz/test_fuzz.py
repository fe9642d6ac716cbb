"""No input breaks a handler's promise; ``make fuzz`` tries as many as there is time for, these are a daily few."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.corpus import kept, samples
from tests.fuzz.mutate import mutated
from tests.fuzz.ruled import faults
from tests.fuzz.targets import TARGETS

_INPUTS = {target: kept(target) + samples(target) for target in TARGETS}
_SETTINGS = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_NAMES = "type messageId timestamp originalTimestamp userId anonymousId groupId previousId event traits properties"
_NAMES += " context integrations writeKey batch Message detail extra token ip"
_names = st.sampled_from(_NAMES.split())
_words = st.sampled_from(
    ("track", "identify", "page", "group", "alias", "2026-11-23T12:00:00Z", "2026-W48-1", "u", "", "Unwanted")
)
_events = st.dictionaries(_names, _words | _values, max_size=9)


@pytest.mark.parametrize("target", TARGETS)
def test_every_kept_input_holds(target: str) -> None:
    """The samples of every way in, and what once broke a claim."""
    for data in _INPUTS[target]:
        TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
def test_mutated_inputs_hold(target: str) -> None:
    @_SETTINGS
    @given(st.randoms(use_true_random=True))
    def holds(chance: object) -> None:
        TARGETS[target](mutated(chance, _INPUTS[target]))  # type: ignore[arg-type]  # hypothesis' own Random

    holds()


@pytest.mark.parametrize("target", TARGETS)
def test_any_events_hold(target: str) -> None:
    @_SETTINGS
    @given(st.lists(_events, max_size=4), st.booleans())
    def holds(events: list[object], escaped: bool) -> None:
        text = json.dumps({"batch": events}, ensure_ascii=escaped)
        TARGETS[target](text.encode("utf-8", "surrogatepass"))

    holds()


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_hold(target: str) -> None:
    @_SETTINGS
    @given(st.binary(max_size=200))
    def holds(data: bytes) -> None:
        TARGETS[target](data)

    holds()


@pytest.mark.parametrize(
    "event",
    [
        {"type": "track", "a": [{"token": 1}]},
        {"type": "track", "userId": 7},
        {"type": "page", "context": {"ip": None}},
        {"type": "track", "event": "Unwanted"},
    ],
)
def test_what_the_rules_remove_is_noticed(event: object) -> None:
    """In a payload and in a dead letter, but not in the letter of a message that yields no event."""
    text = json.dumps({"batch": [event]})

    assert list(faults([text]))
    assert list(faults([], [(text, "timestamp_invalid")]))
    assert not list(faults([], [(text, "message_not_event")]))
