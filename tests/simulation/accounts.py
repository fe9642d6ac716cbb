"""Each end of an event, judged as it happens: was it the right one, and is the event what it was?"""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import SimEvent, markers_in

if TYPE_CHECKING:
    from tests.simulation.queues import Message
    from tests.simulation.world import World

_PATIENT_RECEIVES = 5


class Accounts:
    """The judge of one run's ends."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._owners: dict[str, str] = {}
        self._made: dict[tuple[str, str], object] = {}

    def delivered(self, message_id: str, text: str) -> str:
        """Dreamdata has this event: its marker."""
        ledger = self._world.ledger
        found = markers_in(text)
        event = ledger.events.get(found[0]) if len(found) == 1 else None
        if event is None:
            ledger.violated(f"an event was delivered that nobody sent: {text[:100]}")
            return found[0] if found else "?"
        if event.refusal is not None:
            ledger.violated(f"{event.marker} was delivered although it is {event.refusal}")
        elif event.exact and text != event.text:
            ledger.violated(f"{event.marker} arrived with other bytes: {text[:200]}")
        else:
            self._compare(event, json.loads(text))
        owner = self._owners.setdefault(message_id, event.marker)
        if owner != event.marker:
            ledger.violated(f"{owner} and {event.marker} have the same messageId")
        ledger.delivered[event.marker] += 1
        return event.marker

    def _compare(self, event: SimEvent, arrived: dict[str, Any]) -> None:
        for name in event.made:
            value = arrived.pop(name, None)
            if event.one_id:
                first = self._made.setdefault((event.marker, name), value)
                self._world.check(first == value, f"a {name} made for an event stays its {name}")
            if not isinstance(value, str) or not value:
                self._world.ledger.violated(f"{event.marker} arrived without {name}")
            elif name == "timestamp":
                moment = datetime.fromisoformat(value).timestamp()
                if not event.born - 1 <= moment <= self._world.clock.now():
                    self._world.ledger.violated(f"{event.marker} arrived with a timestamp that is not its receipt's")
        if event.expected is not None and arrived != event.expected:
            self._world.ledger.violated(f"{event.marker} arrived changed: {json.dumps(arrived)[:300]}")

    def dead_lettered(self, message: "Message") -> None:
        """A message reached the dead-letter queue, by the relay or by the redrive policy."""
        world, attributes = self._world, message.attributes
        if "redriven" in attributes:
            code = "redriven"
        else:
            code = attributes.get("error_code", "")
            world.check(bool(code and attributes.get("source")), "a dead letter has its reason and source")
            world.check(len(attributes.get("error_detail", "").encode()) <= 1_000, "error_detail is at most 1 kB")
        for marker in message.markers:
            event = world.ledger.events[marker]
            self._judge(event, code, message)
            world.ledger.dead[marker].append(code)

    def _judge(self, event: SimEvent, code: str, message: "Message") -> None:
        world = self._world
        if code == "redriven":
            return
        if code == "refused_by_dreamdata":
            self._judge_refusal(event, message)
        elif code != event.refusal:
            world.ledger.violated(f"{event.marker} is dead-lettered as {code}, not as {event.refusal}")
        if event.exact and event.text not in message.body:
            world.ledger.violated(f"{event.marker} is not whole in its dead letter")

    def _judge_refusal(self, event: SimEvent, message: "Message") -> None:
        world, invocation = self._world, self._world.invocation
        world.check(message.attributes.get("status") in ("400", "413", "422"), "a refusal's dead letter has its status")
        if event.marker not in invocation.refused_alone:
            world.ledger.violated(f"{event.marker} is dead-lettered although Dreamdata never refused it alone")
        believed = invocation.accepted > 0 or invocation.receives.get(event.marker, 0) >= _PATIENT_RECEIVES
        if not believed:
            world.ledger.violated(f"{event.marker} is dead-lettered beside no acceptance, after few receives")
