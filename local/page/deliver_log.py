"""Deliver's log lines, and what they tell: who held messages and why, and how long payloads took."""

import json
from contextlib import suppress
from datetime import datetime
from typing import Any

from local.page.observations import Held, Lag
from relay_cli.log_lines import Line, read_line


class DeliverLog:
    """Deliver's lines, one invocation after the other, as observations."""

    def __init__(self) -> None:
        self._posted: list[str] = []

    def read(self, text: str) -> list[Held | Lag]:
        """What a line tells; the lags of payloads stand in a line of metrics behind those of the payloads."""
        # A line that is none of ours, or cut, says nothing.
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            return self._read(text)
        return []

    def _read(self, text: str) -> list[Held | Lag]:
        if text.startswith("START "):
            self._posted = []
        line = read_line("deliver", 0, text)
        if line is None:
            return []
        if line.text == "payload posted" and 200 <= int(line.fields.get("status") or 0) < 300:
            self._posted.append(str(line.fields.get("payload_id")))
        if line.fields.get("reasons") and line.is_trouble:
            return [Held(_moment(text), tuple(map(str, line.fields["reasons"])))]
        return self._lags(text, line)

    def _lags(self, text: str, line: Line) -> list[Held | Lag]:
        if "DeliveryLag" not in line.counts:
            return []
        values = _json(text).get("DeliveryLag", [])
        seconds = values if isinstance(values, list) else [values]
        posted, self._posted = self._posted, []
        # Payloads posted side by side may be told in another order: then the difference is as small.
        at = _json(text)["_aws"]["Timestamp"] / 1000
        return [Lag(at, payload, float(lag)) for payload, lag in zip(posted, seconds, strict=False)]


def _json(text: str) -> dict[str, Any]:
    return dict(json.loads(text))


def _moment(text: str) -> float:
    """When a line was written, by its own timestamp ("2026-01-01T00:00:00.000Z")."""
    return datetime.fromisoformat(str(_json(text)["timestamp"])).timestamp()
