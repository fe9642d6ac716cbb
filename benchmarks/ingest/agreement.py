"""Shows that methods accept and refuse the same events and give the same JSON, before their speed is compared."""

import json
from collections.abc import Sequence
from typing import Any

from benchmarks.ingest.methods import METHODS, Method


class Disagreement(Exception):
    """Raised when two methods end an event differently; the text says which and where."""


def agree(bodies: Sequence[bytes], methods: Sequence[Method] = METHODS) -> int:
    """How many events of ``bodies`` every method refuses; raises :class:`Disagreement`."""
    refused = 0
    for number, body in enumerate(bodies):
        expected = _outcome(methods[0], body)
        refused += len(expected[1])
        for method in methods[1:]:
            if _outcome(method, body) != expected:
                raise Disagreement(f"{method.name} reads body {number} otherwise than {methods[0].name}")
    return refused


def _outcome(method: Method, body: bytes) -> tuple[list[Any], list[int]]:
    accepted, refused = method.read(body)
    events = [json.loads(bytes(event)) for event in accepted]
    sent = [event for index, event in enumerate(json.loads(body)["batch"]) if index not in refused]
    for event, original in zip(events, sent, strict=True):
        if not original.get("messageId"):
            # Each makes one of its own.
            event["messageId"] = bool(event["messageId"])
    return events, refused
