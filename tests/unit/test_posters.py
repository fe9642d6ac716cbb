"""What the relay's posts do on the wire, beside urllib3's pool: the same behaviours against both, over TCP and TLS.

The posts go below the pool. ``EQUAL`` is what both do; ``STRICTER`` is where the relay does more than the pool on
purpose, with the reason and with what the pool does, so that it is noticed when the pool learns it.
"""

import itertools
import socket
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
import trustme
from urllib3.connection import HTTPConnection

from tests.fakes.posters import MAYBE, NOT_RECEIVED, Pool, Poster, Relay
from tests.fakes.wire import OK, SMALL_BUFFER, Conversation, Script, WireServer, answering
from tests.unit.conftest import tls_of

SMALL = b'{"batch":[]}'
LARGE = b"x" * 490_000
NO_BODY = b"Content-Length: 0\r\n\r\n"
REFUSED = b"HTTP/1.1 503 No\r\n" + NO_BODY


class Behaviour(NamedTuple):
    """What two posts of ``body`` come to when the first connection goes by ``script``; how many connections they take.

    Any other connection answers 200. ``meets``: after the first post the test meets the script, which then does
    something before the second.
    """

    script: Script
    outcomes: tuple[int | str, int | str]
    connections: int
    body: bytes = SMALL
    meets: bool = False


def once(answer: bytes) -> Script:
    """Answers one request with ``answer``, any other with 503: whose answer came is seen."""

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.say(answer)
        while True:
            conversation.read_request()
            conversation.say(REFUSED)

    return script


def early(answer: bytes, then: Callable[[Conversation], object] = lambda conversation: None) -> Script:
    """Says ``answer`` before it has read a body; closes with the body unread unless told otherwise: a reset."""

    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.say(answer)
        then(conversation)

    return script


def reading(what: Callable[[Conversation], object]) -> Script:
    """Reads a request, then does ``what``, then closes."""

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        what(conversation)

    return script


def plain(status: int, headers: bytes = b"", body: bytes = b"") -> bytes:
    return b"HTTP/1.1 %d Said\r\n%bContent-Length: %d\r\n\r\n%b" % (status, headers, len(body), body)


def head_only(headers: bytes, body: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + body


CHUNKS = b"5;name=value\r\nabcde\r\nA\r\n0123456789\r\n0\r\nTrailer: yes\r\n\r\n"


def afterwards(what: Callable[[Conversation], object]) -> Script:
    """Answers 200, and does ``what`` when that has been taken."""

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.say(OK)
        conversation.meet()
        what(conversation)
        conversation.meet()
        conversation.hold()

    return script


EQUAL = {
    "an answer with a length": Behaviour(answering(plain(200, body=b"{}")), (200, 200), 1),
    "a large request": Behaviour(answering(plain(200, body=b"{}")), (200, 200), 1, LARGE),
    "an answer in chunks": Behaviour(answering(head_only(b"Transfer-Encoding: chunked\r\n", CHUNKS)), (200, 200), 1),
    "an answer without a body": Behaviour(answering(b"HTTP/1.1 204 No Content\r\n\r\n"), (204, 204), 1),
    "a status line without a reason": Behaviour(answering(b"HTTP/1.1 200\r\n" + NO_BODY), (200, 200), 1),
    "lines that end without a carriage return": Behaviour(
        answering(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"), (200, 200), 1
    ),
    "one length said twice": Behaviour(
        answering(head_only(b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}")), (200, 200), 1
    ),
    "a folded header": Behaviour(answering(plain(200, b"X-Note: one\r\n two\r\n")), (200, 200), 1),
    "an answer that closes": Behaviour(reading(lambda c: c.say(plain(200, b"Connection: close\r\n"))), (200, 200), 2),
    "an answer that closes, and does not": Behaviour(answering(plain(200, b"Connection: close\r\n")), (200, 200), 2),
    "an answer as long as the connection": Behaviour(reading(lambda c: c.say(head_only(b"", b"{}"))), (200, 200), 2),
    "an answer of HTTP/1.0": Behaviour(answering(b"HTTP/1.0 200 OK\r\n" + NO_BODY), (200, 200), 2),
    "an answer that breaks off in its body": Behaviour(
        reading(lambda c: c.say(head_only(b"Content-Length: 50\r\n", b"half"))), (200, 200), 2
    ),
    "an answer that breaks off in a chunk": Behaviour(
        reading(lambda c: c.say(head_only(b"Transfer-Encoding: chunked\r\n", b"FF\r\nhalf"))), (200, 200), 2
    ),
    "an answer that breaks off in its headers": Behaviour(
        reading(lambda c: c.say(head_only(b"X-No")[:-2])), (200, 200), 2
    ),
    "a redirect": Behaviour(answering(plain(307, b"Location: http://127.0.0.1:9/\r\n")), (307, 307), 1),
    "a connection closed after an answer without a word": Behaviour(
        afterwards(Conversation.close), (200, 200), 2, meets=True
    ),
    "a connection reset after an answer": Behaviour(afterwards(Conversation.reset), (200, 200), 2, meets=True),
    "a second answer after the first": Behaviour(afterwards(lambda c: c.say(REFUSED)), (200, 200), 2, meets=True),
    "a byte after the answer": Behaviour(afterwards(lambda c: c.say(b"\n")), (200, 200), 2, meets=True),
    "no answer": Behaviour(reading(lambda c: None), (MAYBE, 200), 2),
    "no answer, a reset": Behaviour(reading(Conversation.reset), (MAYBE, 200), 2),
    "no answer, silence": Behaviour(reading(Conversation.hold), (MAYBE, 200), 2),
    "another protocol": Behaviour(reading(lambda c: c.say(b"SSH-2.0-OpenSSH\r\n")), (MAYBE, 200), 2),
    "another version": Behaviour(reading(lambda c: c.say(b"HTTP/2 200\r\n\r\n")), (MAYBE, 200), 2),
    "two lengths": Behaviour(
        reading(lambda c: c.say(head_only(b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}"))), (MAYBE, 200), 2
    ),
    "too many headers": Behaviour(reading(lambda c: c.say(plain(200, b"a: b\r\n" * 200))), (MAYBE, 200), 2),
    **{
        f"an early {status}, then closed": Behaviour(
            early(plain(status, b"Connection: close\r\n")), (status, 200), 2, LARGE
        )
        for status in (400, 401, 413, 429, 503)
    },
    "an early answer, then a reset": Behaviour(early(plain(413), Conversation.reset), (413, 200), 2, LARGE),
    "a request that is never read, a reset": Behaviour(early(b"", Conversation.reset), (MAYBE, 200), 2, LARGE),
    "a request that is never read": Behaviour(early(b"", Conversation.hold), (MAYBE, 200), 2, LARGE),
}


class Stricter(NamedTuple):
    """``why`` the relay does not do as the pool does, and what two posts come to with each."""

    why: str
    script: Script
    relay: tuple[tuple[int | str, int | str], int]
    pool: tuple[tuple[int | str, int | str], int]
    body: bytes = SMALL


def informed(*statuses: int) -> bytes:
    return b"".join(b"HTTP/1.1 %d Soon\r\nLink: </a>\r\n\r\n" % status for status in statuses)


STRICTER = {
    "103 before the answer": Stricter(
        "the pool takes it for the answer, and the answer for the next one's",
        once(informed(103) + plain(200)),
        ((200, 200), 2),
        ((103, 503), 1),
    ),
    "several 1xx before the answer": Stricter(
        "as above", once(informed(100, 102, 103, 199, 101) + plain(413)), ((413, 200), 2), ((102, 503), 1)
    ),
    "100 before the answer": Stricter(
        "nobody asked for it: who sends one may send another",
        once(informed(100) + plain(200)),
        ((200, 200), 2),
        ((200, 503), 1),
    ),
    "1xx without end": Stricter(
        "neither an answer nor patience", once(informed(*[100] * 100) + plain(200)), ((MAYBE, 200), 2), ((200, 503), 1)
    ),
    "a second answer with the first": Stricter(
        "it could be taken for the next post's; the pool drops it where it came at once",
        once(plain(200) + plain(200)),
        ((200, 200), 2),
        ((200, 503), 1),
    ),
    "a byte too much": Stricter("as above", once(plain(200, body=b"{}") + b"\n"), ((200, 200), 2), ((200, 503), 1)),
    "a length beside chunks": Stricter(
        "RFC 9112, 6.3: it may be an attempt to slip in an answer",
        once(head_only(b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", CHUNKS)),
        ((200, 200), 2),
        ((200, 503), 1),
    ),
    "a length that is no number": Stricter(
        "RFC 9112, 6.3: the answer is to be discarded",
        reading(lambda c: c.say(head_only(b"Content-Length: two\r\n", b"{}"))),
        ((MAYBE, 200), 2),
        ((200, 200), 2),
    ),
    "a header without a colon": Stricter(
        "what is no HTTP proves nothing",
        reading(lambda c: c.say(b"HTTP/1.1 200 OK\r\nhello there\r\n" + NO_BODY)),
        ((MAYBE, 200), 2),
        ((200, 200), 2),
    ),
    "a status line that breaks off": Stricter(
        "nobody knows what it would have been",
        reading(lambda c: c.say(b"HTTP/1.1 200 O")),
        ((MAYBE, 200), 2),
        ((200, 200), 2),
    ),
    "success before the body was read": Stricter(
        "who has not read the events cannot have them",
        early(plain(200, b"Connection: close\r\n")),
        ((MAYBE, 200), 2),
        ((200, 200), 2),
        LARGE,
    ),
    "an early refusal, then neither read nor closed": Stricter(
        "the pool sends until its time is up and does not look",
        early(plain(413), Conversation.hold),
        ((413, 200), 2),
        ((MAYBE, 200), 2),
        LARGE,
    ),
    "an early refusal after 100, then neither read nor closed": Stricter(
        "as above", early(informed(100) + plain(429), Conversation.hold), ((429, 200), 2), ((MAYBE, 200), 2), LARGE
    ),
}

CASES = [
    *((name, Behaviour(script, *ours, body), Relay) for name, (_, script, ours, _, body) in STRICTER.items()),
    *((name, Behaviour(script, *theirs, body), Pool) for name, (_, script, _, theirs, body) in STRICTER.items()),
    *((name, behaviour, poster) for (name, behaviour), poster in itertools.product(EQUAL.items(), (Relay, Pool))),
]


@pytest.fixture
def small_buffers() -> Iterator[None]:
    """A connection takes no more than a few kilobytes that the other side has not read, as over a long line."""
    options = HTTPConnection.default_socket_options
    options.append((socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER))
    yield
    options.pop()


@pytest.mark.usefixtures("small_buffers")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("behaviour", "poster"), [pytest.param(case, by, id=f"{by.__name__}: {name}") for name, case, by in CASES]
)
def test_what_two_posts_come_to(behaviour: Behaviour, poster: type[Poster], scheme: str, trusted: trustme.CA) -> None:
    with WireServer(behaviour.script, tls=tls_of(trusted) if scheme == "https" else None, small=True) as server:
        posting = poster(server.url)
        first = posting.post(behaviour.body)
        if behaviour.meets:
            server.meet()
            server.meet()
        outcomes = (first, posting.post(behaviour.body))
        assert (outcomes, server.connections) == (behaviour.outcomes, behaviour.connections)


@pytest.mark.parametrize("poster", [Relay, Pool])
def test_nobody_listens(poster: type[Poster]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert poster(f"http://127.0.0.1:{port}/v1/batch").post(SMALL) == NOT_RECEIVED
