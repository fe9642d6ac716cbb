"""Backends with SDKs: they send batches over HTTP, and resend what they believe lost, as the real clients do."""

import base64
import gzip
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import SimEvent

if TYPE_CHECKING:
    from tests.simulation.events import EventMaker
    from tests.simulation.world import World

_TRIES = 4
TIMEOUT_S = 15.0


class Client:
    """One backend; ``run`` is its process."""

    def __init__(self, world: "World", maker: "EventMaker") -> None:
        self._world = world
        self._maker = maker
        self._shares = False

    def run(self) -> None:
        world, chance = self._world, self._world.plan.random
        left: list[SimEvent] = []
        for _ in range(world.plan.requests):
            world.scheduler.sleep(chance.random() * world.plan.heal / world.plan.requests)
            # Some SDKs put what they believe lost into their next batch, some send the same body again.
            again = chance.random() < 0.3
            events = left + self._events()
            self._excuse(left)
            delivered = self._send(events, self._event_for(events, carried=bool(left)), 1 if again else _TRIES)
            # With another envelope their members would be others.
            carry = not delivered and not self._shares
            left = [event for event in events if event.marker in world.ledger.promised] if carry else []

    def _events(self) -> list[SimEvent]:
        plan, chance, maker = self._world.plan, self._world.plan.random, self._maker
        events = []
        for _ in range(chance.choice((1, 1, 3, 10, 30))):
            draw = chance.random()
            if draw < plan.bad:
                events.append(maker.bad())
            elif draw < plan.bad + plan.poison:
                events.append(maker.poison())
            elif chance.random() < plan.large:
                events.append(maker.sized(chance.choice((30_000, 70_000, 260_000, 499_000))))
            else:
                events.append(maker.good())
        for event in events:
            event.born = self._world.clock.now()
            self._world.ledger.events[event.marker] = event
        return events

    def _event_for(self, events: list[SimEvent], *, carried: bool) -> dict[str, Any]:
        """The HTTP API event of a request with ``events``; some shared members, some ways to write a body."""
        chance, key = self._world.plan.random, self._world.secrets.relay_key
        texts = [event.text for event in events]
        known = [event.text for event in events if event.expected is not None and "messageId" not in event.made]
        if known and chance.random() < 0.1:
            # The same event twice in one request counts once, where its id tells.
            texts.append(chance.choice(known))
        members = [f'"batch":[{",".join(texts)}]']
        self._shares = chance.random() < 0.15 and not carried
        if self._shares:
            members.append('"context":{"library":{"name":"analytics-go"}}')
            for event in events:
                if event.expected is not None:
                    shared = {"library": {"name": "analytics-go"}}
                    event.expected = event.expected | {"context": shared | event.expected["context"]}
                event.exact = False
        in_body = chance.random() < 0.2
        if in_body:
            members.append(f'"writeKey":"{key}"')
        text = "{" + ",".join(members) + "}"
        path = chance.choice(("/v1/batch", "/v1/import/", "//v1/batch"))
        if len(texts) == 1 and events[0].expected and not in_body and len(members) == 1 and chance.random() < 0.5:
            text, path = texts[0], f"/v1/{events[0].expected['type']}"
        headers = {} if in_body else {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
        body, encoded = text, False
        if chance.random() < 0.3:
            data = text.encode("utf-8", "surrogatepass")
            body = base64.b64encode(gzip.compress(data, 1, mtime=0) if chance.random() < 0.7 else data).decode()
            encoded = True
        return {
            "version": "2.0",
            "rawPath": path,
            "headers": headers,
            "requestContext": {"http": {"method": "POST", "path": path}},
            "body": body,
            "isBase64Encoded": encoded,
        }

    def _excuse(self, events: Sequence[SimEvent]) -> None:
        """These may have got through before; the client does not know."""
        for event in events:
            # Sent again, an event that says nothing of its place or its time is as good as another one.
            event.one_id = False
        markers = [event.marker for event in events if event.marker in self._world.ledger.promised]
        self._world.ledger.excuse("client_resent", markers)

    def _send(self, events: Sequence[SimEvent], request: dict[str, Any], tries: int) -> bool:
        """Send until it is answered, ``tries`` times at most; whether the client knows it delivered."""
        from tests.simulation.world import CRASHED

        world, chance = self._world, self._world.plan.random
        for attempt in range(tries):
            if attempt:
                self._excuse(events)
            result = world.invoke("ingest", request, TIMEOUT_S, lambda invocation: None)
            status = 502 if result is CRASHED else result["statusCode"]
            world.tell(f"client sent {len(events)} events from {events[0].marker} on: {status}")
            if status == 200:
                self._check_answer(events, json.loads(result["body"]))
            elif status != 502:
                answer = json.loads(result["body"])
                world.check(isinstance(answer["code"], str) and isinstance(answer["message"], str), "error answers")
                world.check(status in (401, 503), f"a good request is not answered {status}")
            if status == 401 or (status == 200 and not world.strikes("answer_lost")):
                return status == 200
            world.scheduler.sleep(chance.random() * 2**attempt)
        return False

    def _check_answer(self, events: Sequence[SimEvent], answer: dict[str, Any]) -> None:
        ledger = self._world.ledger
        for event in events:
            if event.marker not in ledger.promised:
                ledger.violated(f"{event.marker} was answered 200 but is on no queue")
        told = {refused["index"]: refused["code"] for refused in answer["rejected"]}
        due = {index: event.refusal for index, event in enumerate(events) if event.refusal}
        self._world.check(answer["success"] is True and told == due, f"the answer tells {told}, not {due}")
