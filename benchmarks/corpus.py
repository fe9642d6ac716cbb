"""A seeded corpus: 20,000 events as real clients write them, as HTTP bodies and as bodies of messages on the queue.

All types, 200 B to 20 kB, 820 B on average; half with text that is not ASCII; 3 % lack the messageId and 3 % the
timestamp; three styles of JSON (JavaScript's compact one, Python's with spaces, Go's with escapes). Another seed makes
another corpus of the same kind.
"""

import json
import random
import re
from dataclasses import dataclass
from typing import Any

EVENTS = 20_000
SEED = 20261123
MAX_EVENTS_A_BODY = 100
MAX_MESSAGE_BYTES = 62_400
_ZULU = re.compile(rb'(?<="timestamp":)( ?"[-0-9T:.]{23})Z(?=")')
_TYPES = ("track", "page", "identify", "group", "screen", "alias")
_WEIGHTS = (45, 30, 18, 5, 1.5, 0.5)
_PLAIN_WORDS = "basket price order invoice trial account demo seat pipeline lead quote renewal upgrade"
_OTHER_WORDS = "Straße København größe été señor naïve 東京 добрый Ελλάδα smörgåsbord façade coöperate"
_WORDS = f"{_PLAIN_WORDS} {_OTHER_WORDS}".split()  # words in a line are easier to read than in a list
_AGENTS = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "okhttp/4.12.0",
)


@dataclass(frozen=True, slots=True)
class Corpus:
    """``events``: each one's text. ``bodies``: HTTP bodies of 1 to 100 events. ``dirty``: the same, 2 % broken.

    ``offsets``: the same as ``bodies``, but every third event's timestamp is written as Python's clients write it
    (``+00:00``), which is to be normalised. ``messages``: the events as SQS bodies of at most 62,400 bytes.
    """

    events: list[bytes]
    bodies: list[bytes]
    dirty: list[bytes]
    offsets: list[bytes]
    messages: list[bytes]
    seed: int


def make_corpus(count: int = EVENTS, seed: int = SEED) -> Corpus:
    """The corpus of ``count`` events; the same for the same seed."""
    source = random.Random(seed)  # noqa: S311  # reproducible, not secret
    events = [_text(source, _event(source, number)) for number in range(count)]
    broken = [_broken(source, event) for event in events]
    offset = [_with_offset(event) if number % 3 == 0 else event for number, event in enumerate(events)]
    # Cut at the same places each time: only the events differ.
    bodies, dirty, offsets = (_bodies(texts, random.Random(seed)) for texts in (events, broken, offset))  # noqa: S311
    return Corpus(events, bodies, dirty, offsets, _messages(events), seed)


def _event(source: random.Random, number: int) -> dict[str, Any]:
    kind = source.choices(_TYPES, _WEIGHTS)[0]
    plain = source.random() < 0.48
    event: dict[str, Any] = {"type": kind, "userId": f"u-{source.randrange(10**6)}"}
    if source.random() < 0.3:
        event["anonymousId"] = f"{source.getrandbits(64):016x}"
    if source.random() < 0.97:
        event["messageId"] = f"{source.getrandbits(128):032x}-{number}"
    if source.random() < 0.97:
        day, second = source.randrange(1, 29), source.randrange(86_400)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{source.randrange(1000):03}"
        event["timestamp"] = f"2026-{source.randrange(1, 13):02}-{day:02}T{clock}Z"
    small = source.random() < 0.01
    event["context"] = (
        {"library": {"name": "analytics-go", "version": "3.3.0"}, "ip": "24.5.68.47"}
        if small
        else _context(source, plain)
    )
    if kind == "track":
        event["event"] = f"{_phrase(source, 2, plain).title()}"
    if kind in ("track", "page", "screen"):
        event["properties"] = {"title": "Sign up"} if small else _properties(source, plain)
    if kind in ("identify", "group"):
        event["traits"] = {"name": _phrase(source, 3, plain), "plan": "pro", "age": source.randrange(18, 80)}
    if kind == "group":
        event["groupId"] = f"g-{source.randrange(10**4)}"
    if kind == "alias":
        event["previousId"] = f"a-{source.randrange(10**6)}"
    items = list(event.items())
    if source.random() < 0.5:
        source.shuffle(items)
    return dict(items)


def _context(source: random.Random, plain: bool) -> dict[str, Any]:
    context: dict[str, Any] = {"library": {"name": "analytics", "version": "6.0.0"}, "ip": "24.5.68.47"}
    context["os"] = {"name": "Linux", "version": "6.1"}
    if source.random() < 0.85:
        context["userAgent"] = source.choice(_AGENTS)
        context["page"] = {
            "url": f"https://example.com/shop/{source.randrange(10**5)}?utm_source=x&q={source.getrandbits(64):x}",
            "referrer": "https://www.example.org/search",
            "title": "Shop",
        }
    if source.random() < 0.4:
        context["campaign"] = {"name": "spring", "source": "demo", "medium": "cpc", "term": "", "content": ""}
    if source.random() < 0.5:
        context["screen"] = {"width": 1920, "height": 1080, "density": 2}
        city = "Copenhagen" if plain else "København"
        context["location"] = {"city": city, "country": "DK", "latitude": 55.68, "longitude": 12.57}
    return context


def _properties(source: random.Random, plain: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"value": source.randrange(10**6) / 100, "currency": "EUR", "new": source.random() < 0.5}
    found["title"] = _phrase(source, source.randrange(3, 16), plain)
    size = source.random()
    products = 0 if size < 0.5 else source.randrange(1, 3) if size < 0.972 else _many(source)
    if products:
        found["products"] = [
            {
                "sku": f"{source.getrandbits(40):x}",
                "name": _phrase(source, 4, plain),
                "price": source.randrange(9999) / 100,
            }
            for _ in range(products)
        ]
    return found


def _many(source: random.Random) -> int:
    """Most orders of many products have some dozen, few hundreds: up to 20 kB."""
    return min(170, 8 + int(source.expovariate(1 / 45)))


def _phrase(source: random.Random, words: int, plain: bool) -> str:
    return " ".join(source.choice(_WORDS[: len(_PLAIN_WORDS.split())] if plain else _WORDS) for _ in range(words))


def _text(source: random.Random, event: dict[str, Any]) -> bytes:
    style = source.randrange(3)
    if style == 0:
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    elif style == 1:
        text = json.dumps(event, ensure_ascii=source.random() < 0.5)
    else:
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text.encode()


def _broken(source: random.Random, event: bytes) -> bytes:
    if source.random() >= 0.02:
        return event
    parsed = json.loads(event)
    how = source.randrange(6)
    if how == 0:
        parsed["type"] = "purchase"
    elif how == 1:
        parsed["userId"] = parsed["anonymousId"] = ""
        parsed.pop("groupId", None)
    elif how == 2:
        parsed["timestamp"] = "yesterday"
    elif how == 3:
        parsed["context"] = "none"
    elif how == 4:
        parsed = {"type": "track", "userId": "u"}
    else:
        parsed["userId"] = {"id": 1}
        parsed.pop("anonymousId", None)
        parsed.pop("groupId", None)
    return json.dumps(parsed, separators=(",", ":")).encode()


def _bodies(events: list[bytes], source: random.Random) -> list[bytes]:
    bodies, start = [], 0
    while start < len(events):
        count = min(MAX_EVENTS_A_BODY, max(1, int(source.expovariate(1 / 22))))
        part = b",".join(events[start : start + count])
        bodies.append(b'{"batch":[' + part + b'],"sentAt":"2026-11-23T12:27:55.099Z"}')
        start += count
    return bodies


def _with_offset(event: bytes) -> bytes:
    return _ZULU.sub(rb"\g<1>000+00:00", event)


def _messages(events: list[bytes]) -> list[bytes]:
    messages: list[bytes] = []
    waiting: list[bytes] = []
    size = 0
    for event in events:
        if waiting and size + len(event) + 1 > MAX_MESSAGE_BYTES - len(b'{"batch":[]}') + 1:
            messages.append(b'{"batch":[' + b",".join(waiting) + b"]}")
            waiting, size = [], 0
        waiting.append(event)
        size += len(event) + 1
    return [*messages, b'{"batch":[' + b",".join(waiting) + b"]}"]
