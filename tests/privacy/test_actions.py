"""Each action on one event, byte for byte."""

import hashlib
import re

import pytest

from tests.privacy.compiled import action, keys, path, rule, rules

EVENT = (
    rb'{ "type":"track", "context": {"ip":"83.1.2.77","page":{"url":"https:\/\/x.y/p?q=1&utm_a=2#f"} , "\u0069p":5},'
    rb'"traits":{"email":" Jane@Acme.com","n":[1.50,null,{"token":"x"}],"token":{"b":true}} ,"userId":7 }'
)


def cases() -> list[tuple[dict[str, object], bytes, bytes]]:
    ip, url, email = path("context", "ip"), path("context", "page", "url"), path("traits", "email")
    return [
        (action("drop", ip), rb'"ip":"83.1.2.77","page"', b'"page"'),
        (action("drop", url), rb'{"url":"https:\/\/x.y/p?q=1&utm_a=2#f"}', b"{}"),
        (action("drop", path("**", "token")), b'{"token":"x"}],"token":{"b":true}}', b"{}]}"),
        (action("drop", path("traits", "n", "[]")), b'[1.50,null,{"token":"x"}]', b"[]"),
        (action("truncate_ip", ip), b'"83.1.2.77"', b'"83.1.2.0"'),
        (action("strip_query", url), rb'"https:\/\/x.y/p?q=1&utm_a=2#f"', b'"https://x.y/p"'),
        (action("strip_query", url, keep=["utm_*"]), rb'"https:\/\/x.y/p?q=1&utm_a=2#f"', b'"https://x.y/p?utm_a=2"'),
        (action("allow_only", path("traits"), members=["n"]), b'"email":" Jane@Acme.com",', b""),
        (action("allow_only", path("userId"), members=["n"]), b',"userId":7', b""),
        (action("allow_only", path("traits", "n"), members=[]), b'[1.50,null,{"token":"x"}]', b"[null,null,{}]"),
        (action("hash", path("traits", "n", "[]")), b'[1.50,null,{"token":"x"}]', b""),
        (action("mask", email, keep_last=4), b'" Jane@Acme.com"', b'"***.com"'),
        (action("mask", path("userId"), keep_last=4), b":7", b':"***"'),
        (action("truncate", email, characters=3), b'" Jane@Acme.com"', b'" Ja"'),
        (action("set", path("traits", "n"), to="1e2"), b'[1.50,null,{"token":"x"}]', b"1e2"),
        (action("set", path("traits", "new"), to='"x"'), b'"traits":{', b'"traits":{"new":"x",'),
    ]


@pytest.mark.parametrize(("done", "old", "new"), cases(), ids=lambda case: str(case)[:40])
def test_only_what_is_named_changes(done: dict[str, object], old: bytes, new: bytes) -> None:
    """The member that is written by an escape goes, too, where the ip does."""
    made = rules(rule(done))

    found = made.judged(EVENT, "queue", None)

    expected = EVENT.replace(old, new)
    if done["at"] == [path("context", "ip")]:
        expected = expected.replace(rb', "\u0069p":5', b"")
    if done["do"] == "hash":
        hashes = (hashlib.sha256(text).hexdigest().encode() for text in (b"1.50", b"x"))
        expected = EVENT.replace(old, b'["%s",null,{"token":"%s"}]' % tuple(hashes))
    if done["at"] == [path("traits")] and done["do"] == "allow_only":
        expected = expected.replace(b',"token":{"b":true}', b"")
    assert found.text == expected
    assert made.judged(expected, "queue", None).text == expected
    assert found.changed == ("r",)


def test_an_email_keeps_its_domain_and_nothing_else() -> None:
    made = rules(rule(action("pseudonymise_email", path("traits", "email"))))
    pseudonym = keys().ring().pseudonym("jane").encode()

    found = made.judged(EVENT, "queue", keys())

    assert found.text == EVENT.replace(b" Jane@", pseudonym + b"@")
    assert made.judged(found.text, "queue", keys()).changed == ()


@pytest.mark.parametrize(
    "event",
    [
        b'{"type":"page","m":12,"m":1}',
        b'{"type":"page","m":"a","m":1,"m":12}',
        b'{"type":"page","n":{"m":12,"m":1},"o":{"m":2}}',
        b'{"type":"page","n":{"m":12,"m":1}}',
        b'{"type":"page","n":{"m":1,"m":12},"n":{"m":1}}',
    ],
)
def test_doubled_members_that_begin_alike_are_told_apart(event: bytes) -> None:
    made = rules(rule(action("hash", path("m"), path("n", "m"))))
    expected = re.sub(rb'(?<!"o":{)("m":)("a"|\d+)', _hashed, event)

    assert made.judged(event, "queue", None).text == expected


def _hashed(found: re.Match[bytes]) -> bytes:
    return found[1] + b'"' + hashlib.sha256(found[2].strip(b'"')).hexdigest().encode() + b'"'


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("83.1.2.77", "83.1.2.0"),
        ("2001:db8:1:2::5", "2001:db8:1::"),
        ("::ffff:83.1.2.77", "83.1.2.0"),
        # The first 48 bits of 6to4 hold 83.1.2.77.
        ("2002:5301:24d::5", "2002:5301:200::"),
    ],
)
def test_of_an_address_only_its_network_is_left(address: str, left: str) -> None:
    event = f'{{"type":"track","context":{{"ip":"{address}"}}}}'

    found = rules(rule(action("truncate_ip", path("context", "ip")))).judged(event.encode(), "queue", None)

    assert found.text == event.replace(address, left).encode()
