"""One run of `relay smoke`: the stack, the options, and the remaining time."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from relay_cli.redriving import Pace
from relay_cli.stack import RelayStack

T = TypeVar("T")
_EVERY_S = 2.0
_LONGEST_SLEEP_S = 0.5
# An event of no known type: it is refused wherever it is read, with its reason, and never reaches Dreamdata.
PROBE_TYPE = "relay_smoke"
REASON = "type_unknown"
# A whole EventBridge event without a tracking event in it has a reason of its own.
REASONS = {"eventbridge": "message_not_event"}


@dataclass
class Run:
    """``begun`` (UTC) is when it began; ``seconds`` bounds all of its waits together; ``interrupted`` is asked in each.

    ``sent`` counts the probes on their way by the name of the way in.
    """

    stack: RelayStack
    pace: Pace
    begun: datetime
    key_name: str = "default"
    seconds: float = 180.0
    interrupted: Callable[[], bool] = lambda: False
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    sent: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._deadline = self.pace.monotonic() + self.seconds

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Return the parameters that the stack was deployed with, by name."""
        described = self.stack.client("cloudformation").describe_stacks(StackName=self.stack.name)["Stacks"][0]
        return {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", ())}

    @property
    def marker(self) -> str:
        """Return the text that every probe of this run contains, and nothing else."""
        return f"relay-smoke-{self.id}"

    def probe(self, way: str) -> dict[str, str]:
        """Return an event to send by ``way``, and count it as sent."""
        self.sent[way] = self.sent.get(way, 0) + 1
        return {"type": PROBE_TYPE, "userId": "relay-smoke", "messageId": f"{self.marker_of(way)}{self.sent[way]}"}

    def marker_of(self, way: str) -> str:
        """Return the text that only probes sent by ``way`` contain; it needs no escapes in JSON."""
        return f"{self.marker}.{way}."

    def wait_for(self, ask: Callable[[], T | None], most_s: float) -> T | None:
        """Return the first answer that is not None, or None when ``most_s`` or the run's own time is over."""
        until = min(self._deadline, self.pace.monotonic() + most_s)
        while (answer := ask()) is None and self.pace.monotonic() < until:
            self.pause(_EVERY_S)
        return answer

    def pause(self, seconds: float) -> None:
        """Sleep; raises KeyboardInterrupt if the run was interrupted."""
        until = self.pace.monotonic() + seconds
        while (left := until - self.pace.monotonic()) > 0:
            self.stop_if_interrupted()
            self.pace.sleep(min(left, _LONGEST_SLEEP_S))
        self.stop_if_interrupted()

    def stop_if_interrupted(self) -> None:
        """Raise KeyboardInterrupt if the run was interrupted."""
        if self.interrupted():
            raise KeyboardInterrupt
