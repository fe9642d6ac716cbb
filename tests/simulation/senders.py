"""What else writes to the queue: SNS, EventBridge, programs with arrays, single events or nonsense."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.simulation.ledger import SimEvent
from tests.simulation.queues import QUEUE

if TYPE_CHECKING:
    from tests.simulation.events import EventMaker
    from tests.simulation.world import World


class Senders:
    """``run`` is the process of all of them."""

    def __init__(self, world: "World", maker: "EventMaker") -> None:
        self._world = world
        self._maker = maker

    def run(self) -> None:
        world, chance = self._world, self._world.plan.random
        for number in range(world.plan.direct):
            world.scheduler.sleep(chance.random() * world.plan.heal / world.plan.direct)
            kind = chance.choice(("event", "array", "batch", "sns", "eventbridge", "nested", "garbage"))
            bodies = [self._body(kind, number)]
            if kind in ("sns", "eventbridge") and world.strikes("sender_repeats"):
                bodies *= 2
            for place, body in enumerate(bodies):
                message = world.sqs.put(QUEUE, body, {})
                world.tell(f"{kind} sent as {message.message_id}: {' '.join(message.markers[:6])}")
                if place:
                    for marker in message.markers:
                        world.ledger.events[marker].one_id = kind == "eventbridge"
                    world.ledger.excuse("sender_repeated", message.markers)

    def _body(self, kind: str, number: int) -> str:
        if kind == "garbage":
            return self._garbage()
        if kind == "array":
            return "[" + ",".join(event.text for event in self._events(4)) + "]"
        if kind == "batch":
            return '{"batch":[' + ",".join(event.text for event in self._events(4)) + "]}"
        event = self._events(1, alone=True)[0]
        if kind == "sns":
            return _sns(event.text)
        if kind == "eventbridge":
            return _eventbridge(event.text, number, self._world.clock.now())
        if kind == "nested":
            return _sns(_eventbridge(event.text, number, self._world.clock.now()))
        return event.text

    def _events(self, most: int, *, alone: bool = False) -> list[SimEvent]:
        world, chance, maker = self._world, self._world.plan.random, self._maker
        events = []
        for _ in range(chance.randrange(1, most + 1)):
            draw = chance.random()
            if draw < world.plan.bad and not alone:
                event = maker.bad()
                if event.refusal == "event_too_large":
                    event = maker.good()
            elif draw < world.plan.bad + world.plan.poison:
                event = maker.poison()
            else:
                event = maker.good()
            events.append(event)
        for event in events:
            event.born = world.clock.now()
            world.ledger.events[event.marker] = event
            if alone:
                # An SNS dead letter is kept with its wrapper, in which the event's text is quoted.
                event.exact = event.exact and not event.poison
        return events

    def _garbage(self) -> str:
        marker = self._maker.marker()
        text, code = self._world.plan.random.choice(_GARBAGE)
        body = text.replace("MARKER", marker)
        if code == "wrapped_too_deep":
            for _ in range(4):
                body = _sns(body)
        self._world.ledger.events[marker] = SimEvent(marker, body, refusal=code, exact=True)
        return body


_GARBAGE = (
    ("MARKER is no JSON", "message_not_json"),
    ('{"userId": "MARKER", ', "message_not_json"),
    ('"MARKER"', "message_not_event"),
    ('{"batch": "MARKER"}', "message_not_event"),
    ('{"Records": [{"s3": "MARKER"}]}', "type_unknown"),
    ('{"type": "track", "userId": "MARKER"}', "wrapped_too_deep"),
)


def _sns(text: str) -> str:
    topic = "arn:aws:sns:eu-west-1:111111111111:topic"
    return json.dumps({"Type": "Notification", "MessageId": "n", "TopicArn": topic, "Message": text})


def _eventbridge(text: str, number: int, now: float) -> str:
    moment = datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    start = f'{{"version":"0","id":"bridge-{number}","detail-type":"Order","source":"shop","time":"{moment}"'
    return start + ',"account":"111111111111","region":"eu-west-1","detail":' + text + "}"
