"""What each reason means and what to do about it."""


def fix_of(code: str) -> str:
    """What to do about a dead letter."""
    return code


def reason_text(reason: str) -> str | None:
    """What a reason means."""
    return reason or None
