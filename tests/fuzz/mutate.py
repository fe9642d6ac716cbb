"""New inputs from old ones: cut, doubled, crossed, sprinkled with what parsers trip over."""

import gzip
import random

_TOKENS = (
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-0", b"\0"),
    *(
        b"\\u0000",
        b"\\ud800",
        b"\\udfff\\ud800",
        b"\xef\xbf\xbf",
        b"\xff",
        b"\xc3",
        b"\xef\xbb\xbf",
        b"\xf0\x9f\x98\x80",
    ),
    *(
        b'"batch":',
        b'"type":"track"',
        b'"type":"alias"',
        b'"messageId":""',
        b'"messageId":"a"',
        b'"timestamp":"2026-01-01"',
    ),
    *(b'"timestamp":"2026-11-23T12:00:00+01:00"', b'"userId":1', b'"userId":null', b'"writeKey":"k"', b'"context":[]'),
    *(b'"Type":"Notification"', b'"Message":"{}"', b'"detail-type":"x"', b'"detail":{}', b'"id":"i"', b"{}", b"[]"),
    *(b'"token":"t"', b'"ip":"1.2.3.4"', b'"context":{"ip":1}', b'"user\\u0049d":"u"', b'"event":"Unwanted 1"'),
    *(b'"originalTimestamp":"2026-W01-1"', b'"traits":{}', b'"event":"\\ud83d"', b'"groupId":"g"', b'"previousId":0'),
)


def mutated(chance: random.Random, corpus: list[bytes]) -> bytes:
    """One of ``corpus`` after one to six changes; now and then packed."""
    data = chance.choice(corpus)
    if data.startswith(b"\x1f\x8b") and chance.random() < 0.8:
        data = gzip.decompress(data) if chance.random() < 0.99 else data
    for _ in range(chance.randint(1, 6)):
        data = _changed(chance, data, corpus)
    return gzip.compress(data, 1, mtime=0) if chance.random() < 0.03 else data


def _changed(chance: random.Random, data: bytes, corpus: list[bytes]) -> bytes:
    start = chance.randint(0, len(data))
    end = min(len(data), start + chance.choice((0, 1, 1, 4, 20, 200)))
    kind = chance.randrange(7)
    if kind == 0:
        return data[:start] + data[end:]
    if kind == 1:
        return data[:start] + chance.choice(_TOKENS) + data[end:]
    if kind == 2:
        return data[:start] + chance.choice(_TOKENS) + b"," + data[start:]
    if kind == 3:
        return data[:end] + data[start:end] * chance.choice((1, 2, 50)) + data[end:]
    if kind == 4:
        return data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :]
    if kind == 5:
        other = chance.choice(corpus)
        at = chance.randint(0, len(other))
        return data[:start] + other[at : at + chance.choice((5, 50, 500))] + data[end:]
    # A member's value for another's: JSON stays JSON.
    quotes = [place for place in range(len(data)) if data[place : place + 1] == b":"]
    if not quotes:
        return data
    place = chance.choice(quotes) + 1
    comma = min((at for at in (data.find(b",", place), data.find(b"}", place)) if at >= 0), default=len(data))
    return data[:place] + chance.choice((b"null", b"[]", b"{}", b'""', b"0", b'"x"', b"1e3", b"[{}]")) + data[comma:]
