"""`relay import --sketch`: the draft is right about what is plain, says CHECK elsewhere, and can be used as it is."""

import json
from pathlib import Path

import pytest

from relay_cli.history.sketch.guessing import guess
from relay_cli.history.sketch.roles import member_of, words_of
from tests.cli.conftest import Bench

CRM = (
    "Contact ID;First name;E-mail;Company;Company ID;Country;Created;Newsletter;Deal ID;Amount;Closed;Employees\r\n"
    'C-1;Søren;s@example.com;"Acme; Ltd";7;Denmark;31.03.2024 14:05;ja;D-1;1.234,50;45382,5;12\r\n'
    "C-2;Ida;i@example.com;Beta;8;Norway;01.04.2024 09:00;nej;D-2;99,00;;7\r\n"
)


def sketched(bench: Bench, here: Path, name: str, content: bytes) -> str:
    """The draft, once nobody had to edit it for a dry run without an error."""
    (here / name).write_bytes(content)
    (here / "draft.yaml").unlink(missing_ok=True)
    done = bench.run("import", name, "--sketch", "draft.yaml")
    assert done.exit_code == 0, done.output
    assert f"relay --stack shop import --map draft.yaml --dry-run {name}" in done.stdout
    done = bench.run("import", name, "--map", "draft.yaml", "--dry-run", "--json")
    assert (done.exit_code, json.loads(done.stdout)["not_sent"]) == (0, {}), done.output
    return (here / "draft.yaml").read_text()


def test_a_crm_export_is_drafted(bench: Bench, here: Path) -> None:
    """Who, which company, what and when; types and the way that numbers are written; nothing of the file's contents."""
    text = sketched(bench, here, "crm-export-2024-03.csv", b"\xef\xbb\xbf" + CRM.encode())
    for line in (
        "source: crm-export",
        'csv: {delimiter: ";"}',
        'decimal: ","',
        "id: Contact ID  # tells the records apart: events get their messageId of it",
        "  - type: identify",
        "    userId: Contact ID",
        '    timestamp: {column: Created, format: "%d.%m.%Y %H:%M"}',
        "      firstName: First name",
        "      email: E-mail",
        "        country: Country",
        "    groupId: Company ID",
        "  - type: track",
        "    when: {column: Closed}  # only where there is one",
        "    event: {constant: Deal Created}  # CHECK: the name that Dreamdata shows",
        "    timestamp: {column: Closed, format: excel}  # days as Excel counts them",
        '      amount: {column: Amount, type: decimal, thousands: "."}',
        "      newsletter: {column: Newsletter, type: boolean, true_values: [ja], false_values: [nej]}",
        "      employees: {column: Employees, type: integer}",
    ):
        assert line in text.splitlines()
    assert "Acme" not in text
    assert "example.com" not in text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "id,x\n1,2\n"),
        ("a.csv", "x\nfoo\nfoo\n"),
        ("a.csv", '"a: b","#c","{d}","é\'""",true,""\n1,2,3,4,5,6\n'),
        ("a.csv", "a,a,b\n1,2,3\n"),
        ("a.tsv", "user_id\tplan\n1\tgold\n"),
        ("a.csv", "c-1,s@example.com,2024-01-31\nc-2,t@example.com,2024-02-01\n"),
        ("a.csv", "Email,Signed up\nx@example.com,01/02/2024\n"),
        ("a.csv", "Name;Straße\nMüller;Öl\n"),
        ("a.ndjson", '{"user": {"id": 7, "tags": ["a"]}, "at": 1711848600, "ok": true}\n'),
        ("a.json", '[{"id": "a", "amount": 1.5, "created": "2024-01-31T12:00:00Z"}, {"id": "b"}]'),
        ("a.csv", "invoice,total\n" + "".join(f'{n},"{n},5"\n' for n in range(2000))),
    ],
)
def test_any_draft_can_be_used_as_it_is(bench: Bench, here: Path, name: str, content: str) -> None:
    """Whatever the columns are called."""
    text = sketched(bench, here, name, content.encode())
    assert "\n  - type: identify\n    userId: " in text


def test_an_export_of_people_has_no_track(bench: Bench, here: Path) -> None:
    """Though a company's revenue stands in it."""
    text = sketched(
        bench, here, "people.csv",
        b"Record ID,First Name,Email,Primary Associated Company ID,Associated Company,Create Date,Annual Revenue\n"
        b"100,Ann,a@example.org,5000,Comp,2024-01-31 09:00,1000.0\n",
    )  # fmt: skip
    assert "  # - type: track" in text
    assert "\n  - type: track" not in text
    assert "    groupId: Primary Associated Company ID\n    timestamp: Create Date\n" in text
    assert "      company: Associated Company\n" in text


def test_an_old_encoding_is_drafted(bench: Bench, here: Path) -> None:
    """To be checked."""
    text = sketched(bench, here, "a.csv", "Navn;E-mail\nSøren Gødel;s@example.com\n".encode("cp1252"))
    assert "encoding: cp1252  # CHECK" in text
    assert "encoding: utf-16-le  # CHECK" in sketched(bench, here, "a.csv", "Name;E-mail\n1;2\n".encode("utf-16-le"))


def test_a_row_of_data_is_no_row_of_names(bench: Bench, here: Path) -> None:
    """The columns have to be named: what stands there would be somebody's."""
    text = sketched(bench, here, "a.csv", b"c-1,s@example.com\nc-2,t@example.com\n")
    assert 'csv: {delimiter: ",", columns: [column_1, column_2]}' in text
    assert "# CHECK: the first row looks like data" in text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ndjson", '{"type":"track","userId":"u","event":"E"}\n', "holds events already: import it without a map"),
        ("a.csv", "", "is empty"),
        ("a.csv", "\n\n", "is empty"),
        ("a.csv", ",,\n1,2,3\n", "has no columns that can be named"),
        ("a.json", "[1, 2]", "holds no record that is a JSON object"),
        ("a.json", "nope", "is not JSON"),
        ("a.bin", "x", "--format csv, ndjson, json"),
    ],
)
def test_what_can_have_no_map_is_said(bench: Bench, here: Path, name: str, content: str, said: str) -> None:
    """And nothing is written."""
    (here / name).write_text(content)
    done = bench.run("import", name, "--sketch", "draft.yaml")
    assert (done.exit_code, said in done.stderr) == (2, True)
    assert not (here / "draft.yaml").exists()


def test_no_map_is_overwritten(bench: Bench, here: Path) -> None:
    """It may have been edited for hours."""
    (here / "a.csv").write_text("id,x\n1,2\n")
    done = bench.run("import", "a.csv", "--sketch", "map.yaml")
    assert (done.exit_code, "map.yaml is there already" in done.stderr) == (2, True)
    assert bench.run("import", "a.csv", "--sketch", "d.yaml", "--map", "map.yaml").exit_code == 2


@pytest.mark.parametrize(
    ("name", "cells", "kind", "options"),
    [
        ("Total", ["1.234,50", "7"], "decimal", {"decimal": ",", "thousands": "."}),
        ("Total", ["1,234.50", "7"], "decimal", {"decimal": ".", "thousands": ","}),
        ("Total", ["1,234"], "decimal", {"decimal": ".", "thousands": ","}),
        ("Total", ["1.5", "-2"], "decimal", {"decimal": "."}),
        ("Count", ["1", "-2", ""], "integer", {}),
        ("Zip", ["2100", "8000"], "string", {}),
        ("OrderNumber", ["2100"], "string", {}),
        ("Number of employees", ["2100"], "integer", {}),
        ("Code", ["007"], "string", {}),
        ("Flag", ["Yes", "no"], "boolean", {}),
        ("Aktiv", ["Ja", "Nein"], "boolean", {"true_values": ["ja"], "false_values": ["nein"]}),
        ("Created at", ["1711848600"], "timestamp", {"format": "unix"}),
        ("Created at", ["1711848600123"], "timestamp", {"format": "unix_ms"}),
        ("Employees", ["45382"], "integer", {}),
        ("Closed", ["45382.25"], "timestamp", {"format": "excel", "decimal": "."}),
        ("X", ["2024-01-31", "2024-01-31T12:00:00+01:00"], "timestamp", {}),
        ("X", ["12/31/2024 11:59 PM"], "timestamp", {"format": "%m/%d/%Y %I:%M %p"}),
        ("X", ["31/12/2024"], "timestamp", {"format": "%d/%m/%Y"}),
        ("X", ["1 Feb 2024"], "timestamp", {"format": "%d %b %Y"}),
        ("X", ['{"a": 1}', "[]"], "json", {}),
        ("X", ["", ""], "string", {}),
        ("Phone", ["+45 12"], "string", {}),
    ],
)
def test_what_a_column_holds_is_guessed(name: str, cells: list[str], kind: str, options: dict[str, object]) -> None:
    """By its cells, and where these could be anything by its name."""
    found = guess(name, cells, prefers_comma=False)
    assert (found.type, found.options) == (kind, options)


def test_what_could_be_two_things_is_said() -> None:
    """The first of February, or the second of January."""
    assert guess("X", ["01/02/2024"], prefers_comma=False).comment.startswith("CHECK")
    assert guess("Total", ["1,234"], prefers_comma=True).options == {"decimal": ","}


def test_names_become_members() -> None:
    """As events spell them."""
    assert [member_of(name) for name in ("First Name", "e-mail", "DealID", "Straße (Größe)", "№")] == [
        "firstName", "eMail", "dealId", "strasseGrosse", "no",
    ]  # fmt: skip
    assert words_of("companyName_2") == "company name 2"
