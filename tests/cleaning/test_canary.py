"""A value that a rule removes is found nowhere: no queue, dead letter, answer, post or log line holds it.

Planted where each action removes it, however it is written, in whatever carries the event, and whatever becomes of it.
"""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from dreamdata_relay.deliver.responses import Answer
from tests.cleaning.judges import CANARY, judge_of
from tests.fakes.events import event, eventbridge, sns
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, IngestBench, message
from tests.privacy.compiled import action, path, rule

SECRET = path("properties", "secret")
# Each action, and the value that it removes what is in it from.
ACTIONS: dict[str, tuple[dict[str, object], object]] = {
    "drop": (action("drop", SECRET), CANARY),
    "drop of all that is called so": (action("drop", path("**", "secret")), {"deep": [{"secret": CANARY}, CANARY]}),
    "drop of each member": (action("drop", path("properties", "*")), [CANARY]),
    "allow_only": (action("allow_only", path("properties"), members=["other"]), {CANARY: CANARY}),
    "pseudonymise": (action("pseudonymise", SECRET), [{"a": CANARY}, CANARY]),
    "pseudonymise_email": (action("pseudonymise_email", SECRET), f"{CANARY}@example.com"),
    "hash": (action("hash", SECRET), {"a": {"b": CANARY}}),
    "truncate_ip": (action("truncate_ip", SECRET), CANARY),
    "strip_query": (
        action("strip_query", SECRET, keep=["utm_*"]),
        f"https://e.com/?utm_source=a&token={CANARY}#{CANARY}",
    ),
    "mask": (action("mask", SECRET, keep_last=2), CANARY),
    "truncate": (action("truncate", SECRET, characters=5), CANARY),
    "set": (action("set", SECRET, to='"x"'), {"a": CANARY}),
}
type Write = Callable[[dict[str, Any]], str]


def _escaped(one: dict[str, Any]) -> str:
    """The name and the value in escapes, as JSON allows."""
    canary = "".join(f"\\u{ord(character):04x}" for character in CANARY)
    return json.dumps(one).replace('"secret"', '"\\u0073ecre\\u0074"').replace(CANARY, canary)


def _doubled(one: dict[str, Any]) -> str:
    """The member twice: which one counts depends on the reader."""
    value = json.dumps(one["properties"]["secret"])
    both = json.dumps({"secret": 0, "other": 1})[:-1] + f', "secret": {value}}}'
    text = json.dumps({**one, "properties": 0}).replace('"properties": 0', f'"properties": {both}')
    return text.replace(both, f'{{"secret": {value}, {both[1:]}')


WRITTEN: dict[str, Write] = {
    "plain": json.dumps,
    "spaced": lambda one: json.dumps(one, indent=3),
    "escaped": _escaped,
    "doubled": _doubled,
    "with a lone surrogate": lambda one: json.dumps({"\ud800": "\udfff", **one}),
}
# What becomes of it: it is complete, it lacks its id, it is refused for what it is, for its size, as one of very many.
MADE: dict[str, dict[str, Any]] = {
    "complete": {},
    "without an id": {"messageId": None},
    "without a time": {"timestamp": None},
    "refused": {"timestamp": "now"},
    "too large": {"x": "y" * 600_000},
    "a stub": {"x": "y" * 1_100_000},
}


def planted(value: object, **more: Any) -> dict[str, Any]:
    return event("e1", properties={"secret": value, "other": 1}, **more)


def shown(*texts: object) -> str:
    """All that texts say, also in escapes, and in JSON within JSON."""
    said = []
    for text in texts:
        said.append(text if isinstance(text, str) else json.dumps(text))
        for _ in range(3 if "\\u" in said[-1] else 0):
            said.append(said[-1].encode("ascii", "backslashreplace").decode("unicode_escape", "replace"))
    return "\n".join(said)


def all_of(bench: IngestBench | DeliverBench) -> str:
    telemetry = bench.telemetry
    return shown(
        *bench.sqs.bodies(QUEUE),
        *bench.sqs.bodies(DEAD_LETTERS),
        *bench.sqs.attributes(QUEUE),
        *bench.sqs.attributes(DEAD_LETTERS),
        [telemetry.lines, telemetry.labels, telemetry.by_rule],
    )


# How it is written and how large it is are apart.
WRITTEN_AND_MADE = [
    (written, made) for written in WRITTEN for made in MADE if written == "plain" or "x" not in MADE[made]
]


@pytest.mark.parametrize(("written", "made"), WRITTEN_AND_MADE)
@pytest.mark.parametrize("name", ACTIONS)
def test_over_http_it_is_gone_before_anything_is_stored(name: str, written: str, made: str) -> None:
    """And what is stored is delivered without it, and without the rules' being applied a second time."""
    done, value = ACTIONS[name]
    judge = judge_of(rule(done))
    text = WRITTEN[written](planted(value, **MADE[made]))
    assert CANARY in shown(text)

    bodies: list[tuple[str, str | bytes]] = [
        ("/v1/track", text),
        ("/v1/batch", gzip.compress(f'{{"batch":[{text},{json.dumps(event("e2"))}]}}'.encode())),
    ]
    for route, body in bodies:
        ingest = IngestBench(judge=judge)

        response = ingest.post(body, route)

        assert response.status == 200
        assert len(ingest.sqs.bodies(DEAD_LETTERS)) == (made in ("refused", "too large", "a stub"))
        assert CANARY not in all_of(ingest) + shown(response.body)


@pytest.mark.parametrize("name", ACTIONS)
def test_what_the_envelope_shares_holds_it_nowhere(name: str) -> None:
    """For events accepted and refused, alone and in a flood."""
    done, value = ACTIONS[name]
    done = json.loads(json.dumps(done).replace('"properties"', '"context"'))
    for count in (1, 1_100):
        ingest = IngestBench(judge=judge_of(rule(done)))
        bad = [event(f"b{number}", timestamp="now") for number in range(count)]

        ingest.post({"context": {"secret": value}, "batch": [event("good"), *bad, event("own", context={"a": 1})]})

        assert ingest.sqs.bodies(DEAD_LETTERS)
        assert CANARY not in all_of(ingest)


CARRIED: dict[str, Callable[[str], str]] = {
    "alone": str,
    "chunk": lambda text: f'{{"batch":[{text}]}}',
    "array": lambda text: f"[{text},{text}]",
    "lines": lambda text: " ".join(text.splitlines()) + "\n" + " ".join(text.splitlines()),
    "sns": lambda text: json.dumps(sns(text)),
    "eventbridge": lambda text: json.dumps(eventbridge("*")).replace('"*"', text),
    "eventbridge in sns": lambda text: json.dumps(sns(json.dumps(eventbridge("*")).replace('"*"', text))),
}
ANSWERS: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "accepted": lambda payload: Answer(200),
    "held": lambda payload: Answer(503),
    "refused": lambda payload: Answer(400 if any("secret" in json.dumps(one) for one in payload["batch"]) else 200),
}


@pytest.mark.parametrize("carried", CARRIED)
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("name", ACTIONS)
def test_from_the_queue_it_is_gone_from_all_that_deliver_makes(name: str, written: str, carried: str) -> None:
    """Whatever Dreamdata answers, and wherever what waits goes."""
    done, value = ACTIONS[name]
    judge = judge_of(rule(done))
    for made in ("complete", "without an id", "refused"):
        body = CARRIED[carried](WRITTEN[written](planted(value, **MADE[made])))
        for script in ANSWERS.values():
            deliver = DeliverBench(judge=judge)
            deliver.endpoint.script = script

            deliver.deliver([message(body), message({"batch": [event("n1")]}, "m2")])

            posted = [sent.decode() for sent, _ in deliver.endpoint.requests]
            assert posted
            assert CANARY not in all_of(deliver) + shown(*posted)


@pytest.mark.parametrize("carried", ["chunk", "sns", "eventbridge"])
@pytest.mark.parametrize("answer", ["held", "refused"])
def test_to_the_end_of_its_tries_it_stays_away(carried: str, answer: str) -> None:
    done, value = ACTIONS["hash"]
    deliver = DeliverBench(judge=judge_of(rule(done)))
    deliver.endpoint.script = ANSWERS[answer]
    world = QueueWorld(deliver)
    world.send(CARRIED[carried](json.dumps(planted(value))))
    world.send({"batch": [event("n1"), event("n2", timestamp="now", properties={"secret": value})]})
    seen = ""

    while world.waiting:
        world.step()
        seen += all_of(deliver) + shown(*(lying.body for lying in world.waiting if lying.own))
        assert world.invocations < 420

    assert deliver.sqs.bodies(DEAD_LETTERS)
    assert CANARY not in seen
