"""The front's record: what a reader finds in it, and its bounds."""

import base64
import json
import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from local.front.record import NAME, OLD_NAME, Exchange, Record
from local.lifecycle import down
from local.places import StateDir


def exchange(body: bytes | None = b"{}", at: datetime = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)) -> Exchange:
    headers = {"authorization": "Basic c2VjcmV0Og==", "content-type": "application/json"}
    return Exchange(at, "id-1", "POST", "/v1/batch?a=%20", headers, body, 200, b'{"success": true}')


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_a_line_is_the_request_as_it_came_and_its_answer(tmp_path: Path) -> None:
    Record(tmp_path).add(exchange(b"\x1f\x8b\x00\xff"))

    assert lines(tmp_path / NAME) == [
        {
            "at": "2026-03-02T08:20:00.000Z",
            "request_id": "id-1",
            "method": "POST",
            "path": "/v1/batch?a=%20",
            "headers": {"content-type": "application/json"},
            "body_base64": base64.b64encode(b"\x1f\x8b\x00\xff").decode(),
            "status": 200,
            "answer_base64": base64.b64encode(b'{"success": true}').decode(),
        }
    ]


def test_the_time_is_in_utc(tmp_path: Path) -> None:
    east = timezone(timedelta(hours=2))
    Record(tmp_path).add(exchange(at=datetime(2026, 3, 2, 10, 20, tzinfo=east)))

    assert lines(tmp_path / NAME)[0]["at"] == "2026-03-02T08:20:00.000Z"


def test_a_body_that_is_not_kept_is_null(tmp_path: Path) -> None:
    Record(tmp_path).add(exchange(None))

    assert lines(tmp_path / NAME)[0]["body_base64"] is None


def test_the_key_in_a_header_is_not_in_it(tmp_path: Path) -> None:
    Record(tmp_path).add(exchange())

    assert "c2VjcmV0" not in (tmp_path / NAME).read_text()


def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    record = Record(tmp_path, max_file_bytes=1)
    record.add(exchange())
    record.add(exchange())

    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (NAME, OLD_NAME)} == {0o600}


def test_it_is_there_and_empty_from_the_beginning(tmp_path: Path) -> None:
    Record(tmp_path).add(exchange())
    (tmp_path / OLD_NAME).write_bytes(b"{}\n")

    Record(tmp_path)

    assert (tmp_path / NAME).read_bytes() == b""
    assert not (tmp_path / OLD_NAME).exists()


def test_neither_file_grows_beyond_its_bound_and_the_newest_lines_are_there(tmp_path: Path) -> None:
    size = len(exchange(b"0" * 90).line())
    record = Record(tmp_path, max_file_bytes=3 * size)
    for number in range(10):
        record.add(exchange(str(number).encode() * 90))

    kept = [
        base64.b64decode(str(line["body_base64"]))[:1] for name in (OLD_NAME, NAME) for line in lines(tmp_path / name)
    ]
    assert kept == [b"6", b"7", b"8", b"9"]
    assert max((tmp_path / name).stat().st_size for name in (OLD_NAME, NAME)) <= 3 * size


def test_a_line_larger_than_the_bound_has_a_file_of_its_own(tmp_path: Path) -> None:
    record = Record(tmp_path, max_file_bytes=1)
    record.add(exchange(b"first"))
    record.add(exchange(b"second"))

    assert (len(lines(tmp_path / OLD_NAME)), len(lines(tmp_path / NAME))) == (1, 1)


def test_it_goes_with_the_stack(tmp_path: Path) -> None:
    record = Record(tmp_path, max_file_bytes=1)
    record.add(exchange())
    record.add(exchange())

    down(StateDir(tmp_path))

    assert not list(tmp_path.glob("requests*"))
