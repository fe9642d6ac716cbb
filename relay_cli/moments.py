"""Times as people read them, UTC."""

from datetime import datetime

from relay_cli.readings import Reading


def clock(at: datetime, now: datetime) -> str:
    """The time of day; with the date where that is not the day of ``now``."""
    return f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%b %d %H:%M:%S}"


def clock_of(reading: Reading, now: datetime) -> str:
    """The time of a reading, as exactly as it is known."""
    told = clock(reading.at, now)
    return told[:-3] if reading.seconds else told


def day_and_clock(at: datetime) -> str:
    """The date and the time."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def long(seconds: float) -> str:
    """So long, in the largest unit of which it is two at least."""
    for unit, of in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * of:
            return f"{seconds // of:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} seconds"


def messages(count: int) -> str:
    """So many, in words."""
    return f"{count} message" + ("" if count == 1 else "s")


def dead_letters(count: int) -> str:
    """So many, in words."""
    return f"{count} dead letter" + ("" if count == 1 else "s")
