"""A switch turned on the page is what the sandbox then does."""

import json
from typing import Any

import pytest

from local.errors import LocalError
from local.page.keys import StackKeys
from local.page.switches import MODES, Switches
from tests.page.fake_stack import FakeStack


@pytest.fixture
def switches(stack: FakeStack) -> Switches:
    return Switches(stack.sandbox, StackKeys(stack.as_stack).dreamdata)


def statuses(stack: FakeStack, *message_ids: str) -> list[int | None]:
    """How the sandbox answers payloads of one event each."""
    before = len(stack.sandbox.payloads())
    for message_id in message_ids:
        stack.deliver(message_id)
    return [payload.status for payload in stack.sandbox.payloads(since=before)]


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_is_what_the_sandbox_says_it_is_in(switches: Switches, mode: str) -> None:
    assert switches.change({"mode": mode})["mode"] == mode
    switches.refresh()
    assert switches.shown() == {"mode": mode, "refused": []}


@pytest.mark.parametrize(("mode", "status"), [("outage", 503), ("wrong_key", 401)])
def test_a_mode_stays_until_the_next(stack: FakeStack, switches: Switches, mode: str, status: int) -> None:
    switches.change({"mode": mode})
    assert statuses(stack, "m-1", "m-2", "m-3") == [status] * 3

    switches.change({"mode": "healthy"})
    assert statuses(stack, "m-4") == [200]


def test_an_outage_says_when_to_come_back(switches: Switches, stack: FakeStack) -> None:
    """Else a held event would be hidden for half a minute, and nobody would watch it return."""
    switches.change({"mode": "outage"})
    assert stack.deliver("m").headers["Retry-After"] == "6"


def test_slow_answers_are_still_taken(switches: Switches, stack: FakeStack) -> None:
    switches.change({"mode": "slow"})

    following = stack.sandbox.script_now()["next"]
    # Well below the deliver function's own time-out.
    assert following == {"status": None, "delay_s": 3, "drop": False, "take": False}


def test_a_refusal_outlasts_a_mode_and_ends_with_healthy_said_again(stack: FakeStack, switches: Switches) -> None:
    switches.change({"refuse": "m-1"})
    assert switches.change({"refuse": "m-2"})["refused"] == ["m-1", "m-2"]
    assert statuses(stack, "m-1", "m-3") == [400, 200]

    assert switches.change({"mode": "outage"})["refused"] == ["m-1", "m-2"]
    assert switches.change({"accept": "m-2"}) == {"mode": "outage", "refused": ["m-1"]}
    assert switches.change({"mode": "healthy"}) == {"mode": "healthy", "refused": ["m-1"]}
    assert statuses(stack, "m-1") == [400]
    assert switches.change({"mode": "healthy"}) == {"mode": "healthy", "refused": []}
    assert statuses(stack, "m-1") == [200]


def put_key(stack: FakeStack, key: str) -> None:
    """The owner of the relay's secret puts another Dreamdata key there."""
    stack.secrets["dreamdata"] = json.dumps({"api_key": key})


def test_a_key_that_was_rotated_at_both_ends_is_the_right_one(stack: FakeStack, switches: Switches) -> None:
    put_key(stack, "the-next-key")
    stack.sandbox.script({"key": "the-next-key"})
    switches.refresh()
    assert switches.mode == "healthy"

    # What else is turned leaves it so.
    switches.change({"mode": "outage"})
    switches.change({"mode": "healthy"})
    assert stack.sandbox.script_now("the-next-key")["takes_key"]


@pytest.mark.parametrize("secret", ['{"api_key": "another-key"}', "PUT-YOUR-DREAMDATA-API-KEY-HERE", "", "[]"])
def test_a_secret_that_dreamdata_does_not_take_is_a_wrong_key(
    stack: FakeStack, switches: Switches, secret: str
) -> None:
    stack.secrets["dreamdata"] = secret
    switches.refresh()
    assert switches.mode == "wrong_key"


def test_healthy_means_that_the_relays_key_is_taken_whichever_it_is(stack: FakeStack, switches: Switches) -> None:
    put_key(stack, "the-next-key")
    assert switches.change({"mode": "healthy"})["mode"] == "healthy"
    assert stack.sandbox.script_now("the-next-key")["takes_key"]


def test_what_another_has_scripted_is_not_taken_back_by_a_refusal(stack: FakeStack, switches: Switches) -> None:
    stack.sandbox.script({"status": 503, "times": 50}, {"reject_message_ids": ["theirs"]})

    assert switches.change({"refuse": "m-1"}) == {"mode": "outage", "refused": ["m-1", "theirs"]}


@pytest.mark.parametrize(
    "wish", [{}, {"mode": "broken"}, {"mode": None}, {"refuse": ""}, {"accept": 1}, {"refuse": []}]
)
def test_another_wish_changes_nothing(switches: Switches, wish: dict[str, Any]) -> None:
    with pytest.raises(LocalError, match="expected"):
        switches.change(wish)
    assert switches.shown() == {"mode": "healthy", "refused": []}
