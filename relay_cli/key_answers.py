"""What Dreamdata has said of its key, as the deliver function's counts and log lines tell it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

from relay_cli.line_facts import answer_in, reasons_in, refusals_counted
from relay_cli.log_lines import Line
from relay_cli.readings import Reading, Readings

KEY_REFUSALS = ("401", "403")
# Messages held for these wait for another key. Whether the function can read the secret is no matter of the key.
OF_KEY_BEFORE = frozenset({"key:401", "key:403", "key:secret_placeholder", "key:secret_malformed"})
# A function reads its secret anew after four minutes, and its invocation may go on for one more.
REMEMBERED = timedelta(minutes=5)


class KeyAnswers:
    """Of deliver's ``lines`` and ``readings``; ``taken`` is the last delivery."""

    def __init__(self, readings: Readings, lines: Sequence[Line], taken: Reading | None) -> None:
        self._readings = readings
        self._lines = lines
        self._taken = taken

    @cached_property
    def refusals(self) -> list[tuple[Reading, str]]:
        """When Dreamdata refused the key after it last took events, with the answer; the oldest first.

        Of what only the counts tell the answer is one of two.
        """
        after = self._taken.at if self._taken else None
        lines = [
            (Reading(line.at, 1.0), reason.removeprefix("key:"))
            for line in self._lines
            for reason in map(str, reasons_in(line))
            if reason.removeprefix("key:") in KEY_REFUSALS and (after is None or line.at > after)
        ]
        counts = [(one, "401 or 403") for one in self._counted if after is None or one.at > after]
        return sorted([*lines, *counts], key=lambda one: one[0].at)

    def is_spoilt_since(self, put_at: datetime) -> bool:
        """Whether the function has found no key in the secret since ``put_at``."""
        return any(line.at >= put_at and any(map(_of_the_secret, reasons_in(line))) for line in self._lines)

    @cached_property
    def _counted(self) -> list[Reading]:
        of_keys = [Reading(line.at, 1.0) for line in self._lines if any(map(_of_a_key, reasons_in(line)))]
        return refusals_counted(self._readings, of_keys)

    def is_taken_with(self, put_at: datetime, keyless_since: datetime | None = None) -> bool:
        """Whether the last delivery was surely with the key that was put at ``put_at``, and not with the one before.

        A function that is not being refused goes on with the key before for a while; one that is reads the new one.
        ``keyless_since``: from then until ``put_at`` there was no key; None where there was.
        """
        if self._taken is None or self._taken.at < put_at:
            return False
        if self._taken.at >= put_at + REMEMBERED or is_forgotten(keyless_since, self._taken.at):
            return True
        refused = [line.at for line in self._lines if answer_in(line) in KEY_REFUSALS]
        refused += [one.end for one in self._counted]
        # Lines of one invocation may have one time.
        last = max((at for at in refused if at <= self._taken.at), default=None)
        if last is None or last >= put_at:
            return last is not None
        # The key before was taken again after it was refused, perhaps.
        return not any(one.end >= last and one.at <= put_at for one in self._readings.of("EventsDelivered"))


def is_forgotten(keyless_since: datetime | None, at: datetime) -> bool:
    """Whether at ``at`` no function could go on any more with a key from before ``keyless_since``, if any."""
    return keyless_since is not None and at - keyless_since >= REMEMBERED


def _of_a_key(reason: object) -> bool:
    return str(reason).startswith("key:")


def _of_the_secret(reason: object) -> bool:
    return str(reason).startswith("key:secret_")
