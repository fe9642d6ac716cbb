"""What else writes to the queue: SNS, EventBridge, programs with arrays, single events or nonsense, old versions."""

import json
from typing import TYPE_CHECKING

from tests.simulation import plan as plans
from tests.simulation import wrappers
from tests.simulation.ledger import ANY_CODE, SimEvent
from tests.simulation.queues import DELIVER, INGEST, QUEUE, SOMEBODY, Message
from tests.simulation.resources import Cost

if TYPE_CHECKING:
    from tests.simulation.events import EventMaker
    from tests.simulation.world import World

_USUAL = ("event", "array", "batch", "sns", "eventbridge", "nested", "bridged_array", "garbage")
_LONG_ARRAY = 13


class Senders:
    """``run`` is the process of all of them."""

    def __init__(self, world: "World", maker: "EventMaker") -> None:
        self._world = world
        self._maker = maker
        self._bridged = 0

    def run(self) -> None:
        world, chance = self._world, self._world.plan.random
        kinds = [*_USUAL, *self._kinds()]
        if world.plan.features & {plans.DEAR, plans.HEAVY}:
            self._dear()
        for number in range(world.plan.direct):
            world.scheduler.sleep(chance.random() * world.plan.busy / world.plan.direct)
            kind = chance.choice(kinds)
            if kind == "odd":
                self._odd()
            elif kind == "old":
                self._old()
            elif kind == "echo":
                self._echo()
            else:
                self._send(kind, number)

    def _kinds(self) -> list[str]:
        """What is sent in runs with certain features only."""
        by_feature = {
            plans.ODD_MESSAGES: ["odd"] * 4,
            plans.OLD_SENDERS: ["old"] * 4 + ["event"] * 2,
            plans.REPEATS: ["echo"] * 4,
            plans.SHARES: ["shared"] * 4,
            plans.LARGE_EVENTS: ["large_array"] * 3,
        }
        has = self._world.plan.features | ({plans.LARGE_EVENTS} if self._world.plan.large else set())
        return [kind for feature, kinds in by_feature.items() if feature in has for kind in kinds]

    def _send(self, kind: str, number: int) -> None:
        world = self._world
        body = self._garbage() if kind == "garbage" else self._body(kind, number)
        times = 1
        if kind in ("sns", "eventbridge", "nested", "bridged_array", "array") and world.strikes("sender_repeats"):
            times = 2
        attributes = self._attributes()
        for place in range(times):
            message = self._put(kind, body, attributes)
            if place:
                if kind == "array":
                    # Nothing says that it is the same message.
                    for marker in message.markers:
                        world.ledger.events[marker].one_id = False
                world.ledger.excuse("sender_repeated", message.markers)

    def _put(self, kind: str, body: str, attributes: dict[str, str], sender: str = SOMEBODY) -> Message:
        message = self._world.sqs.put(QUEUE, body, attributes, sender=sender)
        self._world.tell(f"{kind} sent as {message.message_id}: {' '.join(message.markers[:6])}")
        return message

    def _attributes(self) -> dict[str, str]:
        """What a sender writes of itself; some write what only the relay should, as they have seen it or made up."""
        world, chance = self._world, self._world.plan.random
        if plans.OLD_SENDERS not in world.plan.features or chance.random() < 0.3:
            return {}
        forged = dict(chance.sample(_FORGED, 4))
        seen = [message.attributes for queue in world.sqs.queues.values() for message in queue.messages.values()]
        if seen and chance.random() < 0.5:
            forged |= chance.choice(seen)
            forged.pop("redriven", None)
        return forged

    def _body(self, kind: str, number: int) -> str:
        if kind in ("array", "batch"):
            return self._list(kind)
        if kind == "shared":
            return self._shared()
        if kind == "large_array":
            return _array(self._known([self._maker.sized(45_000) for _ in range(20)]))
        now, bridge = self._world.clock.now(), f"bridge-{number}"
        if kind == "bridged_array":
            events = self._known([self._maker.bare() for _ in range(_LONG_ARRAY)])
            self._bridged += 1
            # Ids of which one is the other's beginning, with places that may stand for the rest of it.
            return wrappers.eventbridge(_array(events), "b" + "1" * self._bridged, now)
        text = self._one(kind).text
        if kind in ("eventbridge", "nested"):
            text = wrappers.eventbridge(text, bridge, now)
        return wrappers.sns(text, f"note-{number}", now) if kind in ("sns", "nested") else text

    def _one(self, kind: str) -> SimEvent:
        if kind in ("sns", "event") and self._world.plan.random.random() < 0.3:
            return self._known([self._maker.bare()])[0]
        return self._events(1, alone=True)[0]

    def _list(self, kind: str) -> str:
        events = self._events(4)
        if all(event.refusal in ("event_not_object", "type_unknown") for event in events):
            # Not one of them says that it is an event: the message may be refused as a whole.
            for event in events:
                event.refusal = ANY_CODE
        return _array(events) if kind == "array" else f'{{"batch":{_array(events)}}}'

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
        return self._known(events)

    def _known(self, events: list[SimEvent]) -> list[SimEvent]:
        for event in events:
            self._world.privacy.plant(event)
            event.born = self._world.clock.now()
            self._world.ledger.events[event.marker] = event
        return events

    def _shared(self) -> str:
        """An envelope with what its events share; it may be so large that one of them is refused for it."""
        chance, maker = self._world.plan.random, self._maker
        events = [maker.good(plain=True), maker.bad(), maker.good(plain=True)]
        if events[1].refusal in ("event_too_large", "event_not_object", "field_not_object"):
            events.pop(1)
        shared = {"ip": "10.1.2.3", "filler": "c" * chance.choice((10, 10, 150_000))}
        if len(shared["filler"]) > 1_000:
            events.append(maker.sized(400_000))
            events[-1].refusal, events[-1].expected, events[-1].exact = "event_too_large", None, False
        for event in events:
            event.exact, event.carries = False, (shared["filler"], '"Salesforce"')
            if event.expected is not None:
                context = shared | event.expected["context"]
                event.expected = event.expected | {"context": context, "integrations": {"Salesforce": True}}
        texts = ",".join(event.text for event in self._known(events))
        return f'{{"context":{json.dumps(shared)},"integrations":{{"Salesforce":true}},"batch":[{texts}]}}'

    def _garbage(self) -> str:
        marker = self._maker.marker()
        text, code = self._world.plan.random.choice(_GARBAGE)
        body = text.replace("MARKER", marker)
        if code == "wrapped_too_deep":
            for _ in range(4):
                body = wrappers.sns(body, "note", self._world.clock.now())
        self._world.ledger.events[marker] = SimEvent(marker, body, refusal=code, exact=True)
        return body

    def _odd(self) -> None:
        """Messages that yield no event, or not what they seem to: each is kept whole, with a reason."""
        world, chance = self._world, self._world.plan.random
        body = chance.choice(_ODD)
        if "MARKER" not in body:
            world.ledger.unmarked[body.strip()] += 1
            self._put("odd", body, self._attributes())
            return
        marker = self._maker.marker()
        # An event nested so deep is one nevertheless, and is kept without the array around it.
        deep = "DEEP" in body
        body = body.replace("MARKER", marker).replace("DEEP", "[" * 12_000 + "]" * 12_000)
        world.ledger.events[marker] = SimEvent(marker, body, refusal=ANY_CODE, exact=not deep)
        self._put("odd", body, self._attributes())

    def _old(self) -> None:
        """A chunk of the ingest function's version before, or the rest of one that its deliver function sent back."""
        chance = self._world.plan.random
        events = self._known([self._maker.good(plain=True) for _ in range(chance.randrange(1, 6))])
        attributes = {"source": "http:name0"}
        if chance.random() < 0.5:
            now = self._world.clock.now()
            attributes |= {
                "splits": str(chance.randrange(1, 9)),
                "first_sent_at": f"{now - chance.random() * 3600:.3f}",
            }
        sender = DELIVER if "splits" in attributes else INGEST
        message = self._put("old chunk", f'{{"batch":[{",".join(e.text for e in events)}]}}', attributes, sender)
        message.first_at = message.first_at_latest = min(
            message.first_at, float(attributes.get("first_sent_at", "inf")) - self._world.clock.START
        )
        message.hops = int(attributes.get("splits", "0"))

    def _echo(self) -> None:
        """The same to the byte as another source has sent; or an event that others repeat later."""
        world = self._world
        others = [event for source, event in world.echoes if source != "queue"]
        if others:
            event = world.plan.random.choice(others)
            world.ledger.due[event.marker] += 1
        else:
            event = self._known([self._maker.good(plain=True)])[0]
            world.echoes.append(("queue", event))
            if world.plan.random.random() < 0.5:
                # Another source at the same moment: deliver is given both together.
                world.ledger.due[event.marker] += 1
                self._put("echo", wrappers.sns(event.text, f"echo-{event.marker}", world.clock.now()), {})
        self._put("echo", event.text, {})

    def _dear(self) -> None:
        """Messages that take long to read, or much memory, beside some that do not."""
        world, chance = self._world, self._world.plan.random
        costs = []
        if plans.DEAR in world.plan.features:
            costs += [Cost(seconds=chance.choice((4.0, 8.0))) for _ in range(8)]
        if plans.HEAVY in world.plan.features:
            costs += [Cost(megabytes=250.0) for _ in range(3)]
            costs += [Cost(megabytes=999.0)] if chance.random() < 0.5 else []
        for cost in costs:
            event = self._known([self._maker.good(plain=True)])[0]
            if cost.deadly:
                # Nobody can read it: it is given up by SQS itself, after all its receives.
                event.content = "deadly"
            self._put("dear", event.text, {}).cost = cost
        for event in self._known([self._maker.good(plain=True) for _ in range(3)]):
            self._put("neighbour", event.text, {})


def _array(events: list[SimEvent]) -> str:
    return "[" + ",".join(event.text for event in events) + "]"


_GARBAGE = (
    ("MARKER is no JSON", "message_not_json"),
    ('{"userId": "MARKER", ', "message_not_json"),
    ('"MARKER"', "message_not_event"),
    ('{"batch": "MARKER"}', "message_not_event"),
    ('{"Records": [{"s3": "MARKER"}]}', ANY_CODE),
    ('{"type": "track", "userId": "MARKER"}', "wrapped_too_deep"),
)
_ODD = (
    '{"batch":[]}',
    "[]",
    " ",
    "{}",
    '{"batch":[],"note":"MARKER"}',
    '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"MARKER"}]',
    '["MARKER",5,null]',
    '{"batch":["MARKER",5]}',
    '{"batch":[{"type":"page","userId":"u","n":"MARKER"}],"x":1,"batch":[]}',
    '{"batch":[],"batch":[{"type":"page","userId":"u","n":"MARKER"}]}',
    '[{"type":"page","userId":"u","n":"MARKER","deep":DEEP}]',
    '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"MARKER"}',
    '{"Type":"SubscriptionConfirmation","TopicArn":"a","Message":"MARKER","SubscribeURL":"https://x"}',
)
_FORGED = [
    ("source", "http:somebody"),
    ("source", "x" * 2_000),
    ("splits", "8"),
    ("splits", "99999999999999999999999"),
    ("splits", "-1"),
    ("first_sent_at", "0"),
    ("first_sent_at", "nan"),
    ("first_sent_at", "9e99"),
    ("first_sent_at", "1795400000.000"),
    ("error_code", "refused_by_dreamdata"),
    ("error_detail", "not so"),
    ("status", "400"),
    ("receives", "399"),
    ("receives", "many"),
    ("refused", "beside"),
    ("refused", "doubtful"),
    ("refused", "all"),
    ("refused", "1"),
    ("shipper", "unknown to all"),
]
