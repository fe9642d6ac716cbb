"""Deliberate faults in the relay's real code: each must make the simulation fail within a few seeds.

A mutation replaces one piece of a module's source, which must be there exactly once, and gives the functions that
changed their new code. Nothing else is touched, and all is undone at the end.
"""

import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any


class MutationError(Exception):
    """Raised when a mutation no longer fits the code: its text is not there once, or it changes no function."""


@dataclass(frozen=True)
class Mutation:
    """In ``module`` (within ``dreamdata_relay``), ``old`` becomes ``new``; ``name`` says what is then wrong.

    ``focus``: faults that bring it to light, so that it takes seconds.
    """

    name: str
    module: str
    old: str
    new: str
    focus: tuple[str, ...] = ()

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The code with the fault in it."""
        module = importlib.import_module(f"dreamdata_relay.{self.module}")
        changed = list(self._changed(module))
        if not changed:
            raise MutationError(f"{self.name}: no function of {self.module} changes")
        before = [(function, function.__code__) for function, _ in changed]
        try:
            for function, code in changed:
                function.__code__ = code
            yield
        finally:
            for function, code in before:
                function.__code__ = code

    def _changed(self, module: ModuleType) -> Iterator[tuple[FunctionType, CodeType]]:
        source = inspect.getsource(module)
        if source.count(self.old) != 1:
            raise MutationError(f"{self.name}: {self.old!r} stands {source.count(self.old)} times in {self.module}")
        namespace: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
        exec(compile(source.replace(self.old, self.new), str(module.__file__), "exec"), namespace)  # noqa: S102  # our own source
        mutated = dict(_functions(namespace, module.__name__))
        for name, function in _functions(vars(module), module.__name__):
            code = mutated[name].__code__
            if _meaning(code) != _meaning(function.__code__):
                yield function, code


def _functions(namespace: dict[str, Any], module: str) -> Iterator[tuple[str, FunctionType]]:
    for value in list(namespace.values()):
        if isinstance(value, FunctionType) and value.__module__ == module:
            yield value.__qualname__, value
        elif isinstance(value, type) and value.__module__ == module:
            for member in vars(value).values():
                plain = getattr(member, "fget", None) or getattr(member, "__func__", member)
                if isinstance(plain, FunctionType) and plain.__module__ == module:
                    yield plain.__qualname__, plain


def _meaning(code: CodeType) -> tuple[Any, ...]:
    """What the code does, its place in the file aside."""
    constants = tuple(_meaning(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars


MUTATIONS = (
    Mutation(
        "a message to come back keeps the queue's own visibility timeout",
        "deliver.settlement",
        "failed = self.held.hold(receipts, deadline) if receipts else 0",
        "failed = 0",
    ),
    Mutation(
        "messages are acknowledged whatever the answer",
        "deliver.service",
        "failed += [one.message.message_id for one in progress if not one.done]",
        "pass",
    ),
    Mutation(
        "halving forgets a half",
        "deliver.worklist",
        "self._halves[place:place] = halves",
        "self._halves[place:place] = halves[:1]",
    ),
    Mutation(
        "a refusal is believed without an acceptance beside it",
        "deliver.refusals",
        "elif not patient:",
        "elif False:",
        ("dreamdata_refuses_all",),
    ),
    Mutation(
        "a refusal is believed before a later receive confirms it",
        "deliver.refusals",
        "            if before in CONFIRMING:\n",
        "            return True\n            if before in CONFIRMING:\n",
        ("post_400",),
    ),
    Mutation(
        "a hold keeps only the first message of a payload",
        "deliver.worklist",
        "self.results.held.extend((piece, hold) for piece in payload.pieces)",
        "self.results.held.extend((piece, hold) for piece in payload.pieces[:1])",
    ),
    Mutation(
        "payloads not tried after a hold are dropped",
        "deliver.worklist",
        "rest = [*self._whole, *self._isolating, *self._halves]",
        "rest = [*self._whole]",
    ),
    Mutation(
        "nobody waits for the dead-letter queue to confirm",
        "deliver.dead_lettering",
        "frozenset(range(len(part)) if late else self.queue.send(letters, deadline))",
        "frozenset(self.queue.send(letters, deadline)[:0])",
        ("dead_letters_down",),
    ),
    Mutation(
        "a repeat takes the rest of its message with it",
        "deliver.shared_ids",
        "                left_out += 1\n                continue",
        "                left_out += len(ids)\n                break",
        ("answer_lost", "function_killed"),
    ),
    Mutation(
        "a post that may have arrived is tried again in place",
        "deliver.responses",
        'return Hold("ambiguous", ambiguous=True, suspect=True)',
        'return RetryLater("unavailable")',
    ),
    Mutation(
        "a refused key counts as delivered",
        "deliver.posting",
        "return verdict if isinstance(verdict, Refused) else verdict.hold",
        "return Delivered()",
    ),
    Mutation(
        "a refusal of gzip is believed",
        "deliver.posting",
        "if attempts.doubts(encoding, answer):",
        "if attempts.doubts(encoding, answer) and not encoding:",
        ("gzip_refused",),
    ),
    Mutation(
        "a refused key refuses the events",
        "deliver.responses",
        "return KeyRefused(status)",
        'return Refused(status, "key")',
    ),
    Mutation(
        "what waits of a message done in part comes back whole",
        "deliver.sending_back",
        "one.message.splits < MAX_SPLITS",
        "one.message.splits < 0",
    ),
    Mutation(
        "the rest of a message lacks its first event",
        "deliver.sending_back",
        "for body in chunk(events_of(part)):",
        "for body in chunk(events_of(part)[1:]):",
    ),
    Mutation(
        "a failed send of the rest goes unnoticed",
        "deliver.sending_back",
        "if id(progress) not in failed:",
        "if True:",
        ("queue_down", "dreamdata_413", "post_503"),
    ),
    Mutation(
        "posts are begun whatever time is left",
        "deliver.posting",
        "return not self._closed and self._clock.monotonic() + wait + self._endpoint.longest_s <= self._deadline",
        "return True",
        ("poison_events", "dreamdata_slow", "post_slow"),
    ),
    Mutation(
        "entries that SendMessageBatch failed count as sent",
        "adapters.sqs",
        'taken = {int(entry["Id"]) for entry in answer.get("Successful", ())}',
        "taken = set(call)",
    ),
    Mutation(
        "a send without an answer counts as sent",
        "adapters.sqs",
        "# SQS may have accepted them, but an event sent twice keeps its id, while an event not sent is lost.\n"
        "            return list(call)",
        "return []",
    ),
    Mutation(
        "ingest answers 200 whatever the queue says",
        "ingest.enqueueing",
        "if waiting and (missing := self._queue.send(waiting, self._deadline)):",
        "if waiting and (missing := self._queue.send(waiting, self._deadline)[:0]):",
    ),
    Mutation(
        "ingest tries for as long as the function may run",
        "ingest.service",
        "self.clock.monotonic() + min(SENDING_S, remaining_s - ANSWERING_S)",
        "self.clock.monotonic() + remaining_s - ANSWERING_S",
    ),
    Mutation(
        "a refused event is told of but not kept",
        "ingest.service",
        "letters.put(part.dead_letters(source, masks, taken.refused, digests=self.digests))",
        "letters.put(part.dead_letters(source, masks, taken.refused, digests=self.digests)[1:])",
    ),
    Mutation(
        "a held message waits equally long however often it was received",
        "deliver.backoff",
        "FIRST_HOLD_S * 2.0 **",
        "FIRST_HOLD_S * 1.0 **",
    ),
    Mutation(
        "Retry-After is not listened to",
        "deliver.backoff",
        "    if retry_after is None:\n        return own",
        "    if retry_after is None or retry_after:\n        return own",
    ),
    Mutation(
        "an id made for an event changes with every receive",
        "deliver.opening",
        "return derived_id(*self.id_parts, str(index).encode())",
        "return derived_id(*self.id_parts, str(index).encode(), self.message.receipt_handle.encode())",
        ("post_dropped_after", "post_503_taken"),
    ),
    Mutation(
        "an offset is added instead of taken off",
        "events.timestamps",
        "- _offset(zone)",
        "+ _offset(zone)",
    ),
    Mutation(
        "a log line holds a piece of an event",
        "deliver.posting",
        '"try": tries,',
        '"try": str(payload.pieces[0].text),',
    ),
    Mutation(
        "a server's error counts as delivered",
        "deliver.responses",
        "if 200 <= status < 300:",
        "if 200 <= status < 300 or status == 502:",
    ),
    Mutation(
        "after a hold the remaining payloads are tried all the same",
        "deliver.worklist",
        "return self._stopped is None and bool(self._whole or self._isolating or self._halves)",
        "return bool(self._whole or self._isolating or self._halves)",
        ("dreamdata_404", "dreamdata_413"),
    ),
    Mutation(
        "a refused key is not fetched anew",
        "deliver.posting",
        "return self._key.renewed(key)",
        "return None",
        ("dreamdata_key_changed",),
    ),
    Mutation(
        "a payload is packed too full",
        "deliver.payloads",
        "boxes = pack([len(piece.text) + 1 for piece in pieces], _ROOM + 1)",
        "boxes = pack([len(piece.text) + 1 for piece in pieces], _ROOM + 100_000)",
        ("large_events", "dreamdata_503"),
    ),
    Mutation(
        "the timestamp of an event without one moves with every receive",
        "deliver.opening",
        "from_epoch(message.sent_at)",
        "from_epoch(message.sent_at + message.receives)",
        ("post_dropped_after", "post_503_taken"),
    ),
    Mutation(
        "an event without an id in a request gets another's",
        "ingest.service",
        "derived_id(text, str(index).encode())",
        "derived_id(str(index).encode())",
    ),
    Mutation(
        "everything comes back, delivered or not",
        "deliver.service",
        "failed += [one.message.message_id for one in progress if not one.done]",
        "failed += [one.message.message_id for one in progress]",
    ),
    Mutation(
        "a refused event's id suppresses a good one",
        "events.reading",
        "first = seen.select(ids, reading.events)",
        "refused = {readable_id(event.text) for event in reading.refused}\n"
        "    first = [id_ not in refused for id_ in ids] if refused else seen.select(ids, reading.events)",
        ("shared_ids",),
    ),
    Mutation(
        "different events with one id are taken for repeats",
        "deliver.shared_ids",
        "if mark in variants:",
        "if variants:",
        ("shared_ids",),
    ),
    Mutation(
        "the same of two sources is taken for a repeat",
        "deliver.shared_ids",
        "return source, hash(text)",
        'return "", hash(text)',
        ("repeats",),
    ),
    Mutation(
        "a second split forgets since when its events wait",
        "deliver.sending_back",
        '"first_sent_at": f"{message.first_sent_at:.3f}",',
        '"first_sent_at": f"{message.sent_at:.3f}",',
        ("content_refused", "poison_events", "dreamdata_413"),
    ),
    Mutation(
        "attributes do not count in SQS's sizes",
        "messages.dead_letters",
        "return len(self.body.encode()) + attributes",
        "return len(self.body.encode())",
        ("full_calls",),
    ),
    Mutation(
        "a queue sender's dead letters keep the relay key",
        "deliver.dead_lettering",
        "body = masked(event.body, keys) if event.whole else masks.masked(event.body, progress.shared, keys)\n"
        "        detail = masked_start(event.detail, keys)",
        "body, detail = event.body, event.detail",
    ),
    Mutation(
        "of posts under way together the order of answers proves",
        "deliver.refusals",
        "elif self._is_surely_proven(since):",
        "elif proven:",
        ("dreamdata_refuses_all",),
    ),
    Mutation(
        "a hold forgets Retry-After",
        "deliver.sending_back",
        "own = backoff.hold_seconds(receives, hold.after, self.jitter)\n"
        "        return own if asked is None else max(own, backoff.hold_seconds(receives, asked, self.jitter))",
        "return backoff.hold_seconds(receives, None, self.jitter)",
        ("large_events", "dreamdata_429"),
    ),
    Mutation(
        "lengths are left out of derived ids",
        "events.message_ids",
        'digest.update(len(part).to_bytes(8, "big"))',
        "pass",
        ("sender_repeats",),
    ),
    Mutation(
        "the last receives are used up without a dead letter",
        "deliver.dead_lettering",
        "message.receives >= last_receive or ",
        "",
        ("long_outage",),
    ),
    Mutation(
        "whoever reads a message has all the time",
        "deliver.collection",
        "self._clock.monotonic() <= self._deadline",
        "True",
        ("dear",),
    ),
    Mutation(
        "messages received often are read all at once",
        "deliver.rounds",
        "half = (len(suspects) + 1) // 2",
        "half = len(suspects)",
        ("heavy",),
    ),
    Mutation(
        "what Dreamdata fails on is never isolated",
        "deliver.worklist",
        "elif payload.isolates and fate.suspect:",
        "elif False:",
        ("content_fails", "poison_events"),
    ),
    Mutation(
        "anybody may say how often a message went back in part",
        "deliver.queued_messages",
        'return self._number("splits") if self.own else 0',
        'return self._number("splits")',
        ("old_senders", "dreamdata_413", "poison_events"),
    ),
    Mutation(
        "a refusal that may be of the key is flagged as one of the event",
        "deliver.refusals",
        "progress.wait_to_confirm(piece, DOUBTFUL if refused.doubtful else BESIDE)",
        "progress.wait_to_confirm(piece, BESIDE)",
        ("content_refused", "firewall"),
    ),
    Mutation(
        "what was accepted before only proves a refusal that comes back alone",
        "deliver.refusals",
        "soon = message.refused_before in PROVEN and not refused.doubtful",
        "soon = not refused.doubtful",
        ("dreamdata_flaps", "dreamdata_refuses_all"),
    ),
    Mutation(
        "what was accepted before counts as what was accepted after",
        "deliver.refusals",
        "progress.wait_to_confirm(piece, AFTER_ACCEPTANCE)",
        "progress.wait_to_confirm(piece, BESIDE)",
        ("dreamdata_flaps", "dreamdata_refuses_all"),
    ),
    Mutation(
        "a refusal of everything after an outage is believed at once",
        "deliver.refusals",
        "elif message.refused_before == WITH_ALL:",
        "elif True:",
        ("troubles",),
    ),
    Mutation(
        "contradictions do not matter",
        "deliver.refusals",
        "return self.results.acceptances > 0 and not self.results.contradicted",
        "return self.results.acceptances > 0",
        ("dreamdata_flaps", "post_400"),
    ),
    Mutation(
        "a lone refusal that may be of the key is believed after hours",
        "deliver.refusals",
        "elif refused.doubtful:",
        "elif False:",
        ("long_outage",),
    ),
    Mutation(
        "Retry-After holds only the messages it was said of",
        "deliver.sending_back",
        "return own if asked is None else max(own, backoff.hold_seconds(receives, asked, self.jitter))",
        "return own",
        ("large_events", "dreamdata_429"),
    ),
    Mutation(
        "what is about to be believed is not asked again",
        "deliver.worklist",
        "if alone and self._confirming(payload) and not payload.asked_again and self._may_go_on(payload):",
        "if False:",
        ("dreamdata_flaps", "post_400"),
    ),
    Mutation(
        "a failure is believed at once",
        "deliver.refusals",
        "            if message.refused_before in CONFIRMING:\n"
        "                return True\n"
        "            progress.wait_to_confirm(piece, FAILED)\n"
        "            return False",
        "            return True",
        ("content_fails",),
    ),
    Mutation(
        "any refusal confirms any other",
        "deliver.refusals",
        "return before == DOUBTFUL or not refused.doubtful",
        "return True",
        ("post_403_begins", "post_400", "content_refused"),
    ),
    Mutation(
        "what waits of a refused message forgets that it was refused",
        "deliver.sending_back",
        "if message.refused_before:",
        "if False:",
        ("content_refused", "poison_events", "post_dropped_before"),
    ),
    Mutation(
        "what is taken in halves, since it was too large, contradicts every refusal",
        "deliver.worklist",
        "self.results.contradicted |= not halved.by_size",
        "self.results.contradicted |= True",
        ("content_refused", "small_payloads"),
    ),
    Mutation(
        "what was refused before is posted last",
        "deliver.posting_order",
        "[*others[:-1], *refused, *others[-1:]]",
        "[*others, *refused]",
        ("firewall",),
    ),
    Mutation(
        "whoever says so is believed to have applied the privacy rules",
        "deliver.queued_messages",
        'return self.attributes.get("rules") if self.attested else None',
        'return self.attributes.get("rules")',
        ("rules", "old_senders"),
    ),
    Mutation(
        "what direct senders send is not cleaned",
        "deliver.cleaned_messages",
        "if left is None:",
        "if True:",
        ("rules",),
    ),
    Mutation(
        "without their keys the privacy rules are skipped",
        "cleaning.judging",
        "            except RulesUnavailable:\n                raise\n",
        "            except RulesUnavailable:\n                continue\n",
        ("privacy_keys_down",),
    ),
    Mutation(
        "what a privacy rule drops is not counted",
        "deliver.collection",
        "progress.ended += sum(unwrapped.dropped.values())",
        "progress.events -= sum(unwrapped.dropped.values())\n        progress.dropped = {}",
        ("rules",),
    ),
    Mutation(
        "refused events are dead-lettered as they came",
        "cleaning.readings",
        'return self._cleaned(event, dropped) if event[:1] == b"{" else event',
        "return event",
        ("rules",),
    ),
    Mutation(
        "what other rules have cleaned is taken for clean",
        "deliver.cleaned_messages",
        "return judge.version is not None and message.rules == judge.version",
        "return judge.version is not None and bool(message.rules)",
        ("rules_change",),
    ),
    Mutation(
        "a suppression list is read once for ever",
        "privacy.suppression_list",
        "return since is None or not 0 <= now - since < seconds",
        "return since is None",
        ("suppression",),
    ),
    Mutation(
        "while the suppression list is away events pass",
        "privacy.suppression_list",
        "if self._passes or not self._passed(self._asked_at, now, MAX_LIST_AGE_S):",
        "if True:",
        ("list_down",),
    ),
    Mutation(
        "what ingest has cleaned is not looked up in the suppression list again",
        "deliver.cleaned_messages",
        "left = judge.after_rules() if is_cleaned(message, judge) else judge",
        "left = None if is_cleaned(message, judge) else judge",
        ("rules", "suppression"),
    ),
    Mutation(
        "the events of suppressed people are not counted",
        "cleaning.counting",
        "telemetry.add(EVENTS_SUPPRESSED, count)",
        "pass",
        ("suppression",),
    ),
)
