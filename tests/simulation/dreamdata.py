"""A simulated Dreamdata: strict about the vendor's rules, and failing in every way."""

import gzip
from functools import partial
from typing import TYPE_CHECKING

from dreamdata_relay.deliver.responses import Answer, NoAnswer
from local.sandbox.rules import RefusedError, judge
from tests.simulation.judgements import Acceptance
from tests.simulation.ledger import markers_in
from tests.simulation.plan import REFUSED_FROM, Phase
from tests.simulation.secrets import PLACEHOLDER

if TYPE_CHECKING:
    from tests.simulation.world import World

# The endpoint is not there, or somewhere else.
_WAYS = frozenset({302, 308, 404, 405, 410, 415})
_KEY = b'{"error":"key"}'
_REFUSING = frozenset({400, 413, 422, 403, 406, 409, 414, 431, 451})
# After these, nothing is posted again at once but another part, or a copy.
_FINAL = frozenset({200, 202, 204, 400, 413, 422})
URL = "https://api.dreamdata.test/v1/batch"
_READ_TIMEOUT_S = 15.0
# Where web firewalls stand before an API, they answer so to what they find suspicious.
_PAGE = b"<html><head><title>403 Forbidden</title></head></html>"


class SimEndpoint:
    """The relay's ``Endpoint``: what its adapter makes of the network, in virtual time.

    The adapter itself, with its sockets, is tested against a real server elsewhere.
    """

    longest_s = 18.0

    def __init__(self, world: "World") -> None:
        self._world = world

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
        packed = encoding == "gzip"
        body = gzip.decompress(body) if packed else body
        self._check_again(body, key)
        self._world.invocation.posts += 1
        self._world.privacy.posted(body.decode())
        begun = self._world.scheduler.now
        with self._world.call("post", 1):
            answer = self._answer(body, key, packed)
        self._remember(body, answer, packed, begun)
        return answer

    def _check_again(self, body: bytes, key: str) -> None:
        """What may have arrived is not sent again in the same invocation; nothing is sent once all must wait."""
        world, invocation, markers = self._world, self._world.invocation, markers_in(body.decode())
        world.check(key != PLACEHOLDER, "the placeholder is never shown to Dreamdata as a key")
        world.check(not invocation.over, "no post is begun by an invocation that is over")
        looking = world.accounts.may_look_for_one(invocation)
        if not looking:
            again = [m for m in markers if m in invocation.ambiguous and not world.ledger.due[m]]
            # Of an event that came in two messages the other copy may be posted yet.
            again = [m for m in again if sum(m in message.markers for message in invocation.messages) == 1]
            world.check(not again, "no blind resend in place")
        if world.plan.parallel == 1 and not looking:
            world.check(not invocation.stopped, "after the first hold nothing more is tried")

    def _remember(self, body: bytes, answer: Answer | NoAnswer, packed: bool, begun: float) -> None:
        invocation, markers = self._world.invocation, markers_in(body.decode())
        # Two threads may post copies of the same events at a time.
        post = (id(self._world.scheduler.current), frozenset(markers))
        if not isinstance(answer, NoAnswer) or answer.sent:
            self._world.accounts.posted(body, markers)
        if isinstance(answer, NoAnswer):
            if answer.sent:
                invocation.stopped = True
                invocation.ambiguous.update(markers)
        elif answer.status < 300:
            # What was refused in gzip and is posted once more was handed out once; a copy of the event was again.
            begun = invocation.begun.get(post, begun)
            # What Dreamdata took and has not said yet, nobody can know.
            invocation.acceptances.append(Acceptance(begun, invocation.settled))
            invocation.taken.update(markers)
        elif answer.status in _WAYS and not (packed and answer.status == 415):
            invocation.stopped = True
        elif answer.retry_after == "120":
            invocation.stopped = True
            invocation.told.append((self._world.scheduler.now, 120))
        if packed or isinstance(answer, NoAnswer) or answer.status not in _FINAL:
            invocation.begun.setdefault(post, begun)
        else:
            invocation.begun.pop(post, None)
        self._note_rejection(markers, answer, packed)

    def _note_rejection(self, markers: list[str], answer: Answer | NoAnswer, packed: bool) -> None:
        """What is refused in gzip only is no reason to dead-letter anything; nor is what the key is refused for."""
        world = self._world
        if packed and world.plan.refuses_gzip:
            return
        run, note = world.invocation, partial(world.accounts.rejected, markers, world.invocation, packed=packed)
        if isinstance(answer, NoAnswer):
            if answer.sent:
                note(None, failed=True)
        elif answer.retry_after is None and (answer.status >= 500 or answer.status in (408, 425, *_WAYS)):
            note(answer.status, failed=True)
        elif answer.status in _REFUSING:
            note(answer.status, failed=False)
            run.refused.update(markers)
            if answer.status not in (403, 413) and not packed:
                run.refused_sets.append(frozenset(markers))

    def _answer(self, body: bytes, key: str, packed: bool) -> Answer | NoAnswer:
        world = self._world
        if world.strikes("post_unconnected") or world.lasts("dreamdata_unreachable"):
            world.scheduler.sleep(world.plan.random.choice((0.01, 3.0)))
            return NoAnswer(sent=False, reason="connect")
        world.scheduler.sleep(0.05 + world.plan.random.random() * 0.2)
        if world.strikes("post_dropped_before"):
            return NoAnswer(sent=True, reason="connection")
        if world.strikes("post_timeout_lost"):
            return self._time_out()
        begun = world.scheduler.now
        stalled = world.strikes("post_stalled")
        if stalled:
            world.invocation.slowed = True
            world.scheduler.sleep(world.plan.random.choice((30, 45, 60, 60)) + world.plan.random.random() * 60)
        return (
            self._answer_of_the_day(body, key, packed, begun)
            or self._answer_to_gzip(packed)
            or self._take(body, stalled)
        )

    def _answer_of_the_day(self, body: bytes, key: str, packed: bool, begun: float) -> Answer | None:
        """The answers that are not about the events; the post was ``begun`` then."""
        world, chance = self._world, self._world.plan.random
        if world.lasts("dreamdata_503") or world.strikes("post_503"):
            return Answer(chance.choice((500, 502, 503, 504)), start=b"away")
        if world.lasts("dreamdata_429"):
            return Answer(429, chance.choice(("1", "120", None)))
        if world.strikes("post_429"):
            return Answer(429, chance.choice(("1", "120", None)))
        if world.strikes("post_408"):
            return Answer(chance.choice((408, 425)))
        if world.lasts("dreamdata_404"):
            return Answer(chance.choice((404, 405, 410)))
        if world.lasts("dreamdata_redirects"):
            return Answer(308)
        if key != world.secrets.dreamdata_key:
            status = chance.choice((401, 403))
            # A firewall may answer 403 to gzip: the relay asks once more as it is before it believes that of the key.
            if status == 401 or not packed:
                world.invocation.key_refused_at = begun
            return Answer(status, start=_KEY)
        return self._refusal_of_the_day(body)

    def _refusal_of_the_day(self, body: bytes) -> Answer | None:
        world = self._world
        if world.lasts("dreamdata_refuses_all"):
            return Answer(400, start=b'{"error":"no"}')
        if world.lasts("dreamdata_403") or world.strikes("post_403"):
            return Answer(403, start=_PAGE)
        if world.strikes("post_400") or (world.lasts("dreamdata_flaps") and world.plan.random.random() < 0.5):
            return Answer(400, start=b"upstream reset")
        if world.lasts("dreamdata_413") and len(body) > 3_000:
            return Answer(413)
        return None

    def _answer_to_gzip(self, packed: bool) -> Answer | None:
        plan = self._world.plan
        if packed and plan.refuses_gzip and self._world.scheduler.now >= plan.refuses_gzip_from:
            return Answer(plan.refuses_gzip, start=b'{"error":"not JSON"}')
        return None

    def _take(self, body: bytes, stalled: bool) -> Answer | NoAnswer:
        world = self._world
        try:
            payload = judge(body)
        except RefusedError as error:
            world.ledger.violated(f"a payload breaks the vendor's rules: {error}")
            return Answer(error.status, start=str(error).encode())
        if (answer := self._answer_to_content([m for e in payload.events for m in markers_in(e.text)])) is not None:
            return answer
        invocation = world.invocation
        world.tell(f"Dreamdata takes {len(payload.events)} events in {len(body)} bytes")
        markers = [world.delivered(event.message_id, event.text) for event in payload.events]
        invocation.touched.update(markers)
        invocation.ended += len(payload.events)
        if stalled:
            # By now the relay has given it up.
            world.ledger.excuse("post_stalled", markers)
        return self._after_taking(markers)

    def _answer_to_content(self, markers: list[str]) -> Answer | NoAnswer | None:
        """What Dreamdata does with a payload in which it cannot take an event."""
        world = self._world
        chance = world.plan.random
        for event in (world.ledger.events[marker] for marker in markers):
            if event.content is None or chance.random() >= event.chance:
                continue
            world.tell(f"Dreamdata answers {event.content} to {len(markers)} events for {event.marker}")
            world.ledger.faults[f"content_{event.content}"] += 1
            if event.content == "timeout":
                return self._time_out()
            if event.content == "reset":
                return NoAnswer(sent=True, reason="connection")
            if event.content == "503 later":
                return Answer(503, "120")
            return Answer(int(event.content), start=_PAGE if event.content == "403" else b'{"error":"an event"}')
        return None

    def _after_taking(self, markers: list[str]) -> Answer | NoAnswer:
        """The events have arrived; what the relay hears of it is another matter."""
        world = self._world
        for fault in ("post_dropped_after", "post_timeout_taken", "post_503_taken"):
            if world.strikes(fault):
                world.ledger.excuse(fault, markers)
                # For the relay nothing was accepted.
                world.invocation.ended -= len(markers)
                if fault == "post_503_taken":
                    return Answer(503)
                if fault == "post_dropped_after":
                    return NoAnswer(sent=True, reason="connection")
                return self._time_out()
        if world.strikes(REFUSED_FROM):
            now = world.scheduler.now
            world.plan.phases.append(Phase("dreamdata_403", now, now + world.plan.random.choice((5.0, 60.0, 600.0))))
        if world.strikes("post_slow") or world.lasts("dreamdata_slow"):
            world.scheduler.sleep(world.plan.random.random() * 14)
        return Answer(world.plan.random.choice((200, 200, 202, 204)))

    def _time_out(self) -> NoAnswer:
        self._world.scheduler.sleep(_READ_TIMEOUT_S)
        return NoAnswer(sent=True, reason="timeout")
