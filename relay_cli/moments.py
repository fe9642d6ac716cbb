"""Formats times (UTC) and counts for people."""

from datetime import datetime

from relay_cli.readings import Reading


def clock(at: datetime, now: datetime) -> str:
    """Return the time of day, with the date if that is not the day of ``now``."""
    return f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%b %d %H:%M:%S}"


def clock_of(reading: Reading, now: datetime) -> str:
    """Return the time of a reading, as exactly as it is known."""
    told = clock(reading.at, now)
    return told[:-3] if reading.seconds else told


def day_and_clock(at: datetime) -> str:
    """Return the date and the time."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def long(seconds: float) -> str:
    """Return the duration in the largest unit of which it has at least two."""
    for unit, of in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * of:
            return f"{seconds // of:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} seconds"


def messages(count: int) -> str:
    """Return the number of messages in words."""
    return f"{count} message" + ("" if count == 1 else "s")


def dead_letters(count: int) -> str:
    """Return the number of dead letters in words."""
    return f"{count} dead letter" + ("" if count == 1 else "s")
