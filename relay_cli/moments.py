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


def messages(count: int) -> str:
    """So many, in words."""
    return f"{count} message" + ("" if count == 1 else "s")


def dead_letters(count: int) -> str:
    """So many, in words."""
    return f"{count} dead letter" + ("" if count == 1 else "s")
