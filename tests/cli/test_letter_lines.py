"""Lines of a file sent again: each is what it was, and wherever an import ends it can go on."""

import io
import itertools
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay_cli import letter_lines
from relay_cli.importing import Import
from relay_cli.letter_lines import lines_of
from relay_cli.letters import Letter
from relay_cli.refused_ahead import Fault
from tests.fakes.dead_letters import HidingSqs

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SOURCES = st.sampled_from(("", "queue", "sns", "http:shop", "http:\u202e"))

TEXT_OF = {
    "good": '{"type": "identify", "userId": "N"}',
    "bad": "{}",
    "stub": '{"relay_stub": true}',
    "": "",
}


def read(content: bytes, first: int = 1) -> list[tuple[int, Letter | Fault]]:
    """What is in the lines of a file."""
    return list(lines_of(io.BytesIO(content), first))


def received(body: str, source: str) -> Letter:
    """A dead letter as SQS gives it."""
    attributes = {"error_code": {"StringValue": "type_unknown"}}
    if source:
        attributes["source"] = {"StringValue": source}
    message: dict[str, Any] = {"MessageId": "m", "ReceiptHandle": "r", "Body": body, "MessageAttributes": attributes}
    return Letter.of(message)


@given(st.lists(st.tuples(TEXTS, SOURCES), max_size=5))
def test_what_was_exported_comes_back(letters: list[tuple[str, str]]) -> None:
    """The body to the last character, whatever it is, and where it came from."""
    content = "".join(received(body, source).exported() for body, source in letters)
    found = read(content.encode())
    assert [number for number, _ in found] == list(range(1, len(letters) + 1))
    for (_, letter), (body, source) in zip(found, letters, strict=True):
        assert isinstance(letter, Letter)
        assert (letter.body, letter.source) == (body, source or "queue")
        assert set(letter.kept_attributes()) <= {"source"}


@given(st.lists(st.none() | TEXTS.map(lambda text: json.dumps({"type": text}, ensure_ascii=False)), max_size=6))
@example(["{}", None, '{"a": "\u2028"}'])
def test_an_event_is_its_line(events: list[str | None]) -> None:
    """Whatever ends the lines; empty ones count, and are passed over."""
    for end in ("\n", "\r\n"):
        content = "\ufeff" + end.join(event or "" for event in events)
        found = [(number, letter.body) for number, letter in read(content.encode()) if isinstance(letter, Letter)]
        assert found == [(number, event) for number, event in enumerate(events, 1) if event]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"a": "\xff"}', "not_utf8"),
        (b'{"id":"m","reason":"x","source":"sns","stub":false,"body":{}}', "not_a_letter"),
        (b'{"id":"m","reason":"x","source":"sns","stub":false,"body":""}', "not_a_letter"),
        (b'{"id":"m","reason":"x","source":7,"stub":false,"body":"{}"}', "not_a_letter"),
    ],
)
def test_a_line_that_is_none_has_a_reason(line: bytes, code: str) -> None:
    """The lines after it are read all the same."""
    (first, fault), (second, letter) = read(line + b"\n{}\n")
    assert (first, second) == (1, 2)
    assert isinstance(fault, Fault)
    assert isinstance(letter, Letter)
    assert fault.code == code


@pytest.mark.parametrize("length", [20, 21, 40, 41, 42, 100])
def test_a_line_without_end_is_not_held(monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """It is passed over in pieces, up to where it ends."""
    monkeypatch.setattr(letter_lines, "_LONGEST", 20)
    (_, first), (number, second) = read(b"x" * length + b"\n{}")
    assert isinstance(first, Fault) == (length >= 20)
    assert (number, isinstance(second, Letter)) == (2, True)
    assert [number for number, _ in read(b"x" * length + b"\n{}\n", 2)] == [2]


@given(
    st.lists(st.sampled_from(sorted(TEXT_OF)), max_size=35),
    st.integers(0, 60),
    st.integers(100, 600),
)
def test_wherever_it_is_interrupted_it_goes_on(kinds: list[str], asked: int, room: int) -> None:
    """Each line that can be sent is sent once, in its order: by this run, or by the one that goes on."""
    lines = [TEXT_OF[kind].replace("N", str(number)) for number, kind in enumerate(kinds)]
    content = "\n".join(lines).encode()
    sqs: Any = HidingSqs()
    patch = pytest.MonkeyPatch()
    questions = itertools.count()
    with patch.context() as patched:
        patched.setattr("relay_cli.importing.MAX_SQS_BYTES", room)
        begun = Import(sqs, "queue", lambda *_: None, stop=lambda: next(questions) >= asked)
        begun.run(lines_of(io.BytesIO(content)), lambda: None)
        first = begun.result
        assert first.sent == len(sqs.bodies("queue"))
        rest = Import(sqs, "queue", lambda *_: None)
        rest.run(lines_of(io.BytesIO(content), first.next_line), lambda: None)
    assert sqs.bodies("queue") == [line for line, kind in zip(lines, kinds, strict=True) if kind == "good"]
    assert not rest.result.stopped
    if not first.stopped:
        assert (first.stubs, first.failed) == (kinds.count("stub"), kinds.count("bad"))
        assert rest.result.read == 0
