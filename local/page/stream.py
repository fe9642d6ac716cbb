"""The changes as server-sent events: everything first, then what is new, at most four times a second."""

import asyncio
from collections.abc import AsyncIterator

import msgspec

from local.page.observer import Observer

_EVERY_S = 0.25
_KEEP_ALIVE_S = 15.0
ROWS_AT_ONCE = 2_000

_ENCODER = msgspec.json.Encoder()


async def changes(observer: Observer) -> AsyncIterator[bytes]:
    """Messages `{"version", "reset", "rows", "overview"}` for one client, until the observer stops."""
    epoch, version, last, silent = -1, 0, b"", 0.0
    while not observer.stopped:
        # Not on the loop: the observer may have the model for a moment.
        now_epoch, now_version, rows = await asyncio.to_thread(observer.changes, epoch, version)
        overview = await asyncio.to_thread(observer.overview)
        shown = _ENCODER.encode(overview)
        reset = now_epoch != epoch
        if reset or rows or shown != last:
            parts = [rows[start : start + ROWS_AT_ONCE] for start in range(0, len(rows), ROWS_AT_ONCE)] or [[]]
            for number, part in enumerate(parts):
                message = {
                    "version": part[-1].version if number < len(parts) - 1 else now_version,
                    "reset": reset and number == 0,
                    "rows": part,
                    "overview": overview,
                }
                yield b"data: " + _ENCODER.encode(message) + b"\n\n"
            epoch, version, last, silent = now_epoch, now_version, shown, 0.0
        elif silent > _KEEP_ALIVE_S:
            yield b": here\n\n"
            silent = 0.0
        await asyncio.sleep(_EVERY_S)
        silent += _EVERY_S
