"""A wrong map is told by file, line and reason; a right one is read as it says."""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from relay_cli.errors import WrongInput
from relay_cli.history.ids import Seen
from relay_cli.history.map_reading import map_of, read_map
from relay_cli.history.mapping import Mapping
from relay_cli.history.records import Record

_EVENT = "events:\n  - type: identify\n    userId: ID\n"
_TRACK = "events:\n  - type: track\n    userId: ID\n    event: {constant: E}\n"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("events: [\n", 2, "not YAML"),
        ("- a\n", 1, "the map has members"),
        ("id: ID\n", 1, "the map has no `events`"),
        ("events: []\n", 1, "a record becomes 1 to 10 events"),
        ("evnts: []\n", 1, "'evnts' is no member of the map; did you mean events?"),
        (_EVENT + "id: A\nid: B\n", 5, "id stands twice in the map"),
        (_EVENT + "id: []\n", 4, "id names no column"),
        (_EVENT + "id: ''\n", 4, "id is empty"),
        (_EVENT + "id: {a: b}\n", 4, "id is one value"),
        (_EVENT + "encoding: nope\n", 4, "there is no encoding 'nope'"),
        (_EVENT + "time_zone: Europe/Nowhere\n", 4, "there is no time zone 'Europe/Nowhere'"),
        (_EVENT + "decimal: x\n", 4, "decimal is one of '.' ','"),
        (_EVENT + "thousands: .\n", 4, "decimal and thousands are the same sign"),
        (_EVENT + "csv: {delimiter: ab}\n", 4, "delimiter is one character, or tab"),
        (_EVENT + "csv: {delimiter: ';', quote: ';'}\n", 4, "are different characters"),
        (_EVENT + "csv: {separator: ';'}\n", 4, "'separator' is no member of csv"),
        ("events:\n  - userId: ID\n", 2, "the event has no type"),
        ("events:\n  - type: purchase\n", 2, "'purchase' is no type of event"),
        ("events:\n  - type: identify\n", 2, "identity_missing"),
        ("events:\n  - type: track\n    userId: ID\n", 2, "event_name_missing"),
        ("events:\n  - type: identify\n    userId: {constant: ''}\n", 2, "identity_missing"),
        (_EVENT + "    userID: X\n", 4, "'userID' is no member of events 1; did you mean userId?"),
        (_EVENT + "    traits: Column\n", 2, "traits is an object: put members below it"),
        (_EVENT + "    traits: {constant: 5}\n", 2, "traits is an object: put members below it"),
        (_EVENT + "    traits:\n      a: [b, c]\n", 5, "a is a column, or {constant: [...]}"),
        (_EVENT + "    traits:\n      a: {column: A, type: int}\n", 5, "'int' is no type: one of string, integer"),
        (_EVENT + "    traits:\n      a: {column: A, format: iso}\n", 5, "format is not for the type string"),
        (_EVENT + "    traits:\n      a: {column: A, types: x}\n", 5, "'types' is no member of a; did you mean type?"),
        (_EVENT + "    traits:\n      a: {column: A, required: maybe}\n", 5, "required is true or false"),
        (_EVENT + "    traits:\n      a: {constant: 1, column: A}\n", 5, "'column' is no member of a"),
        (_EVENT + "    traits:\n      a: {column: A, type: decimal, decimal: ;}\n", 5, "decimal is one of"),
        (
            _EVENT + "    traits:\n      a: {column: A, type: boolean, true_values: [No]}\n",
            5,
            "'no' is among the words",
        ),
        (_EVENT + "    timestamp: {column: T, type: string}\n", 4, "timestamp is of the type timestamp"),
        (_EVENT + "    timestamp: {column: T, format: '%Y-%m'}\n", 4, "'%Y-%m' does not tell year, month and day"),
        (_EVENT + "    timestamp: {column: T, format: '%d.%m'}\n", 4, "'%d.%m' does not tell year, month and day"),
        (_EVENT + "    timestamp: {column: T, format: DD.MM.YYYY}\n", 4, "'DD.MM.YYYY' is none of iso, excel"),
        (_EVENT + "    timestamp: {column: T, format: '%Y %Q'}\n", 4, "'%Y %Q' is none of iso"),
        (_EVENT + "    timestamp: {column: T, zone: CETT}\n", 4, "there is no time zone 'CETT'"),
        (_EVENT + "    userId: {colum: X}\n", 4, "userId stands twice"),
        ("events:\n  - type: identify\n    userId: {colum: X}\n", 3, "userId is a column, as in userId: Column"),
        (_EVENT + "    messageId: {constant: x}\n", 4, "would be every event's"),
        (_EVENT + "    messageId: M\n    id: ID\n", 5, "messageId and id are two ways"),
        (_EVENT + "    messageId: M\n" + _TRACK[8:] + "    messageId: M\n", 8, "another event has its messageId"),
        (_EVENT + "    when: {is: A}\n", 4, "when names a column"),
        (_EVENT + "    when: {column: A, is: []}\n", 4, "is names no word"),
        (_EVENT + "x: *a\n", 0, "aliases (*name) are not read"),
        (_EVENT + "    traits: " + "{a: " * 30 + "b" + "}" * 30 + "\n", 4, "nests too deep"),
        ("", 0, "is empty; --sketch drafts a map, into a new file"),
    ],
)
def test_a_wrong_map_is_told_by_its_line(text: str, line: int, reason: str) -> None:
    """And with what to do."""
    with pytest.raises(WrongInput) as wrong:
        map_of(text.encode(), "map.yaml")
    assert str(wrong.value).startswith(f"map.yaml, line {line}: " if line else "map.yaml")
    assert reason in str(wrong.value)


def test_a_map_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Also one that is far too large, and one that is not there."""
    wrong = ((b"a: \xff", "line 1: not UTF-8"), (b" " * 1_000_001, "larger than"), (b"\0", "is not YAML"))
    for content, reason in wrong:
        (tmp_path / "map.yaml").write_bytes(content)
        with pytest.raises(WrongInput, match=reason):
            read_map(tmp_path / "map.yaml")
    with pytest.raises(WrongInput, match="cannot be read"):
        read_map(tmp_path)


@pytest.mark.parametrize(
    ("text", "columns", "line", "reason"),
    [
        (_EVENT, ("Id", "B"), 3, "the file has no column 'ID': its first row names the columns"),
        (_EVENT + "id: [ID, Nr]\n", ("ID", "Nr."), 4, "no column 'Nr': did you mean 'Nr.'"),
        (_EVENT + "    when: {column: Won}\n", ("ID",), 4, "no column 'Won'"),
        (_EVENT, ("ID", "ID"), 3, "the file has more than one column 'ID'"),
        (_EVENT + "    traits:\n      plan: Gold\n", ("ID",), 5, "or is it always the same, {constant: Gold}?"),
    ],
)
def test_a_map_of_another_file_is_told(text: str, columns: Sequence[str], line: int, reason: str) -> None:
    """By the line that names the column."""
    with closing(Seen()) as seen, pytest.raises(WrongInput) as wrong:
        Mapping(map_of(text.encode(), "map.yaml"), columns, seen)
    assert f"map.yaml, line {line}: " in str(wrong.value)
    assert reason in str(wrong.value)


def made(text: str, **cells: str) -> Any:
    """The first event of a record with these cells, or its fault."""
    with closing(Seen()) as seen:
        mapping = Mapping(map_of(text.encode(), "map.yaml"), [*cells], seen)
        (event, *_) = mapping.events_of(Record(2, "", [*cells.values()]))
    return event.fault or json.loads(event.text)


def test_words_that_yaml_1_1_would_change_stay() -> None:
    """No is no falsehood, and a date no moment."""
    event = made(
        _TRACK + "    properties: {a: {constant: no}, b: {constant: 2024-01-31}, c: {constant: 012}}\n", ID="1"
    )
    assert event["properties"] == {"a": "no", "b": "2024-01-31", "c": "012"}
    more = "    properties: {a: {constant: [1, 2.5, null, true]}, b: {constant: {x: y}}}\n"
    assert made(_TRACK + more, ID="1")["properties"] == {"a": [1, 2.5, None, True], "b": {"x": "y"}}


def test_empty_cells_give_no_member() -> None:
    """Nor an empty object; what is required is missed."""
    text = _TRACK + "    properties: {a: A, b: {c: {column: C, type: integer}}}\n    context: {ip: C}\n"
    event = made(text, ID=" 7 ", A="  ", C="")
    assert len(event.pop("messageId")) == 36
    assert event == {"type": "track", "userId": "7", "event": "E"}
    fault = made(_TRACK + "    properties: {a: {column: A, required: true}}\n", ID="7", A="")
    assert fault == ("value_missing", "column 'A' is empty")
    assert made(_TRACK + "    timestamp: T\n", ID="7", T="").code == "value_missing"
    assert "timestamp" not in made(_TRACK + "    timestamp: {column: T, required: false}\n", ID="7", T="")


def test_an_event_is_meant_by_a_word() -> None:
    """Or by a cell that is not empty."""
    text = _TRACK + "    when: {column: Stage, is: [Won, Closed won]}\n"
    assert made(text, ID="1", Stage="Closed won")["event"] == "E"
    with pytest.raises(ValueError, match="not enough values"):
        made(text, ID="1", Stage="Lost")


def test_ids_follow_from_what_is_named() -> None:
    """The source, the event's place among those of its type, columns and cells; not from its other members."""
    first = made(_TRACK + "id: ID\n", ID="1")["messageId"]
    assert first == made("id: ID\n" + _TRACK + "    properties: {a: {constant: 1}}\n", ID="1")["messageId"]
    assert first == made("id: ID\n" + _TRACK + _EVENT[8:], ID="1", X="y")["messageId"]
    others = {
        made(_TRACK + "id: ID\n", ID="2")["messageId"],
        made(_TRACK + "id: [ID]\nsource: deals\n", ID="1")["messageId"],
        made(_EVENT + "id: ID\n", ID="1")["messageId"],
        made(_TRACK + "id: [ID, X]\n", ID="1", X="")["messageId"],
        made(_TRACK + "id: [X, ID]\n", ID="1", X="")["messageId"],
        made(_TRACK, ID="1")["messageId"],
        made(_TRACK, ID="1", X="")["messageId"],
    }
    assert len(others | {first}) == 8
    assert made(_TRACK + "    messageId: M\n", ID="1", M="m-1")["messageId"] == "m-1"
    assert made(_TRACK + "    messageId: M\n", ID="1", M="").code == "id_missing"
    assert made(_TRACK + "id: M\n", ID="1", M="").code == "id_missing"


def test_the_ids_are_fixed_for_ever() -> None:
    """Another way of making them would send all that was imported once more."""
    assert made(_TRACK + "id: ID\nsource: crm\n", ID="1")["messageId"] == "05830345-50c0-57c0-965a-888715836d0f"
    assert made(_TRACK, ID="1")["messageId"] == "64335894-9a07-51f9-917d-1161bfaae71a"
