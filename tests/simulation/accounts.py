"""Each end of an event, judged as it happens: was it the right one, and is the event what it was?"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.simulation.content import FAILING, REFUSING
from tests.simulation.judgements import Patience, Rejection, Rejections, believable
from tests.simulation.ledger import ANY_CODE, SimEvent, markers_in
from tests.simulation.reading import events_in

if TYPE_CHECKING:
    from tests.simulation.invocations import Invocation
    from tests.simulation.queues import Message
    from tests.simulation.world import World

REFUSED = "refused_by_dreamdata"
# Codes of rules: they say something of the event itself, which must be so.
_OF_RULES = frozenset(
    {"type_unknown", "identity_missing", "event_name_missing", "group_id_missing", "timestamp_invalid"}
    | {"field_not_object", "event_too_large", "event_not_object", "message_empty", "message_not_json"}
    | {"message_not_event", "wrapped_too_deep"}
)
# Moved back, the letter of such an event is a stub, or a message by itself in which nothing says that it is an event.
_READ_ANEW = ("event_too_large", "event_not_object", "type_unknown")
# From about so many receives or failures on it may be an event's own: then the same is posted in halves.
_FAILED_OFTEN = 15
# So near the end of its receives a message may be given up, by the relay or by SQS.
_LAST_RECEIVES = 4
# A good event beside others that are accepted is delivered within so many receives; the rule says about 20 until a
# failure is looked for, and then there is the looking.
_MOST_BESIDE = 80


class Accounts:
    """The judge of one run's ends."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._owners: dict[str, str] = {}
        self._made: dict[tuple[str, str], object] = {}
        self._rejections: defaultdict[str, Rejections] = defaultdict(Rejections)
        self._patience = defaultdict[str, Patience](self._patient)
        self._beside: Counter[str] = Counter()
        # How often an event was given to a function, in whatever message.
        self.received: Counter[str] = Counter()

    def _patient(self) -> Patience:
        return Patience(one_by_one=self._world.plan.parallel == 1)

    # -- what Dreamdata sees

    def posted(self, body: bytes, markers: list[str]) -> None:
        """Dreamdata may have seen these, whatever it answers: what the relay made for them must not change."""
        events = self._world.ledger.events
        if not any(marker in events and events[marker].made for marker in markers):
            return
        try:
            values = json.loads(body)["batch"]
        except RecursionError:
            self._world.ledger.violated("an event nested beyond reason is posted")
            return
        for value in values:
            found = markers_in(json.dumps(value))
            if len(found) == 1 and found[0] in events:
                self._compare_made(events[found[0]], value)

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
        elif event.exact and text not in event.left:
            ledger.violated(f"{event.marker} arrived with other bytes: {text[:200]}")
        else:
            self._compare(event, json.loads(text), "arrived")
        if "messageId" in event.made:
            owner = self._owners.setdefault(message_id, event.marker)
            if owner != event.marker:
                ledger.violated(f"{owner} and {event.marker} were given the same messageId")
        self._world.privacy.ended(event, "delivered")
        ledger.delivered[event.marker] += 1
        return event.marker

    def _compare(self, event: SimEvent, arrived: dict[str, Any], how: str) -> None:
        self._compare_made(event, arrived)
        for name in event.made:
            arrived.pop(name, None)
        self._world.privacy.take_out(event, arrived)
        if event.expected is not None:
            expected = {name: value for name, value in event.expected.items() if name not in event.made}
            if arrived != expected:
                self._world.ledger.violated(f"{event.marker} {how} changed: {json.dumps(arrived)[:300]}")

    def _compare_made(self, event: SimEvent, arrived: dict[str, Any]) -> None:
        for name in event.made:
            value = arrived.get(name)
            if event.one_id:
                first = self._made.setdefault((event.marker, name), value)
                self._world.check(first == value, f"a {name} made for an event stays its {name} ({event.marker})")
            if not isinstance(value, str) or not value:
                self._world.ledger.violated(f"{event.marker} has no {name}")
            elif name == "timestamp" and isinstance(value, str):
                moment = datetime.fromisoformat(value).timestamp()
                if not event.born - 1 <= moment <= self._world.clock.now():
                    self._world.ledger.violated(f"{event.marker} has a timestamp that is not its receipt's")

    def rejected(
        self, markers: list[str], invocation: "Invocation", status: int | None, *, failed: bool, packed: bool
    ) -> None:
        """Dreamdata refused a payload of ``markers``, or failed on it."""
        now, accepted = self._world.scheduler.now, invocation.accepted
        rejection = Rejection(invocation, status, len(markers) == 1, failed, now, accepted, invocation.settled, packed)
        for marker in markers:
            self._rejections[marker].append(rejection)

    def check_overdue(self, run: "Invocation") -> None:
        """Of the events given to ``run``, which is over, none should have been dead-lettered before."""
        for marker in {marker for message in run.messages for marker in message.markers}:
            event = self._world.ledger.events[marker]
            if event.content not in (*REFUSING, *FAILING) or event.chance < 1.0 or self._world.ledger.ends(marker):
                continue
            if self._world.ledger.excuses.get(marker) or self._world.privacy.may_suppress(event):
                # There may be another copy of it, of which nobody has said anything.
                continue
            rejections = self._rejections[marker].of(run)
            if rejections and self._patience[marker].ends(rejections):
                self._world.ledger.violated(f"{marker} is rejected again and again, and not dead-lettered")

    def may_look_for_one(self, invocation: "Invocation") -> bool:
        """Whether Dreamdata failed on something in this run so often that it may be one event it fails on."""
        if max(invocation.receives.values(), default=0) >= _FAILED_OFTEN:
            return True
        return any(sum(r.failed for r in self._rejections[marker]) >= _FAILED_OFTEN for marker in invocation.receives)

    def waits(self, markers: Iterable[str]) -> None:
        """These came back from an invocation in which others were accepted."""
        for marker in markers:
            event = self._world.ledger.events[marker]
            self._beside[marker] += 1
            if self._beside[marker] > _MOST_BESIDE and event.content is None and event.refusal is None:
                self._world.ledger.violated(f"{marker} waits, though others were accepted on {_MOST_BESIDE} receives")

    # -- dead letters

    def dead_lettered(self, message: "Message") -> None:
        """A message reached the dead-letter queue, by the relay or by the redrive policy."""
        world, attributes = self._world, message.attributes
        if "redriven" in attributes:
            code = "redriven"
        else:
            code = attributes.get("error_code", "")
            world.check(bool(code and attributes.get("source")), "a dead letter has its reason and source")
            world.check(len(attributes.get("error_detail", "").encode()) <= 1_000, "error_detail is at most 1 kB")
            for key in world.secrets.relay_keys():
                world.check(f'"{key}"' not in message.body, "a dead letter holds no key")
        message.code = code
        if not message.markers:
            # It may come twice: its message did, and nothing in it tells one from another.
            body = message.body.strip()
            world.check(body in world.ledger.unmarked, "a dead letter is somebody's message")
            world.ledger.unmarked[body] = max(0, world.ledger.unmarked[body] - 1)
        for marker in message.markers:
            event = world.ledger.events[marker]
            if code != "redriven" and not self._met_no_rules(message):
                world.privacy.ended(event, "dead-lettered")
            self._judge(event, code, message)
            world.ledger.dead[marker].append(code)
            world.ledger.dead_counts[marker] += message.body.count(f'"{marker}"')

    def taken_back(self, letter: "Message") -> None:
        """An operator moves ``letter`` back: its events have no end yet."""
        ledger = self._world.ledger
        if not letter.markers:
            ledger.unmarked[letter.body.strip()] += 1
        for marker in letter.markers:
            ledger.dead[marker].remove(letter.code)
            ledger.dead_counts[marker] -= letter.body.count(f'"{marker}"')
            self._patience[marker] = self._patient()
            if not any(marker in message.markers for message in self._world.sqs.main.messages.values()):
                # Otherwise its message outlived its dead letter, and may be believed by what was before.
                self._rejections[marker] = Rejections()
            event = ledger.events[marker]
            event.redriven = True
            if letter.code == "redriven":
                # The relay never got to write down the id that it had made: see ``may_be_raw``.
                event.one_id = False

    def _judge(self, event: SimEvent, code: str, message: "Message") -> None:
        ledger = self._world.ledger
        if code == "redriven":
            return
        receives = self._world.invocation.receives.get(event.marker, 0)
        if code == REFUSED:
            self._judge_refusal(event, message)
        else:
            # On its last receive a message is kept unread, in whatever it came; likewise what never met its rules.
            out = code == "out_of_tries"
            unread = out and (self._met_no_rules(message) or receives >= self._world.plan.max_receives)
            self._judge_code(event, code, receives, message, unread=unread)
            if event.exact and not unread and not any(text in message.body for text in event.left):
                ledger.violated(f"{event.marker} is not whole in its dead letter")
        for text in event.carries:
            if text not in message.body and '"relay_stub"' not in message.body:
                ledger.violated(f"the dead letter of {event.marker} lacks {text[:60]}")

    @staticmethod
    def _met_no_rules(message: "Message") -> bool:
        """Whether a dead letter's message never met its rules, for they could not run."""
        return "rules_unavailable" in message.attributes.get("error_detail", "")

    def _judge_code(self, event: SimEvent, code: str, receives: int, message: "Message", *, unread: bool) -> None:
        if event.refusal == ANY_CODE:
            return
        if event.refusal is None and code not in _OF_RULES:
            if receives < self._world.plan.max_receives - _LAST_RECEIVES:
                self._world.ledger.violated(f"{event.marker} is given up as {code} after {receives} receives")
            if event.content is None and not self._world.plan.may_give_up:
                self._world.ledger.violated(f"{event.marker} is given up as {code}, though nothing lasted as long")
            # Nothing is completed in a message that is kept unread.
            if not (unread and any(message.body == one.body for one in self._world.invocation.messages)):
                self._compare_letter(event, message)
        elif unread:
            # It may be what ended the function every time before.
            return
        elif code != event.refusal and not (event.redriven and event.refusal in _READ_ANEW):
            self._world.ledger.violated(f"{event.marker} is dead-lettered as {code}, not as {event.refusal}")

    def _judge_refusal(self, event: SimEvent, message: "Message") -> None:
        world = self._world
        rejections = self._rejections[event.marker]
        doubt = believable(rejections, world.invocation, self.received[event.marker], world.scheduler.now)
        if doubt is not None:
            world.ledger.violated(f"{event.marker} is dead-lettered as refused, but {doubt}")
        statuses = {str(rejection.status) if rejection.status else None for rejection in rejections}
        status = message.attributes.get("status")
        if status not in statuses:
            world.ledger.violated(f"{event.marker}'s dead letter says status {status}, Dreamdata {statuses}")
        self._compare_letter(event, message)

    def _compare_letter(self, event: SimEvent, message: "Message") -> None:
        """The event, or an envelope with it: what a redrive makes of the letter is exactly this event."""
        found = [value for value in events_in(message.body) if event.marker in json.dumps(value)]
        if len(found) != 1 or not isinstance(found[0], dict):
            self._world.ledger.violated(f"{event.marker}'s dead letter is read as something else: {message.body[:200]}")
        elif event.expected is not None:
            self._compare(event, found[0], "is dead-lettered")
