"""A value that a rule removes is found nowhere, whichever way it takes through the two functions as Lambda calls them.

The core's table is in ``tests/cleaning/test_canary.py``. Here any combination of a place, an action, a way of writing,
a way in and an end goes through the handlers with their real settings, lines and posts; what no rule names stays.
"""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.cleaning.judges import judge_of
from tests.examples import examples
from tests.fakes.events import event, eventbridge, sns
from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY, DeliverBench, message
from tests.fakes.server import Reaction
from tests.handlers.both import PRIVACY_KEYS, running
from tests.handlers.canaries import ACTIONS, CANARY, PLACES, WRITTEN, events_in, left_of, shown
from tests.handlers.deliver import record
from tests.privacy.compiled import rule

_RECEIVES_AT_THE_END = 397
_MORE = json.dumps(event("beside"))
_BAD = json.dumps(event("bad", timestamp="never"))


@pytest.fixture
def rules_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRIVACY_KEYS_SECRET_ID", PRIVACY_KEYS)
    monkeypatch.setenv("RULES_FILE", str(tmp_path / "rules.json"))
    return tmp_path / "rules.json"


class Case(NamedTuple):
    """A value at ``place``, which ``action`` removes, in an event that is ``made`` and ``written`` some way."""

    place: str
    action: str
    written: str
    made: str

    @property
    def done(self) -> dict[str, Any]:
        return ACTIONS[self.action].at(PLACES[self.place])

    @property
    def members(self) -> dict[str, Any]:
        place, planted = PLACES[self.place], ACTIONS[self.action].value
        made = event("e1", **place.members(planted))
        return {name: value for name, value in (made | MADE[self.made]).items() if value is not ABSENT}

    @property
    def text(self) -> str:
        return WRITTEN[self.written](self.members, ACTIONS[self.action].value)


ABSENT = object()
# What becomes of it: it is complete, it lacks something, it is refused for what it is or for its size, it is none.
MADE: dict[str, dict[str, Any]] = {
    "complete": {},
    "without an id": {"messageId": ABSENT},
    "without a time": {"timestamp": ABSENT},
    "with a number for an id": {"userId": 12345678901234567890},
    "refused": {"timestamp": "now"},
    "of no person": {"userId": "", "anonymousId": None},
    "too large": {"filler": "y" * 600_000},
    "a stub": {"filler": "y" * 1_100_000},
}
# What the second implementation cannot read: it is no JSON, or it nests deeper than recursion goes.
_UNREAD = ("with no number", "deep")
_ALMOST = ("refused", "of no person", "too large", "a stub")


def _applies(case: Case) -> bool:
    # How it is written and how large it is are apart.
    return ACTIONS[case.action].fits(PLACES[case.place]) and not (
        "filler" in MADE[case.made] and case.written != "plain"
    )


CASES = st.builds(Case, *(st.sampled_from(sorted(names)) for names in (PLACES, ACTIONS, WRITTEN, MADE))).filter(
    _applies
)


class Sent(NamedTuple):
    path: str
    body: bytes
    headers: dict[str, str] | None = None


def _batch(*texts: str) -> bytes:
    return b'{"batch":[' + ",".join(texts).encode("utf-8", "surrogatepass") + b"]}"


OVER_HTTP: dict[str, Callable[[str, str], Sent]] = {
    "alone": lambda text, kind: Sent(f"/v1/{kind}", text.encode("utf-8", "surrogatepass")),
    "batch": lambda text, kind: Sent("/v1/batch", _batch(text)),
    "among others": lambda text, kind: Sent("/v1/batch", _batch(_MORE, text, _BAD)),
    "with a repeat": lambda text, kind: Sent("/v1/batch", _batch(text, text)),
    "gzip": lambda text, kind: Sent("/v1/batch", gzip.compress(_batch(text, _BAD), 1)),
    "bytes": lambda text, kind: Sent("/v1/batch", b"\xef\xbb\xbf" + _batch(text)),
    "a beacon": lambda text, kind: Sent(
        "/v1/batch", f'{{"writeKey":"{RELAY_KEY}",'.encode() + _batch(text)[1:], {"content-type": "text/plain"}
    ),
    "lines of text": lambda text, kind: Sent("/v1/batch", b" \n" + _batch(text) + b"\n\n"),
}
OVER_THE_QUEUE: dict[str, Callable[[str], str]] = {
    "alone": str,
    "chunk": lambda text: f'{{"batch":[{text}]}}',
    "batch among others": lambda text: f'{{"batch":[{_MORE},{text},{_BAD}]}}',
    "array": lambda text: f"[{text},{text}]",
    "lines": lambda text: " ".join(text.splitlines()) + "\n" + _MORE,
    "sns": lambda text: json.dumps(sns(text)),
    "batch in sns": lambda text: json.dumps(sns(f'{{"batch":[{text}]}}')),
    "sns in sns": lambda text: json.dumps(sns(json.dumps(sns(text)))),
    "eventbridge": lambda text: json.dumps(eventbridge("*")).replace('"*"', text),
    "batch in eventbridge": lambda text: json.dumps(eventbridge("*")).replace('"*"', f'{{"batch":[{text}]}}'),
    "eventbridge in sns": lambda text: json.dumps(sns(json.dumps(eventbridge("*")).replace('"*"', text))),
    "forged": lambda text: f'{{"batch":[{text}]}}',
}
# What Dreamdata answers, and on which receive.
ENDS: dict[str, tuple[tuple[Reaction, ...], int]] = {
    "delivered": ((), 1),
    "held": ((Reaction(404),) * 9, 1),
    "refused": ((Reaction(400), Reaction(200), Reaction(400)), 2),
    "out of tries": ((Reaction(404),) * 9, _RECEIVES_AT_THE_END),
    "no answer": ((Reaction(drop="after"),) * 9, _RECEIVES_AT_THE_END),
}
_SETTINGS = settings(
    max_examples=examples(120),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_over_http(rules_file: Path) -> None:
    @_SETTINGS
    @given(CASES, st.sampled_from(sorted(OVER_HTTP)), st.booleans())
    def is_gone(case: Case, way: str, held: bool) -> None:
        sent = OVER_HTTP[way](case.text, case.members["type"])
        assert CANARY in shown(case.text)
        with running(rules_file, case.done, reactions=(Reaction(404),) * 9 if held else ()) as stack:
            assert stack.request(*sent) == 200
            stack.hand_over()
            assert CANARY not in stack.said()
            if case.made == "complete" and not held:
                _check_rest(case, stack.posted)

    is_gone()


def test_over_the_queue(rules_file: Path) -> None:
    @_SETTINGS
    @given(CASES, st.sampled_from(sorted(OVER_THE_QUEUE)), st.sampled_from(sorted(ENDS)))
    def is_gone(case: Case, way: str, end: str) -> None:
        reactions, receives = ENDS[end]
        one = record(OVER_THE_QUEUE[way](case.text), receives=receives)
        if way == "forged":
            one["messageAttributes"]["rules"] = {"stringValue": "0123456789abcdef", "dataType": "String"}
        with running(rules_file, case.done, reactions=reactions) as stack:
            stack.receive(one, record({"batch": [event("n1")]}, "m2"))
            assert CANARY not in stack.said()
            if case.made == "complete" and end == "delivered":
                _check_rest(case, stack.posted)

    is_gone()


def test_while_the_dead_letter_queue_is_away() -> None:
    """On a virtual clock, because the function tries for as long as it may."""

    @_SETTINGS
    @given(CASES.filter(lambda case: case.made in _ALMOST), st.sampled_from(sorted(OVER_THE_QUEUE)))
    def is_gone(case: Case, way: str) -> None:
        deliver = DeliverBench(judge=judge_of(rule(case.done)))
        deliver.sqs.down = lambda url: url == DEAD_LETTERS
        deliver.deliver([message(OVER_THE_QUEUE[way](case.text)), message({"batch": [event("n1")]}, "m2")])
        telemetry = deliver.telemetry
        said = [deliver.sqs.queues, telemetry.lines, telemetry.labels, telemetry.by_rule]
        assert CANARY not in shown(*deliver.sqs.bodies(QUEUE), json.dumps(said))

    is_gone()


def test_a_dead_letter_that_is_moved_back_meets_the_rules_of_today(rules_file: Path) -> None:
    """Written before there were rules, kept with all that it said, and moved back by either tool."""

    @_SETTINGS
    @given(CASES.filter(lambda case: case.made in _ALMOST[:2]), st.sampled_from(sorted(OVER_HTTP)), st.booleans())
    def is_gone(case: Case, way: str, with_attributes: bool) -> None:
        with running(rules_file) as before:
            assert before.request(*OVER_HTTP[way](case.text, case.members["type"])) == 200
            kept = before.ingest.sqs.queues.get(DEAD_LETTERS, [])
        assume(kept)
        with running(rules_file, case.done) as stack:
            for number, letter in enumerate(kept):
                moved = record(letter["MessageBody"], f"r{number}")
                if with_attributes:
                    moved["messageAttributes"] = {
                        name: {"stringValue": value["StringValue"], "dataType": "String"}
                        for name, value in letter["MessageAttributes"].items()
                    }
                stack.receive(moved)
            assert stack.letters
            assert CANARY not in stack.said()

    is_gone()


def _check_rest(case: Case, posted: list[bytes]) -> None:
    """What the rule does not name arrives to the letter."""
    found: dict[str, str] = {}
    for body in posted:
        found |= events_in(body.decode("utf-8", "surrogatepass"))
    assert "e1" in found
    if not PLACES[case.place].copied and case.written not in _UNREAD:
        assert found["e1"] == left_of(case.text, case.done)
