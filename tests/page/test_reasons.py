"""Every reason has its meaning, and every refusal what to do about it."""

import pytest

from dreamdata_relay.deliver.responses import HOLD_REASONS
from dreamdata_relay.errors import Refusal
from dreamdata_relay.events.rules import CODES
from local.page.reasons import OUT_OF_TRIES, fix_of, reason_text


@pytest.mark.parametrize("code", [*CODES, *Refusal, OUT_OF_TRIES])
def test_every_refusal_says_what_to_do(code: str) -> None:
    unknown = fix_of("no such code")
    assert fix_of(code) != unknown
    assert reason_text(code)


@pytest.mark.parametrize("reason", [*HOLD_REASONS, "key:401", "key:secret_placeholder"])
def test_every_hold_is_explained(reason: str) -> None:
    assert reason_text(reason)


def test_two_reasons_are_both_explained() -> None:
    both = reason_text("ambiguous, unavailable")
    assert both == f"{reason_text('ambiguous')} {reason_text('unavailable')}"


def test_a_code_of_a_senders_own_is_not_made_up() -> None:
    assert reason_text("their_own") is None
    assert "does not know" in fix_of("their_own")
