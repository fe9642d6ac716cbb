"""The reader of answers: however an answer is cut into pieces, it is the same one, and nothing makes it fail oddly."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.adapters.answers import AnswerReader, MalformedAnswer

STATUSES = st.integers(200, 599)
CONTENTS = st.binary(max_size=200)
INTERIM = st.lists(st.integers(100, 199), max_size=16)


def wire(interim: Iterable[int], status: int, chunks: list[bytes] | None, content: bytes) -> bytes:
    """An answer as it is sent: in ``chunks``, or ``content`` with its length."""
    before = b"".join(b"HTTP/1.1 %d Soon\r\nLink: </a>\r\n\r\n" % each for each in interim)
    if chunks is None:
        return before + b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%b" % (status, len(content), content)
    body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in [*filter(None, chunks), b""])
    return before + b"HTTP/1.1 %d Said\r\nTransfer-Encoding: chunked\r\n\r\n%b" % (status, body)


def read(pieces: Iterable[bytes]) -> AnswerReader:
    """What is read until the answer has ended; what comes after that is never asked for."""
    reader = AnswerReader()
    for piece in pieces:
        if not reader.ended:
            reader.feed(piece)
    return reader


def pieces_of(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


CUTS = st.lists(st.integers(0, 10_000), max_size=40)


@given(
    INTERIM, STATUSES.filter(lambda s: s not in (204, 304)), st.none() | st.lists(CONTENTS, max_size=5), CONTENTS, CUTS
)
def test_an_answer_is_the_same_however_it_is_cut(
    interim: list[int], status: int, chunks: list[bytes] | None, content: bytes, cuts: list[int]
) -> None:
    """Status and content are those sent; the connection is fit for another only where no 1xx was shown."""
    reader = read(pieces_of(wire(interim, status, chunks, content), cuts))
    expected = content if chunks is None else b"".join(chunks)
    assert (reader.status, reader.body, reader.ended, reader.reusable) == (status, expected, True, not interim)


@given(STATUSES, st.none() | st.lists(CONTENTS, max_size=3), CONTENTS, st.binary(min_size=1, max_size=50))
def test_what_is_surplus_ends_the_connection_and_changes_nothing(
    status: int, chunks: list[bytes] | None, content: bytes, surplus: bytes
) -> None:
    """Seen with the answer, it is nobody's."""
    clean = read([wire([], status, chunks, content)])
    reader = read([wire([], status, chunks, content) + surplus])
    assert (reader.status, reader.reusable) == (clean.status, False)


@given(STATUSES, CONTENTS, st.integers(0, 10_000))
def test_a_part_of_an_answer_is_never_a_whole_one(status: int, content: bytes, cut: int) -> None:
    """No status before its line is whole, no connection kept before the last byte."""
    whole = wire([], status, None, content + b"x")
    part = whole[: cut % len(whole)]
    reader = read([part])
    assert (reader.status is not None, reader.reusable) == (b"\n" in part, False) or status in (204, 304)


@given(
    st.lists(
        st.binary(max_size=30)
        | st.sampled_from(
            [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 x\r\n", b"\r\n", b"Content-Length: 3\r\n", b"a:b\r\n"]
        ),
        max_size=12,
    )
)
def test_whatever_comes_is_an_answer_or_none(pieces: list[bytes]) -> None:
    """Nothing else is raised, and after that no status is left."""
    reader = AnswerReader()
    try:
        for piece in pieces:
            reader.feed(piece)
    except MalformedAnswer:
        assert reader.status is None
