"""A file's records become the same events in every run, with ids that tell them apart, and what they hold is kept."""

import csv
import io
import json
from contextlib import closing
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from relay_cli.history import values
from relay_cli.history.csv_records import Dialect, csv_records
from relay_cli.history.ids import Seen
from relay_cli.history.json_records import json_records
from relay_cli.history.map_reading import map_of
from relay_cli.history.mapping import Made, Mapping
from relay_cli.history.records import MAX_RECORD
from relay_cli.history.sketch.drafting import quoted
from relay_cli.history.values import Numbers
from relay_cli.history.yaml_nodes import read_nodes
from tests.examples import examples

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=12)
COLUMNS = ("A", "B", "C")
BY_RECORD = (
    b"events:\n  - type: identify\n    userId: {constant: u}\n    traits: {a: A, b: B, c: C}\n"
    b"  - type: track\n    userId: {constant: u}\n    event: {constant: E}\n    properties: {a: A}\n"
)


def events(text: str, plan: bytes, dialect: Dialect = Dialect()) -> list[Made]:  # noqa: B008  # a constant
    """What the CSV becomes by the map."""
    with closing(Seen()) as seen:
        columns, records = csv_records(io.StringIO(text, newline=""), dialect)
        mapping = Mapping(map_of(plan, "map.yaml"), columns, seen)
        return [made for record in records for made in mapping.events_of(record)]


def written(rows: list[tuple[str, ...]], **options: Any) -> str:
    """The rows as CSV."""
    file = io.StringIO(newline="")
    csv.writer(file, **options).writerows([COLUMNS, *rows])
    return file.getvalue()


@given(ROWS)
@settings(max_examples=examples(300), deadline=None)
def test_each_row_has_its_events_and_each_event_an_id_of_its_own(rows: list[tuple[str, ...]]) -> None:
    """Also rows that are the same; all cells arrive, without the blanks around them. Rows of blanks are none."""
    found = events(written(rows), BY_RECORD)
    filled = [row for row in rows if any(map(str.strip, row))]
    assert len(found) == 2 * len(filled)
    assert len({made.message_id for made in found}) == len(found)
    for row, made in zip(filled, found[::2], strict=True):
        traits = {name.lower(): cell.strip() for name, cell in zip(COLUMNS, row, strict=True) if cell.strip()}
        assert json.loads(made.text).get("traits", {}) == traits


@given(ROWS, st.sampled_from([";", "\t", "|"]), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
@settings(max_examples=examples(200), deadline=None)
def test_ids_do_not_depend_on_how_a_file_is_written(rows: list[tuple[str, ...]], delimiter: str, quoting: Any) -> None:
    """Another delimiter, other quotes and line ends give the same events."""
    other = written(rows, delimiter=delimiter, quoting=quoting, lineterminator="\n")
    first = [made._replace(line=0) for made in events(written(rows), BY_RECORD)]
    assert [made._replace(line=0) for made in events(other, BY_RECORD, Dialect(delimiter))] == first


@given(ROWS, st.data())
@settings(max_examples=examples(200), deadline=None)
def test_ids_of_columns_do_not_depend_on_the_order_of_rows(rows: list[tuple[str, ...]], data: st.DataObject) -> None:
    """Nor on the other columns: of all rows that have these cells one is taken, the others are told."""
    plan = BY_RECORD + b"id: [A, B]\n"
    shuffled = data.draw(st.permutations(rows))
    first, second = events(written(rows), plan), events(written([(a, b, c + "x") for a, b, c in shuffled]), plan)
    ids = {made.message_id for made in first if not made.fault}
    assert ids == {made.message_id for made in second if not made.fault}
    assert len(ids) == 2 * len({(a.strip(), b.strip()) for a, b, _ in rows} - {("", "")})
    assert {made.fault.code for made in first if made.fault} <= {"id_repeated", "id_missing"}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
@settings(max_examples=examples(300))
def test_a_decimal_is_the_same_number_however_it_is_written(number: Any) -> None:
    """With points, with commas, with thousands."""
    plain = f"{number:f}"
    grouped = f"{number:,f}"
    swapped = grouped.translate(str.maketrans(",.", ".,"))
    made = {
        values.decimal(Numbers())(plain),
        values.decimal(Numbers(","))(plain.replace(".", ",")),
        values.decimal(Numbers(".", ","))(grouped),
        values.decimal(Numbers(",", "."))(swapped),
    }
    assert len(made) == 1
    assert json.loads(made.pop(), parse_float=type(number), parse_int=type(number)) == number


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=8), st.sampled_from([None, 1]), st.booleans())
@settings(max_examples=examples(200))
def test_values_of_json_are_found_as_they_are_written(found: list[Any], indent: int | None, in_a_batch: bool) -> None:
    """However the file is laid out."""
    text = json.dumps({"batch": found} if in_a_batch else found, indent=indent, ensure_ascii=False)
    assert [json.loads(record.text) for record in json_records(io.StringIO(text))] == found


@given(st.text("\"'a,;\n\r\\ ", max_size=60))
@settings(max_examples=examples(500), deadline=None)
def test_any_text_is_read_to_its_end(text: str) -> None:
    """Every line belongs to a row that is read or told of, in the order of lines; none is read twice."""
    columns, records = csv_records(io.StringIO("A,B\n" + text, newline=""), Dialect())
    lines = [record.line for record in records]
    assert columns == ("A", "B")
    assert lines == sorted(set(lines))
    assert len(text) <= MAX_RECORD
    assert not lines or lines[-1] <= 1 + len(io.StringIO(text, newline="").readlines())


@given(TEXTS)
@settings(max_examples=examples(500))
def test_a_drafted_text_is_read_as_it_was(text: str) -> None:
    """Whatever it would be in YAML without quotes."""
    members = read_nodes(f"{{a: {quoted(text)}}}".encode(), "map.yaml").members()
    assert members["a"].value() == text
