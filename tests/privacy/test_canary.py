"""A canary value at every place and in every form is found nowhere in what a rule that removes it leaves."""

import json
from typing import Any

import pytest

from tests.privacy.compiled import action, keys, path, rule, rules

CANARY, NUMBER = "c4n4ry-v4lue", "918273645546372819"
TAKING: dict[str, dict[str, Any]] = {
    "drop": {},
    "allow_only": {"members": ["kept"]},
    "pseudonymise": {},
    "pseudonymise_email": {},
    "hash": {},
    "truncate_ip": {},
    "mask": {"keep_last": 3},
    "truncate": {"characters": 3},
    "set": {"to": '"x"'},
}
VALUES = {
    "string": json.dumps(CANARY),
    "escaped": '"' + "".join(f"\\u{ord(one):04x}" for one in CANARY) + '"',
    "spaced": json.dumps(f"  {CANARY} "),
    "number": NUMBER,
    "fraction": f"0.{NUMBER}",
    "exponent": f"{NUMBER}e-3",
    "email": json.dumps(f"{CANARY}@acme.com"),
    "two emails": json.dumps(f"{CANARY}@acme.com,{CANARY}@acme.com"),
    "email and more": json.dumps(f"a@acme.com {CANARY}"),
    "handle": json.dumps(f"@{CANARY}"),
    "url": json.dumps(f"https://u:p@x.y/?q={CANARY}#{CANARY}"),
    "surrogate": '"\\ud800' + CANARY + '"',
    "brackets": json.dumps('"}]' + CANARY + '{["'),
    "pseudonym": json.dumps(f"psn_k1_{CANARY.ljust(22, 'x')}_{'a' * 11}"),
    "mask": json.dumps("***" + CANARY),
    "array": json.dumps([[CANARY], 1, [[[CANARY]]]]),
    "object": json.dumps({"a": CANARY, "b": {"a": [CANARY, None]}}),
    "doubled": f'{{"a":1,"a":"{CANARY}","a":2}}',
    "deep": '{"a":[' * 40 + f'"{CANARY}"' + "]}" * 40,
}
# Where the member is that the rule names, around the value.
PLACES = {
    "root": ('{"type":"track","m":%s}', path("m")),
    "first": ('{ "m" : %s , "type":"track"}', path("m")),
    "alone": ('{"type":"track","traits":{"m":%s}}', path("traits", "m")),
    "among": ('{"type":"track","traits":{"kept":1,"m":%s,"z":{"m":2}}}', path("traits", "m")),
    "doubled before": ('{"type":"track","traits":{"m":%s,"m":1}}', path("traits", "m")),
    "doubled after": ('{"type":"track","traits":{"m":1,"m":%s}}', path("traits", "m")),
    "doubled parent": ('{"traits":{"m":%s},"type":"track","traits":{}}', path("traits", "m")),
    "no parent after": ('{"traits":{"m":%s},"type":"track","traits":null}', path("traits", "m")),
    "escaped name": ('{"type":"track","traits":{"\\u006d":%s}}', path("traits", "m")),
    "escaped parent": ('{"type":"track","tr\\u0061its":{"m":%s}}', path("traits", "m")),
    "both spellings": ('{"type":"track","traits":{"\\u006D":%s,"m":%s}}', path("traits", "m")),
    "name as a value": ('{"type":"track","a":"m","traits":{"b":"\\"m\\":","m":%s}}', path("traits", "m")),
    "elsewhere, too": ('{"type":"track","m":1,"traits":{"m":%s}}', path("traits", "m")),
    "array": ('{"type":"track","traits":{"n":[{"m":%s},{"m":%s}]}}', path("traits", "n", "[]", "m")),
    "items": ('{"type":"track","traits":{"m":[%s,1,%s]}}', path("traits", "m", "[]")),
    "any member": ('{"type":"track","traits":{"m":%s}}', path("traits", "*")),
    "any depth": ('{"type":"track","traits":{"a":[[{"b":{"m":%s}}]]}}', path("traits", "**", "m")),
    "anywhere": ('{"type":"track","traits":{"a":[[{"b":{"m":%s}}]]}}', path("**", "m")),
    "surrogate beside": ('{"type":"track","x":"\\ud800","traits":{"m":%s}}', path("traits", "m")),
    "deep beside": ('{"type":"track","x":' + "[" * 5_900 + "]" * 5_900 + ',"traits":{"m":%s}}', path("traits", "m")),
}


def readings(text: bytes) -> str:
    """The text as it is and with escapes resolved."""
    if text.count(b"[") > 5_000:
        text = text.replace(b"[" * 5_900 + b"]" * 5_900, b"0")
    pairs = json.loads(text, object_pairs_hook=lambda pairs: [list(pair) for pair in pairs], parse_float=str)
    return text.decode() + json.dumps(pairs)


@pytest.mark.parametrize("do", TAKING)
@pytest.mark.parametrize("place", PLACES)
def test_it_is_gone(do: str, place: str) -> None:
    template, at = PLACES[place]
    if do == "set" and at[-1] != "m":
        return
    made = rules(rule(action(do, at, **TAKING[do])))
    for name, value in VALUES.items():
        event = template.replace("%s", value)

        found = made.judged(event.encode(), "queue", keys())

        assert found.text is not None
        said = readings(found.text)
        assert CANARY not in said, name
        assert NUMBER not in said, name


QUERIES = (
    f"?{CANARY}",
    f"/a?q={CANARY}&utm_a=1;{CANARY}=1#{CANARY}",
    f"#{CANARY}",
    f"?utm_{CANARY}/?x={CANARY}",
    f"?utm_a=1?{CANARY}=2",
    f"?UTM_a={CANARY}",
    f"?%75tm_a={CANARY}",
)


@pytest.mark.parametrize("place", PLACES)
def test_a_query_is_gone_with_its_fragment(place: str) -> None:
    template, at = PLACES[place]
    made = rules(rule(action("strip_query", at, keep=["utm_*"])))
    for value in QUERIES:
        found = made.judged(template.replace("%s", json.dumps(value)).encode(), "queue", keys())

        assert found.text is not None
        assert CANARY not in readings(found.text), value


def test_names_go_with_what_is_dropped() -> None:
    event = f'{{"type":"track","traits":{{"{CANARY}":1,"email":{{"{CANARY}":[]}}}}}}'.encode()

    for done in (action("drop", path("traits", "*")), action("allow_only", path("traits"), members=["x"])):
        assert rules(rule(done)).judged(event, "queue", None).text == b'{"type":"track","traits":{}}'
