"""The bounds of what is read as an answer."""

import contextlib

import pytest

from dreamdata_relay.adapters.answers import AnswerReader, MalformedAnswer

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("chunks", [b"zz\r\n", b"-1\r\n", b"\r\n", b"3\r\nabcde", b"FFFFFFFFF\r\n", b"3 abc\r\n"])
def test_chunks_that_make_no_sense_leave_the_status_and_end_the_connection(chunks: bytes) -> None:
    reader = AnswerReader()
    reader.feed(CHUNKED + chunks)
    assert (reader.status, reader.ended, reader.reusable) == (200, True, False)


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.1 200 " + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70_000,
        b"HTTP/1.1 103 Soon\r\nX-Long: " + b"x" * 5_000 + b"\r\n\r\n",
    ],
    ids=["one line", "one header", "many heads"],
)
def test_heads_are_read_to_64_kb_in_all(text: bytes) -> None:
    reader = AnswerReader()
    with pytest.raises(MalformedAnswer):
        reader.feed(text * 15)
    assert reader.status is None


@pytest.mark.parametrize(("interim", "status"), [(16, 200), (17, None)])
def test_a_server_may_say_sixteen_times_that_it_is_still_there(interim: int, status: int | None) -> None:
    """Nobody says it more often, but to keep a post waiting."""
    reader = AnswerReader()
    with pytest.raises(MalformedAnswer) if status is None else contextlib.nullcontext():
        reader.feed(b"HTTP/1.1 102 Processing\r\n\r\n" * interim + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert reader.status == status


@pytest.mark.parametrize(("headers", "status"), [(100, 200), (101, None)])
def test_a_head_has_a_hundred_headers_at_most(headers: int, status: int | None) -> None:
    reader = AnswerReader()
    with pytest.raises(MalformedAnswer) if status is None else contextlib.nullcontext():
        reader.feed(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * headers + b"\r\n")
    assert reader.status == status
