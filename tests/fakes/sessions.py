"""The adapters' sessions, made anew: they remember where AWS is and whose keys they have."""

from dreamdata_relay.adapters import aws


def forget_sessions() -> None:
    """Make the adapters' next client begin as after a cold start."""
    aws._quick_session.cache_clear()
    aws._session.cache_clear()
