"""SQS batches made to cost the deliver function much: each is a recipe of names out of the tables here.

A batch is filled up to what Lambda hands over (6 MB of event JSON, 1 MiB a message), with two good neighbours last.
"""

import json
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from benchmarks.bounds.memory import MAX_EVENT_BYTES
from dreamdata_relay.limits import MAX_MERGED_BYTES

# SQS: one message, less its attributes.
_MAX_BODY_BYTES = 1_048_576 - 200
# What the runtime adds to a body: ids, a receipt handle, attributes.
_RECORD_BYTES = 900
_EVENT = '"type":"page","userId":"u"'
_FULL = _EVENT + ',"timestamp":"2026-11-23T12:00:00.000Z"'
GOOD = ("good-alone", "good-in-a-chunk", "good-in-an-array")


class Recipe(NamedTuple):
    """What a batch is made of: names of the tables below, and numbers.

    ``shared`` bytes of context, made as ``sharing`` says; ``most`` elements a message (0: as many as fit);
    ``messages`` beside the good ones, each received ``receives`` times; ``answer``: Dreamdata's; ``letters``: whether
    the dead-letter queue takes any.
    """

    element: str
    wrapping: str
    spice: str
    shared: int
    sharing: str
    most: int
    messages: int
    receives: int
    answer: str
    letters: bool


def _numbered(text: str) -> Callable[[int], str]:
    return lambda number: text.replace("@", str(number))


ELEMENTS: Mapping[str, Callable[[int], str]] = {
    "empty": _numbered("{}"),
    "no object": _numbered("0"),
    "unknown type": _numbered('{"type":"x"}'),
    "no identity": _numbered('{"type":"page"}'),
    "no name": _numbered('{"type":"track","userId":"u"}'),
    "alias of nothing": _numbered('{"type":"alias","userId":"u"}'),
    "bad timestamp": _numbered('{"type":"page","userId":"u","timestamp":"@"}'),
    "bad context": _numbered('{"type":"page","userId":"u","context":7}'),
    "complete": _numbered(f'{{"messageId":"@",{_FULL}}}'),
    "complete, one id": _numbered(f'{{"messageId":"m",{_FULL},"n":@}}'),
    "complete, few ids": lambda number: f'{{"messageId":"{number % 977}",{_FULL},"n":{number}}}',
    "all the same": _numbered(f'{{"messageId":"m",{_FULL}}}'),
    "bare": _numbered(f"{{{_EVENT}}}"),
    "number as id": _numbered('{"type":"page","userId":1}'),
    "year as timestamp": _numbered('{"type":"page","userId":"u","timestamp":"2026-W01"}'),
    "context of its own": _numbered(f'{{{_EVENT},"context":{{"a":@}}}}'),
    "traits in context": _numbered('{"type":"identify","userId":"u","context":{"traits":{}}}'),
    "NaN": _numbered(f'{{{_EVENT},"a":NaN}}'),
    "lone surrogate": _numbered(rf'{{{_EVENT},"a":"\ud800"}}'),
    "names as escapes": _numbered(r'{"t\u0079pe":"page","us\u0065rId":"u"}'),
    "emoji": _numbered(f'{{"messageId":"@",{_FULL},"a":"🙂"}}'),
    "U+FFFF": _numbered(f'{{"messageId":"@",{_FULL},"a":"\uffff"}}'),
    "nested 100 deep": _numbered(f'{{{_EVENT},"a":{"[" * 100}{"]" * 100}}}'),
    "nested nearly too deep": _numbered(f'{{{_EVENT},"a":{"[" * 5_990}{"]" * 5_990}}}'),
    "nested too deep": _numbered(f'{{{_EVENT},"a":{"[" * 12_000}{"]" * 12_000}}}'),
    "many members": lambda _: f"{{{_EVENT},{','.join(f'"k{n}":0' for n in range(10_000))}}}",
    "many members, surrogate": lambda _: rf'{{{_EVENT},"a":"\ud800",{",".join(f'"k{n}":0' for n in range(10_000))}}}',
    "many lists, surrogate": lambda _: rf'{{{_EVENT},"z":"\ud800",{",".join(['"a":[]'] * 60_000)}}}',
    "one member again and again": lambda _: f"{{{_EVENT},{','.join(['"a":0'] * 50_000)}}}",
    "long string": _numbered(f'{{"messageId":"@",{_FULL},"a":"{"x" * 400_000}"}}'),
    "too long string": _numbered(f'{{{_EVENT},"a":"{"x" * 600_000}"}}'),
    "long number": _numbered(f'{{{_EVENT},"a":{"9" * 100_000}}}'),
    "long number as id": _numbered(f'{{"type":"page","userId":{"9" * 100_000}}}'),
    "backslashes": _numbered(f'{{{_EVENT},"a":"{chr(92) * 100_000}"}}'),
    "escapes": _numbered(f'{{{_EVENT},"a":"{r"\u0041" * 10_000}"}}'),
    "writeKey": _numbered('{"writeKey":"k"}'),
    "writeKey within": _numbered(r'{"a":"{\"writeKey\":\"k\"}"}'),
    "writeKey open": _numbered(r'{"a":"\\\"writeKey\\\":\\\"\"writeKey\":\""}'),
    "list of writeKeys": _numbered('{"writeKey":["a","b",7]}'),
    "quotes": _numbered(f'{{"a":"{chr(92)}"}}'),
}


def _batch(elements: str, shared: str) -> str:
    return f'{{{shared}"batch":[{elements}]}}'


def _sns(text: str) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "i", "TopicArn": "t", "Message": text}, ensure_ascii=False)


def _eventbridge(text: str) -> str:
    return f'{{"id":"i","detail-type":"t","source":"s","time":"2026-11-23T12:00:00Z","detail":{text}}}'


WRAPPINGS: Mapping[str, Callable[[str, str], str]] = {
    "batch": _batch,
    "batch, shared last": lambda elements, shared: f'{{"batch":[{elements}]{"," + shared[:-1] if shared else ""}}}',
    "array": lambda elements, _: f"[{elements}]",
    "array, space first": lambda elements, _: f" [ {elements}]",
    "event": lambda elements, _: f'{{"type":"page","userId":"u","batch":[{elements}]}}',
    "two batches": lambda elements, shared: f'{{{shared}"batch":[],"b\\u0061tch":[{elements}]}}',
    "Records": lambda elements, _: f'{{"Records":[{elements}]}}',
    "detail": lambda elements, _: _eventbridge(f'{{"Records":[{elements}]}}'),
    "SNS": lambda elements, shared: _sns(_batch(elements, shared)),
    "SNS in EventBridge in SNS": lambda elements, shared: _sns(_eventbridge(_sns(_batch(elements, shared)))),
    "four wrappers": lambda elements, shared: _eventbridge(
        _eventbridge(_eventbridge(_eventbridge(_batch(elements, shared))))
    ),
    "open batch": lambda elements, shared: f'{{{shared}"batch":[{elements}',
    "no JSON": lambda elements, _: f"x{elements}",
}
# One element more, at the start of each message.
SPICES: Mapping[str, str] = {
    "none": "",
    "emoji": f'{{{_EVENT},"a":"🙂"}}',
    "NaN": f'{{{_EVENT},"a":NaN}}',
    "lone surrogate": rf'{{{_EVENT},"a":"\ud800"}}',
    "U+FFFF": f'{{{_EVENT},"a":"\uffff"}}',
    "deep": f'{{{_EVENT},"a":{"[" * 12_000}{"]" * 12_000}}}',
    "an event": f"{{{_EVENT}}}",
    "no event": "7",
    "refused": f'{{{_EVENT},"a":"refuse me"}}',
}
SHARINGS: Mapping[str, Callable[[int], str]] = {
    "a string": lambda size: f'"context":{{"s":"{"x" * size}"}},',
    "members": lambda size: f'"context":{{{",".join(f'"{n}":0' for n in range(size // 8))}}},',
    "one member again and again": lambda size: f'"context":{{{",".join(['"a":0'] * (size // 6))}}},',
    "emoji": lambda size: f'"context":{{"s":"🙂{"x" * size}"}},',
    "integrations": lambda size: f'"integrations":{{"s":"{"x" * size}"}},',
    "keys": lambda size: f'"context":{{{",".join(['"writeKey":[0]'] * (size // 15))}}},',
    "keys within": lambda size: rf'"context":{{"s":"{r"{\"writeKey\":{\"a\":1}}" * (size // 24)}"}},',
    "surrogates": lambda size: f'"context":{{"s":"{r"\ud800" * (size // 6)}"}},',
}
SHARED = (0, 50, 600, 3_000, 7_000, 30_000, 100_000, 450_000, 490_000)
MESSAGES = (1, 6, 12, 40, 200, 500, 995)
MOST = (0, 1, 30, 990)
RECEIVES = (1, 5, 30, 398)
ANSWERS = ("200", "400", "400 to some", "503")


def records_of(recipe: Recipe) -> dict[str, Any]:
    """The Lambda event of a batch made so."""
    room = (MAX_EVENT_BYTES - 20_000) // recipe.messages - _RECORD_BYTES
    if _size(_body(recipe, recipe.messages, 0)) > room:
        recipe = recipe._replace(spice="none", shared=min(recipe.shared, room // 4))
    most = _most(recipe, room)
    bodies = [_body(recipe, number, most) for number in range(recipe.messages)]
    good = [[f'{{"messageId":"{name}-{n}",{_FULL}}}' for n in range(50)] for name in GOOD]
    bodies += [good[0][0], f'{{"batch":[{",".join(good[1])}]}}', f"[{','.join(good[2])}]"]
    return {"Records": [_record(body, number, recipe.receives) for number, body in enumerate(bodies)]}


def _most(recipe: Recipe, room: int) -> int:
    """How many elements a message has room for."""
    fixed, more = (_size(_body(recipe, recipe.messages, count)) for count in (4, 8))
    most = 4 + int((room - fixed) / max(1.0, (more - fixed) / 4))
    if recipe.most:
        most = min(most, recipe.most)
    if recipe.shared:
        most = min(most, MAX_MERGED_BYTES // len(SHARINGS[recipe.sharing](recipe.shared).encode()) - 2)
    while most > 0:
        body = _body(recipe, recipe.messages, most)
        size, alone = _size(body), len(body.encode())
        if size <= room and alone <= _MAX_BODY_BYTES:
            break
        most = int(most * min(0.98, room / size, _MAX_BODY_BYTES / alone))
    return max(most, 0)


def _body(recipe: Recipe, number: int, count: int) -> str:
    element, spice = ELEMENTS[recipe.element], SPICES[recipe.spice]
    # Numbers of one length, so that all messages are as long as the one that was measured.
    elements = [element(10_000_000 + number * 10_000 + n) for n in range(count)]
    shared = SHARINGS[recipe.sharing](recipe.shared) if recipe.shared else ""
    return WRAPPINGS[recipe.wrapping](",".join([spice, *elements] if spice else elements), shared)


def _size(body: str) -> int:
    """As JSON in the Lambda event."""
    return len(json.dumps(body, ensure_ascii=False).encode())


def _record(body: str, number: int, receives: int) -> dict[str, Any]:
    return {
        "messageId": f"m{number:04d}-0000-0000-0000-000000000000",
        "receiptHandle": "r" * 400 + str(number),
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1795436874000", "SenderId": "AIDA"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }


def any_recipe(chance: random.Random) -> Recipe:
    """One at random; what is plain is likelier than what is rare."""

    def one[Choice](choices: Iterable[Choice]) -> Choice:
        return chance.choice(list(choices))

    return Recipe(
        one(ELEMENTS),
        one(WRAPPINGS) if chance.random() < 0.6 else "batch",
        one(SPICES) if chance.random() < 0.5 else "none",
        one(SHARED) if chance.random() < 0.6 else 0,
        one(SHARINGS),
        one(MOST) if chance.random() < 0.4 else 0,
        one(MESSAGES),
        one(RECEIVES) if chance.random() < 0.4 else 1,
        one(ANSWERS) if chance.random() < 0.6 else "200",
        chance.random() < 0.7,
    )


def changed(recipe: Recipe, chance: random.Random) -> Recipe:
    """``recipe`` with two of its ingredients drawn anew."""
    other = any_recipe(chance)._asdict()
    return recipe._replace(**{name: other[name] for name in chance.sample(recipe._fields, 2)})
