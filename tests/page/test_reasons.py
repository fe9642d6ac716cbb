"""Every reason has its meaning, and every refusal what to do about it."""

from pathlib import Path

import pytest

from dreamdata_relay.deliver.responses import HOLD_REASONS
from dreamdata_relay.errors import Refusal
from dreamdata_relay.events.rules import CODES
from local.commands import typed
from local.page.reasons import OUT_OF_TRIES, fix_of, reason_text
from local.places import StateDir
from relay_cli.to_type import invoked


@pytest.mark.parametrize("code", [*CODES, *Refusal, OUT_OF_TRIES])
def test_every_refusal_says_what_to_do(code: str) -> None:
    unknown = fix_of("no such code", "m1")
    assert fix_of(code, "m1") != unknown
    assert reason_text(code)


@pytest.mark.parametrize("reason", [*HOLD_REASONS, "key:401", "key:secret_placeholder"])
def test_every_hold_is_explained(reason: str) -> None:
    assert reason_text(reason)


def test_two_reasons_are_both_explained() -> None:
    both = reason_text("ambiguous, unavailable")
    assert both == f"{reason_text('ambiguous')} {reason_text('unavailable')}"


def test_a_code_of_a_senders_own_is_not_made_up() -> None:
    assert reason_text("their_own") is None
    assert "does not know" in fix_of("their_own", "m1")


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("identity_missing", "dead edit m1"),
        (Refusal.REFUSED_BY_DREAMDATA, "dead redrive --id m1"),
        (Refusal.OUT_OF_TRIES, "dead redrive --id m1"),
    ],
)
def test_what_is_typed_to_mend_a_letter_is_of_this_letter_and_stack(code: str, command: str, tmp_path: Path) -> None:
    """It can be pasted as it stands."""
    with invoked(typed(StateDir(tmp_path))):
        assert fix_of(code, "m1").endswith(f": RELAY_LOCAL_DIR={tmp_path} .venv/bin/relay --local {command}")


def test_a_key_that_is_refused_is_put_by_a_command_for_this_stack(tmp_path: Path) -> None:
    with invoked(typed(StateDir(tmp_path))):
        assert f"RELAY_LOCAL_DIR={tmp_path} .venv/bin/relay --local key set." in (reason_text("key:401") or "")
