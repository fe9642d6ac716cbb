"""Tells timestamps that are far ahead, and those that a missing or mistaken number makes."""

from dreamdata_relay.events.timestamps import from_epoch, to_utc

# Clocks are minutes wrong; a local time that is taken for UTC is an hour ahead and more.
AHEAD_S = 3600.0
# Zero is 1970, seconds taken for milliseconds are January 1970, and Go's zero time is the year 1.
_YEAR = "1971"
# An offset changes the day by one at most: no text after this one is of a moment before that year.
EARLIEST = "1971-01-02"
# A longer text is no moment that anybody means.
_LONGEST = 64


def latest_of(now: float) -> str:
    """Return the moment beyond which a timestamp is far ahead, ``now`` being seconds since the epoch."""
    return from_epoch(now + AHEAD_S)


def is_ahead(timestamp: str, latest: str) -> bool:
    """Whether the moment is after ``latest``; what is no timestamp is not."""
    if timestamp <= latest and timestamp.endswith("Z"):
        # Digits in the usual order are compared as they are.
        return False
    return _utc(timestamp) > latest


def is_at_epoch(timestamp: str) -> bool:
    """Whether the moment is before 1971; what is no timestamp is not."""
    return timestamp < EARLIEST and "" < _utc(timestamp) < _YEAR


def _utc(timestamp: str) -> str:
    if len(timestamp) > _LONGEST:
        return ""
    try:
        return to_utc(timestamp)
    except ValueError:
        return ""
