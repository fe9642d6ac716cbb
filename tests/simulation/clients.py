"""Backends with SDKs: they send batches over HTTP, and resend what they believe lost, as the real clients do."""

import base64
import gzip
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import SimEvent
from tests.simulation.plan import FLOODS, FULL_CALLS, ODD_MESSAGES, REPEATS, SHARES
from tests.simulation.secrets import SHOP_KEY

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
        # Some send by the key of the shop, which is not rotated.
        self._of_shop = REPEATS in world.plan.features and world.plan.random.random() < 0.5
        self._fixed = False

    def run(self) -> None:
        world, chance = self._world, self._world.plan.random
        left: list[SimEvent] = []
        for _ in range(world.plan.requests):
            world.scheduler.sleep(chance.random() * world.plan.busy / world.plan.requests)
            # Some SDKs put what they believe lost into their next batch, some send the same body again.
            again = chance.random() < 0.3
            if not left and self._oddity():
                continue
            events = left + self._events()
            self._excuse(left, other_body=True)
            delivered = self._send(events, self._event_for(events, carried=bool(left)), 1 if again else _TRIES)
            # With another envelope their members would be others.
            carry = not delivered and not self._fixed
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
        return self._known(events)

    def _known(self, events: list[SimEvent]) -> list[SimEvent]:
        for event in events:
            self._world.privacy.plant(event)
            event.born = self._world.clock.now()
            self._world.ledger.events[event.marker] = event
        return events

    @property
    def _key(self) -> str:
        return SHOP_KEY if self._of_shop else self._world.secrets.relay_key

    def _oddity(self) -> bool:
        """Now and then a request of a kind of its own; whether there was one."""
        world, maker = self._world, self._maker
        features, chance = world.plan.features, world.plan.random
        kinds = [kind for kind in (FLOODS, FULL_CALLS, SHARES, REPEATS, ODD_MESSAGES) if kind in features]
        if not kinds or chance.random() < 0.5:
            return False
        kind = chance.choice(kinds)
        if kind == FLOODS:
            self._send_once(self._known(maker.flood(self._key)), "")
        elif kind == FULL_CALLS:
            self._send_once(self._known(_filling(maker, chance.randrange(70))), "")
        elif kind == SHARES:
            self._send_once(self._known(self._large_with_context()), f',"context":{{"blob":"{_BLOB}"}}')
        elif kind == ODD_MESSAGES:
            first, second = self._known([maker.good(plain=True)]), self._known([maker.good(plain=True)])
            self._send_once([*first, *second], f',"batch":[{second[0].text}]', unreadable=True)
        else:
            self._repeat()
        return True

    def _repeat(self) -> None:
        """The same as somebody else has sent, or as was sent before by this one: both are events."""
        world = self._world
        twin = self._known([self._maker.twin()])
        for _ in range(2):
            self._send_once(twin, "")
        others = [event for key, event in world.echoes if key != self._key]
        if others:
            self._echo(world.plan.random.choice(others))
        own = self._known([self._maker.good(plain=True)])
        if self._send_once(own, "") and not self._fixed:
            world.echoes.append((self._key, own[0]))

    def _echo(self, event: SimEvent) -> None:
        """Another source's event with its id: a promise of its own, but by each source once only."""
        sender = (self._key, event.marker)
        self._send_once([event], "", repeats=sender in self._world.echoed)
        self._world.echoed.add(sender)

    def _large_with_context(self) -> list[SimEvent]:
        """Events with what their envelope shares; one of them is too large by that only."""
        large, small = self._maker.sized(400_000), self._maker.good(plain=True)
        large.refusal, large.expected, large.exact = "event_too_large", None, False
        large.carries, small.carries = (_BLOB,), (_BLOB,)
        small.exact = False
        assert small.expected is not None, "a plain event says what arrives"
        small.expected = small.expected | {"context": {"blob": _BLOB} | small.expected["context"]}
        return [large, small]

    def _send_once(self, events: list[SimEvent], more: str, *, unreadable: bool = False, repeats: bool = False) -> bool:
        """Send ``events`` (with ``more`` members) until a 200, which is a promise of its own unless it ``repeats``."""
        self._fixed = True
        before = {event.marker for event in events if event.marker in self._world.ledger.promised}
        text = f'{{"batch":[{",".join(event.text for event in events)}]{more}}}'
        request = _request("/v1/batch", self._basic(self._key), text, packed=len(text) > 10_000)
        if before:
            # Should this be answered without a 200, it may have got through all the same.
            self._excuse(events, other_body=True)
        taken = self._send(events, request, _TRIES, unreadable=unreadable)
        if taken and before and not repeats:
            for marker in before:
                self._world.ledger.excuses[marker]["client_resent"] -= 1
                self._world.ledger.due[marker] += 1
        return taken

    @staticmethod
    def _basic(key: str) -> dict[str, str]:
        return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}

    def _event_for(self, events: list[SimEvent], *, carried: bool) -> dict[str, Any]:
        """The HTTP API event of a request with ``events``; some shared members, some ways to write a body."""
        chance, key = self._world.plan.random, self._key
        texts = [event.text for event in events]
        known = [event.text for event in events if event.expected is not None and "messageId" not in event.made]
        if known and chance.random() < 0.1:
            # The same event twice in one request counts once, where its id tells.
            texts.append(chance.choice(known))
        members = [f'"batch":[{",".join(texts)}]']
        # With another envelope or path their members would be others.
        self._fixed = chance.random() < 0.15 and not carried
        if self._fixed:
            members.append('"context":{"library":{"name":"analytics-go"}}')
            for event in events:
                if event.expected is not None:
                    shared = {"library": {"name": "analytics-go"}}
                    event.expected = event.expected | {"context": shared | event.expected["context"]}
                if event.refusal != "event_not_object":
                    event.carries = ('"analytics-go"',)
                event.exact = False
        in_body = chance.random() < 0.2
        if in_body:
            members.append(f'"writeKey":"{key}"')
        text = "{" + ",".join(members) + "}"
        path = chance.choice(("/v1/batch", "/v1/import/", "//v1/batch"))
        single = len(texts) == 1 and not in_body and len(members) == 1 and not carried
        if single and events[0].expected and chance.random() < 0.5:
            text, path = texts[0], f"/v1/{events[0].expected['type']}"
            if SHARES in self._world.plan.features and text.startswith('{"type":'):
                self._without_type(events[0])
                text = events[0].text
        headers = {} if in_body else self._basic(key)
        packed = None
        if chance.random() < 0.3:
            packed = chance.random() < 0.7
        return _request(path, headers, text, packed=packed)

    def _without_type(self, event: SimEvent) -> None:
        """The path says the type; should the event be refused, its dead letter must say it too."""
        start = f'{{"type":"{event.expected["type"]}",' if event.expected else ""
        if start and event.text.startswith(start):
            self._fixed = True
            event.text = "{" + event.text.removeprefix(start)
            event.exact = False
            event.carries = (f'"type":"{event.expected["type"]}"',) if event.expected else ()

    def _excuse(self, events: Sequence[SimEvent], *, other_body: bool) -> None:
        """These may have got through before; the client does not know."""
        for event in events:
            # Sent again, an event that says nothing of its place or its time is as good as another one.
            if other_body or "timestamp" in event.made:
                event.one_id = False
        markers = {event.marker for event in events if event.marker in self._world.ledger.promised}
        self._world.ledger.excuse("client_resent", sorted(markers))

    def _send(
        self, events: Sequence[SimEvent], request: dict[str, Any], tries: int, *, unreadable: bool = False
    ) -> bool:
        """Send until it is answered, ``tries`` times at most; whether the client knows it delivered."""
        from tests.simulation.world import CRASHED

        world, chance = self._world, self._world.plan.random
        for attempt in range(tries):
            if attempt:
                self._excuse(events, other_body=False)
            result = world.invoke("ingest", request, TIMEOUT_S, lambda invocation: None)
            status = 502 if result is CRASHED else result["statusCode"]
            world.tell(f"client sent {len(events)} events from {events[0].marker} on: {status}")
            if status == 200:
                self._check_answer(events, json.loads(result["body"]))
            elif status != 502:
                answer = json.loads(result["body"])
                world.check(isinstance(answer["code"], str) and isinstance(answer["message"], str), "error answers")
                world.check(status in (401, 503) or (unreadable and status == 400), f"a request is answered {status}")
            if status in (400, 401) or (status == 200 and not world.strikes("answer_lost")):
                return status == 200
            world.scheduler.sleep(chance.random() * 2**attempt)
        return False

    def _check_answer(self, events: Sequence[SimEvent], answer: dict[str, Any]) -> None:
        ledger = self._world.ledger
        for event in events:
            if event.marker not in ledger.promised and not self._world.privacy.may_drop(event):
                ledger.violated(f"{event.marker} was answered 200 but is on no queue")
        told = {refused["index"]: refused["code"] for refused in answer["rejected"]}
        due = {index: event.refusal for index, event in enumerate(events) if event.refusal}
        # Of a person who is suppressed, an event that breaks a rule is not refused.
        missing = [events[index] for index in due.keys() - told.keys()]
        due = {index: due[index] for index in due if index in told or events[index] not in missing}
        self._world.check(answer["success"] is True and told == due, f"the answer tells {told}, not {due}")
        self._world.check(all(map(self._world.privacy.may_suppress, missing)), f"the answer lacks {missing}")
        good = len({event.marker for event in events if event.refusal is None}) + len(missing)
        self._world.privacy.check_told(events, missing, answer.get("dropped", 0))
        self._world.check(answer["accepted"] == good, f"the answer counts {answer['accepted']} of {good} good events")


def _request(path: str, headers: dict[str, str], text: str, *, packed: bool | None) -> dict[str, Any]:
    """An HTTP API event; ``packed``: in gzip, or in base64 only; None: as text."""
    body = text
    if packed is not None:
        data = text.encode("utf-8", "surrogatepass")
        body = base64.b64encode(gzip.compress(data, 1, mtime=0) if packed else data).decode()
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": headers,
        "requestContext": {"http": {"method": "POST", "path": path}},
        "body": body,
        "isBase64Encoded": packed is not None,
    }


def _filling(maker: "EventMaker", spare: int) -> list[SimEvent]:
    """Events whose three messages are ``spare`` bytes less than a SendMessageBatch takes, attributes aside."""
    events = [maker.sized(499_000), maker.sized(499_000)]
    missing = _CALL_BYTES - spare - sum(len(event.text.encode()) + _CHUNK_BYTES for event in events) - _CHUNK_BYTES
    last = maker.sized(0)
    size = missing - len(last.text.encode())
    last.text = last.text.replace('"filler":""', f'"filler":"{"z" * size}"')
    last.expected = json.loads(last.text)
    return [*events, last]


_CALL_BYTES = 1_048_576
_CHUNK_BYTES = len('{"batch":[]}')
_BLOB = "b" * 150_000
