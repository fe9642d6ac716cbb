"""Counts the events that the rules and the suppression list dropped."""

from collections.abc import Mapping

from dreamdata_relay.metrics import EVENTS_DROPPED, EVENTS_SUPPRESSED, Telemetry

# Stands for the suppression list among the rules; no rule can have this name.
SUPPRESSED = "(suppressed)"


def add_dropped(telemetry: Telemetry, dropped: Mapping[str, int]) -> None:
    """Count the events that were ``dropped`` by each rule, and those that are ``SUPPRESSED``."""
    for rule, count in dropped.items():
        if rule == SUPPRESSED:
            telemetry.add(EVENTS_SUPPRESSED, count)
        else:
            telemetry.add(EVENTS_DROPPED, count, rule=rule)
