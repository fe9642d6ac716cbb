"""`relay import`: what a file holds is on the queue once, by the relay's own rules; the rest is told by its line."""

import fcntl
import json
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Bench
from tests.cli.history.conftest import HEADER, MAP, row
from tests.fakes.served_ingest import ServedIngest

type Serve = Callable[..., ServedIngest]


def imported(bench: Bench, *more: str) -> Any:
    """`relay import crm.csv --map map.yaml`, and the rest."""
    return bench.run("import", "crm.csv", "--map", "map.yaml", *more)


def errors(file: Path) -> list[dict[str, Any]]:
    """What the file of errors beside ``file`` holds."""
    return [json.loads(line) for line in file.with_name(file.name + ".errors.jsonl").read_text().splitlines()]


def test_a_row_becomes_its_events(bench: Bench, here: Path, serve: Serve) -> None:
    """With types, times in UTC as they were, and everything beside the file for its owner only."""
    server = serve()
    (here / "crm.csv").write_text("\ufeff" + HEADER + row(1, note='"a ""quoted""\nnote"') + row(2, amount=""))
    done = imported(bench)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "2 records read, 3 events taken")
    first, second, third = server.events
    assert {name: first[name] for name in first if name != "messageId"} == {
        "type": "identify",
        "userId": "c1",
        "traits": {"email": "u1@example.com", "name": "Søren 1"},
        "timestamp": "2024-03-31T00:30:00.000Z",
    }
    assert {name: second[name] for name in second if name != "messageId"} == {
        "type": "track",
        "userId": "c1",
        "event": "Deal Won",
        "timestamp": "2024-03-31T10:00:00.000Z",
        "properties": {"amount": 1234.5, "note": 'a "quoted"\nnote'},
    }
    assert (third["type"], third["userId"]) == ("identify", "c2")
    assert {path.name for path in here.iterdir()} == {"map.yaml", "crm.csv", "crm.csv.shop.import"}
    assert stat.S_IMODE((here / "crm.csv.shop.import").stat().st_mode) == 0o600


def test_ids_are_the_same_in_every_run(bench: Bench, here: Path, serve: Serve) -> None:
    """Also into another stack, from a file in which more stands, and in another order."""
    (here / "crm.csv").write_text(HEADER + row(1) + row(2))
    first = serve()
    assert imported(bench).exit_code == 0
    (here / "crm.csv").write_text(HEADER + row(3) + row(2, name="Renamed") + row(1))
    second = serve()
    assert imported(bench, "--again").exit_code == 0
    assert len(set(first.ids)) == 4
    assert set(first.ids) < set(second.ids)


def test_the_same_file_is_not_sent_twice(bench: Bench, here: Path, serve: Serve) -> None:
    """Unless that is wished."""
    server = serve()
    (here / "crm.csv").write_text(HEADER + row(1))
    assert imported(bench).exit_code == 0
    done = imported(bench)
    assert (done.exit_code, len(server.events)) == (0, 2)
    assert "all of them before; --again sends them anew" in done.stdout
    assert imported(bench, "--again").exit_code == 0
    assert sorted({*server.ids}) == sorted(server.ids)[::2]


def test_rows_that_are_the_same_are_told_apart(bench: Bench, here: Path, serve: Serve) -> None:
    """Where no column makes the id: each is sent under its own, the same in each run, and they are counted."""
    (here / "map.yaml").write_text(MAP.replace("id: Deal ID\n", ""))
    (here / "crm.csv").write_text(HEADER + row(1) * 3 + row(2))
    first = serve()
    done = imported(bench)
    assert (done.exit_code, len(set(first.ids))) == (0, 8)
    assert "2 records the same as one before: each is sent, under an id of its own" in done.stdout
    second = serve()
    imported(bench, "--again")
    assert first.ids == second.ids


def test_an_id_that_stands_twice_is_told_and_not_sent(bench: Bench, here: Path, serve: Serve) -> None:
    """Where columns make it: two events of one id would be one at Dreamdata."""
    server = serve()
    (here / "crm.csv").write_text(HEADER + row(1) + row(2) + row(1, amount="2,00"))
    done = imported(bench)
    assert (done.exit_code, len(server.events)) == (1, 4)
    assert [(one["line"], one["event"], one["code"]) for one in errors(here / "crm.csv")] == [
        (4, "identify 1", "id_repeated"),
        (4, "track 1", "id_repeated"),
    ]
    assert "its id is that of line 2" in errors(here / "crm.csv")[0]["detail"]


def test_what_cannot_be_sent_is_told_by_line_and_without_content(bench: Bench, here: Path, serve: Serve) -> None:
    """The file of errors is its owner's, and has the record; the terminal has it not."""
    server = serve()
    (here / "crm.csv").write_text(
        HEADER + row(1) + row(2, amount="secret") + row(3, contact="") + row(4)[:9] + "\n" + row(5, created="secret")
    )
    done = imported(bench)
    assert (done.exit_code, len(server.events)) == (1, 2 + 1 + 0 + 1)
    assert [(one["line"], one["event"], one["code"]) for one in errors(here / "crm.csv")] == [
        (3, "track 1", "not_a_decimal"),
        (4, "identify 1", "identity_missing"),
        (4, "track 1", "identity_missing"),
        (5, "", "not_csv"),
        (6, "identify 1", "not_a_timestamp"),
    ]
    assert "secret" not in done.output
    assert errors(here / "crm.csv")[0]["record"] == row(2, amount="secret")
    assert stat.S_IMODE((here / "crm.csv.errors.jsonl").stat().st_mode) == 0o600
    assert "line 3: not_a_decimal: column 'Amount' is no number with ',' before its fraction" in done.stderr


def test_a_dry_run_needs_no_stack_and_counts(here: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """By type and by reason, and leaves nothing that would be gone on with."""
    monkeypatch.setattr("relay_cli.context.find_stack", lambda *_: pytest.fail("a stack was looked for"))
    (here / "crm.csv").write_text(HEADER + row(1) + row(2, amount="x") + row(3, contact=""))
    told = json.loads(imported(bench, "--dry-run", "--json").stdout)
    assert (told["records"], told["events"], told["by_type"]) == (3, 3, {"identify": 2, "track": 1})
    assert told["not_sent"] == {"not_a_decimal": 1, "identity_missing": 2}
    assert (told["earliest"], told["latest"]) == ("2024-03-31T00:30:00.000Z", "2024-03-31T10:00:00.000Z")
    assert not (here / "crm.csv.shop.import").exists()
    done = imported(bench, "--dry-run")
    assert done.exit_code == 1
    assert "3 records read, 3 events would be sent" in done.stdout


@pytest.mark.parametrize("trouble", [429, 500, 502, 503, 504, "before", "after"])
def test_a_batch_is_sent_again_with_the_same_ids(bench: Bench, here: Path, serve: Serve, trouble: Any) -> None:
    """After an answer that means later, and after none."""
    (here / "crm.csv").write_text(HEADER + "".join(map(row, range(300))))
    server = serve(None, trouble, trouble, None, trouble)
    done = imported(bench)
    assert (done.exit_code, len(set(server.ids))) == (0, 600)
    assert len(server.ids) == 600 + 100 * 3 * (trouble == "after")


@pytest.mark.parametrize(("status", "code"), [(400, 1), (401, 1), (404, 1), (413, 1)])
def test_an_answer_that_stays_ends_it(bench: Bench, here: Path, serve: Serve, status: int, code: int) -> None:
    """Once what was on its way is answered; then it goes on where it was."""
    (here / "crm.csv").write_text(HEADER + "".join(map(row, range(500))))
    server = serve(None, None, status, status, status, status, status, status, status, status, status)
    done = imported(bench)
    assert (done.exit_code, len(server.events)) == (code, 200)
    assert f"the relay answered {status}" in done.stderr
    assert "give the same command once more to go on" in done.stderr
    server.troubles.clear()
    assert imported(bench).exit_code == 0
    assert len(set(server.ids)) == len(server.ids) == 1000


def test_what_was_begun_anew_is_gone_on_with_without_that(bench: Bench, here: Path, serve: Serve) -> None:
    """The same command would begin anew once more."""
    (here / "crm.csv").write_text(HEADER + row(1))
    serve(400)
    assert "give the same command without --again to go on" in imported(bench, "--again").stderr


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        (429, 4, "the relay answers 429, also after 12 tries. When"),
        (503, 5, "the relay answers 503, also after 12 tries; 2 events may have been taken without an answer"),
        ("after", 5, "the relay does not answer (ProtocolError), also after 12 tries; 2 events may have been taken"),
    ],
)
def test_a_relay_that_stays_away_ends_it(
    bench: Bench, here: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, trouble: Any, status: int, said: str
) -> None:
    """After a number of tries; whether anything may have been taken all the same is said."""
    monkeypatch.setattr("relay_cli.history.posting.LONGEST_WAIT_S", 0.002)
    (here / "crm.csv").write_text(HEADER + row(1))
    server = serve(*[trouble] * 12)
    done = imported(bench)
    assert (done.exit_code, len(server.troubles)) == (status, 0)
    assert said in done.stderr
    assert imported(bench).exit_code == 0


def test_a_relay_that_is_not_there_ends_it(
    bench: Bench, here: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can have been taken."""
    monkeypatch.setattr("relay_cli.history.posting.LONGEST_WAIT_S", 0.002)
    (here / "crm.csv").write_text(HEADER + row(1))
    serve().__exit__()
    done = imported(bench)
    assert (done.exit_code, "is not reached (NewConnectionError)" in done.stderr) == (4, True)
    assert "may have been" not in done.stderr


def test_a_key_is_named(bench: Bench, here: Path, serve: Serve) -> None:
    """The wrong one is let in by nobody, and is not shown."""
    serve()
    (here / "crm.csv").write_text(HEADER + row(1))
    done = imported(bench, "--key", "wrong")
    assert (done.exit_code, "no-key" in done.output) == (1, False)
    assert "401" in done.stderr
    assert imported(bench, "--key", "nobody").exit_code == 2


def test_what_the_relay_refuses_is_told_by_its_line(bench: Bench, here: Path, serve: Serve) -> None:
    """Its rules are looked at here first; those of a newer relay are not known here. A second run knows it still."""
    (here / "events.ndjson").write_text('{"type":"track","userId":"u","event":"E"}\n' * 3)
    server = serve()

    def refusing(*_: Any) -> Any:
        listed = [{"index": 1, "messageId": "m", "code": "of_tomorrow", "detail": "is new"}]
        return type("Answer", (), {"status": 200, "body": {"accepted": 2, "rejected": listed}})

    server.bench.intake = type("Intake", (), {"answer": staticmethod(refusing)})  # type: ignore[assignment]
    for _ in range(2):
        done = bench.run("import", "events.ndjson")
        assert done.exit_code == 1
        assert "3 records read, 2 events taken, 1 refused by the relay" in done.stdout
        ((line, code),) = [(one["line"], one["code"]) for one in errors(here / "events.ndjson")]
        assert (line, code) == (2, "of_tomorrow")
    assert len(server.bodies) == 1


def test_what_answers_must_be_a_relay(bench: Bench, here: Path, serve: Serve) -> None:
    """A 200 that does not add up is no promise."""
    (here / "events.ndjson").write_text('{"type":"track","userId":"u","event":"E"}\n')
    server = serve()
    for body in ({"success": True}, {"accepted": 0, "rejected": []}):
        answer = type("Answer", (), {"status": 200, "body": body})
        server.bench.intake = type("Intake", (), {"answer": staticmethod(lambda *_, a=answer: a)})  # type: ignore[assignment]
        assert bench.run("import", "events.ndjson").exit_code == 5


def test_events_of_a_file_go_as_they_are(bench: Bench, here: Path, serve: Serve) -> None:
    """Without a map; those without an id get one that the next run gives them again, also where they are the same."""
    lines = [
        '{"type":"track","userId":"u1","event":"A","messageId":"own","properties":{"price":1.10}}',
        '{"type":"identify","userId":"u1","traits":{"x":NaN}}',
        '{"type":"identify","userId":"u1","messageId":null}',
        '{"type":"identify","userId":"u1","messageId":null}',
    ]
    (here / "events.ndjson").write_text("\n".join(lines) + "\nno JSON\n[1]\n")
    servers = [serve()]
    done = bench.run("import", "events.ndjson")
    assert done.exit_code == 1
    assert [(one["line"], one["code"]) for one in errors(here / "events.ndjson")] == [
        (5, "not_json"),
        (6, "event_not_object"),
    ]
    assert "4 events without a timestamp" in done.stdout
    assert "own" in servers[0].ids
    assert len(set(servers[0].ids)) == 4
    assert '"price":1.10' in servers[0].bench.sqs.bodies("https://sqs.test/queue")[0]
    servers.append(serve())
    bench.run("import", "events.ndjson", "--again")
    assert servers[0].ids == servers[1].ids
    (here / "events.json").write_text(json.dumps([json.loads(lines[0]), json.loads(lines[2])], indent=2))
    assert bench.run("import", "events.json").exit_code == 0


def test_values_of_json_are_mapped(bench: Bench, here: Path, serve: Serve) -> None:
    """By their paths; a number keeps its digits, an object stays one."""
    (here / "map.yaml").write_text(
        "events:\n"
        "  - type: identify\n"
        "    userId: contact.id\n"
        "    traits:\n"
        "      score: {column: score, type: decimal}\n"
        "      tags: {column: tags, type: json}\n"
        "      name: {column: contact.name, type: json}\n"
    )
    (here / "people.json").write_text(
        '{"batch": [{"contact": {"id": 17, "name": "5"}, "score": 1.10, "tags": ["a"]}, {"contact": null}, 5]}'
    )
    server = serve()
    done = bench.run("import", "people.json", "--map", "map.yaml")
    assert done.exit_code == 1
    (event,) = server.events
    assert (event["userId"], event["traits"]) == ("17", {"score": 1.1, "tags": ["a"], "name": "5"})
    assert '"score":1.10' in server.bench.sqs.bodies("https://sqs.test/queue")[0]
    assert [(one["line"], one["code"]) for one in errors(here / "people.json")] == [
        (1, "identity_missing"),
        (1, "not_json"),
    ]


def test_a_changed_file_or_map_is_not_gone_on_with(bench: Bench, here: Path, serve: Serve) -> None:
    """Which of the two is said; --again begins anew."""
    server = serve()
    (here / "crm.csv").write_text(HEADER + row(1))
    assert imported(bench).exit_code == 0
    (here / "crm.csv").write_text(HEADER + row(1) + row(2))
    done = imported(bench)
    assert (done.exit_code, "the file has changed since" in done.stderr) == (2, True)
    (here / "crm.csv").write_text(HEADER + row(1))
    (here / "map.yaml").write_text(MAP + "# more\n")
    done = imported(bench)
    assert (done.exit_code, "the map has changed since" in done.stderr) == (2, True)
    assert len(server.events) == 2
    assert imported(bench, "--again").exit_code == 0


def test_a_journal_that_was_cut_off_is_read_up_to_there(bench: Bench, here: Path, serve: Serve) -> None:
    """A crash of the machine in the middle of a line, also of the first."""
    (here / "crm.csv").write_text(HEADER + "".join(map(row, range(300))))
    server, journal = serve(), here / "crm.csv.shop.import"
    assert imported(bench).exit_code == 0
    lines = journal.read_bytes().splitlines(keepends=True)
    for kept, left in ((b"".join(lines[:4]) + lines[4][:10], 300), (lines[0][:20], 600), (b"", 600)):
        journal.write_bytes(kept)
        before = len(server.ids)
        assert imported(bench).exit_code == 0
        assert len(server.ids) - before == left
    assert len(set(server.ids)) == 600
    journal.write_text("somebody else's")
    assert imported(bench).exit_code == 2
    assert journal.read_text() == "somebody else's"
    journal.write_bytes(lines[0] + b"{}{}\n")
    assert "is damaged: --again begins anew" in imported(bench).stderr


def test_two_at_once_do_not_send_the_same(bench: Bench, here: Path, serve: Serve) -> None:
    """The second one says so."""
    (here / "crm.csv").write_text(HEADER + row(1))
    server = serve()
    with (here / "crm.csv.shop.import").open("w") as journal:
        fcntl.flock(journal, fcntl.LOCK_EX)
        done = imported(bench)
    assert (done.exit_code, "another import of this file is running" in done.stderr) == (2, True)
    assert not server.bodies


def test_what_an_extra_brings_is_named_where_it_is_missing(
    bench: Bench, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maps are read by a package that other commands do not need."""
    for name in [name for name in sys.modules if name.startswith(("relay_cli.history.", "yaml"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delattr("relay_cli.history.running")
    done = imported(bench)
    assert (done.exit_code, "pipx install '.[import]'" in done.stderr) == (2, True)


def test_connections_are_kept(bench: Bench, here: Path, serve: Serve) -> None:
    """As many as are wished, for any number of batches."""
    server = serve()
    (here / "crm.csv").write_text(HEADER + "".join(map(row, range(400))))
    assert imported(bench, "--connections", "2").exit_code == 0
    assert len(server.bodies) == 8
    assert server.connections <= 2


def test_a_rate_bounds_what_is_sent_at_once(bench: Bench, here: Path, serve: Serve) -> None:
    """No batch is larger than what may go in a second."""
    server = serve()
    (here / "crm.csv").write_text(HEADER + "".join(map(row, range(10))))
    assert imported(bench, "--rate", "200").exit_code == 0
    assert imported(bench, "--rate", "7", "--again", "--connections", "1").exit_code == 0
    assert [body.count(b'"messageId"') for body in server.bodies] == [20, 7, 7, 6]


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("crm.csv", b"a;b\n", (), "CSV needs a map of its columns"),
        ("crm.xls", b"a;b\n", (), "the format of crm.xls is not told by its name: --format csv, ndjson, json"),
        ("crm.csv", "a;bé\n".encode("cp1252"), ("--map", "map.yaml"), "the text is not UTF-8; it looks like cp1252"),
        (
            "crm.csv",
            "a;b\n".encode("utf-16-le") * 9,
            ("--map", "map.yaml"),
            "looks like utf-16-le: --encoding",
        ),
        ("crm.csv", b"a;b\n", ("--map", "map.yaml"), "map.yaml, line 5: the file has no column 'Deal ID'"),
        ("crm.csv", b"a\n", ("--map", "map.yaml", "--encoding", "no-such"), "there is no encoding 'no-such'"),
        ("crm.csv", b"PK\x03\x04", ("--map", "map.yaml"), "an Excel workbook, and no text: save it as CSV"),
        ("crm.csv", b"\x1f\x8b", ("--map", "map.yaml"), "is gzip, and no text: gunzip"),
        ("events.json", b'[{"a": 1}, {"a"', (), "the value that begins in line 1 is not JSON"),
        ("crm.csv", b"a;b\n", ("--map", "none.yaml"), "none.yaml cannot be read"),
    ],
)
def test_what_is_no_such_file_is_said(
    bench: Bench, here: Path, serve: Serve, name: str, content: bytes, options: tuple[str, ...], said: str
) -> None:
    """In a line, with what to do; nothing is sent."""
    server = serve()
    (here / name).write_bytes(content)
    done = bench.run("import", name, *options)
    assert (done.exit_code, server.bodies) == (2, [])
    assert said in done.stderr
    assert bench.run("import", "nowhere.csv", "--map", "map.yaml").exit_code == 2


def test_what_cannot_be_read_twice_is_no_file(bench: Bench, here: Path, serve: Serve) -> None:
    """A pipe would be empty when it is read to be sent."""
    serve()
    os.mkfifo(here / "crm.csv")
    for name in ("crm.csv", "."):
        done = bench.run("import", name, "--map", "map.yaml", "--format", "csv")
        assert (done.exit_code, f"{name} is no file" in done.stderr) == (2, True)


def test_a_wrong_encoding_is_told_with_its_line(bench: Bench, here: Path, serve: Serve) -> None:
    """And with the right one all is as it should be."""
    server = serve()
    (here / "crm.csv").write_bytes((HEADER + row(1, name="Hans") + row(2)).encode("cp1252"))
    done = imported(bench)
    assert (done.exit_code, server.bodies) == (2, [])
    assert "crm.csv, line 3: the text is not UTF-8; it looks like cp1252: --encoding cp1252" in done.stderr
    assert imported(bench, "--encoding", "cp1252").exit_code == 0
    assert server.events[2]["traits"]["name"] == "Søren 2"
    for encoding in ("utf-16", "utf-8-sig"):
        (here / "crm.csv").write_text(HEADER + row(3), encoding=encoding)
        assert imported(bench, "--again").exit_code == 0
    assert server.events[-1]["userId"] == server.events[-3]["userId"] == "c3"


def test_a_file_that_is_not_there_is_told_so_whatever_it_would_need(bench: Bench, here: Path) -> None:
    """And not told to be drafted a map of, which fails for the same reason."""
    done = bench.run("import", "nowhere.csv", "--dry-run")

    assert (done.exit_code, done.stderr.splitlines()[-1]) == (
        2, "relay: nowhere.csv cannot be read: No such file or directory",
    )  # fmt: skip
