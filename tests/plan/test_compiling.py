"""The compiler: a wrong plan is told of by file, line and reason, and a right one becomes plan.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from plan_compiler import PlanInvalid, compiled_folder
from plan_compiler.keywords import FORMATS
from tests.plan.plans import DIALECT, faults, of_properties, write

TITLE = '{"title": "A",\n'


@pytest.mark.parametrize(
    ("file", "content", "fault"),
    [
        ("track/a.json", TITLE + '"type": "strin"}', "track/a.json:2:1: not a schema"),
        (
            "track/a.json",
            TITLE + '"tpye": "string"}',
            "track/a.json:2:1: there is no keyword 'tpye'; did you mean type?",
        ),
        ("track/a.json", TITLE + '"labels": {}}', "track/a.json:2:1: there is no keyword 'labels'; "),
        (
            "track/a.json",
            TITLE + '"format": "mail"}',
            "track/a.json:2:1: there is no format 'mail'; did you mean email?",
        ),
        ("track/a.json", TITLE + '"required": "a"}', "track/a.json:2:1: not a schema"),
        ("track/a.json", TITLE + '"properties": {\n"b": 1}}', "track/a.json:3:1: a schema is an object, true or false"),
        ("track/a.json", TITLE + '"allOf": [{}, \n 1]}', "track/a.json:3:2: a schema is an object, true or false"),
        ("track/a.json", TITLE + '"pattern": "(?=a)"}', "track/a.json:2:1: no pattern that is matched in linear time"),
        (
            "track/a.json",
            TITLE + '"pattern": "(a)\\\\1"}',
            "track/a.json:2:1: no pattern that is matched in linear time",
        ),
        ("track/a.json", TITLE + '"pattern": "("}', "track/a.json:2:1: no pattern that is matched in linear time"),
        (
            "track/a.json",
            TITLE + '"patternProperties": {"(?=a)": {}}}',
            "track/a.json:2:23: no pattern that is matched",
        ),
        ("track/a.json", TITLE + '"$id": "a"}', "track/a.json:2:1: $id is not read: a schema's place"),
        (
            "track/a.json",
            TITLE + '"items": {"$dynamicRef": "#"}}',
            "track/a.json:2:11: $dynamicRef is not read: use $ref",
        ),
        ("track/a.json", TITLE + '"dependencies": {}}', "track/a.json:2:1: dependencies is not read: in draft 2020-12"),
        (
            "track/a.json",
            TITLE + '"$schema": "http://json-schema.org/draft-07/schema#"}',
            "track/a.json:2:1: schemas are",
        ),
        ("track/a.json", "[]", "track/a.json:1:1: a file of a plan holds one schema, an object"),
        ("track/a.json", "{}", "track/a.json:1:1: the schema names its event in title"),
        ("track/a.json", '{\n"title": ""}', "track/a.json:2:1: the schema names its event in title"),
        ("track/a.json", '{"title": "A",\n"x-event": 1}', "track/a.json:2:1: the schema names its event in title"),
        ("track/a.json", '{"title": "A"', "track/a.json:1:14: not JSON: , is missing"),
        ("track/a.json", "", "track/a.json:1:1: not JSON: it ends early"),
        ("track/a.json", '{"title": "A",\n"title": "B"}', "track/a.json:2:1: 'title' stands twice"),
        ("track/a.json", '{"title": NaN}', "track/a.json:1:11: not JSON: no value"),
        ("track/a.json", '{"title": "\\ud800"}', "track/a.json:1:11: a text holds half a surrogate pair"),
        ("track/a.json", '{"title": "A"} {}', "track/a.json:1:16: there is something behind the value"),
        ("track/a.json", '{"title": "A",}', "track/a.json:1:15: not JSON: a member's name or } is missing"),
        ("tracks.json", "{}", "tracks.json:1:1: tracks.json plans nothing: here belong common.json and"),
        ("tracks/a.json", '{"title": "A"}', "tracks/a.json:1:1: no schema refers to it; events are planned in track"),
        (
            "track/shop/a.json",
            '{"title": "A"}',
            "track/shop/a.json:1:1: the files of track events are directly in track",
        ),
        ("identify/a.json", '{"title": "A"}', "identify/a.json:1:1: events of type identify have no name: one file"),
        ("track/a.yaml", "title: A", "track/a.yaml:1:1: no file of a plan: schemas end in .json"),
        ("settings.yaml", "version: 1\nmode: stop", "settings.yaml:2:7: 'stop' is no value of mode; known are off"),
        ("settings.yaml", "mode: warn", "settings.yaml:1:1: the file has no version"),
        ("settings.yaml", "version: 2", "settings.yaml:1:10: version is 1"),
        ("settings.yaml", "version: 1\nmodes:\n  - mode: warn", "settings.yaml:3:5: an entry of modes has no match"),
        (
            "settings.yaml",
            "version: 1\nmodes:\n  - match: {}\n    mode: warn",
            "settings.yaml:3:12: match has no condit",
        ),
        (
            "settings.yaml",
            "version: 1\nmodes:\n  - match: {key: a b}\n    mode: off",
            "settings.yaml:3:13: no relay key's",
        ),
        (
            "settings.yaml",
            "version: 1\nmodes:\n  - match: {kind: bad}\n    mode: off",
            "settings.yaml:3:19: 'bad' is no value of kind",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, file: str, content: str, fault: str) -> None:
    found = faults(tmp_path, {file: content})
    assert [line[: len(fault)] for line in found] == [fault]


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    files = {"track/a.json": {"title": "A", "x": 1, "y": 2}, "page/b.json": {"title": "B", "format": "c"}}
    assert len(faults(tmp_path, files)) == 3


def test_two_files_cannot_plan_one_event(tmp_path: Path) -> None:
    found = faults(tmp_path, {"track/a.json": {"title": "A"}, "track/b.json": {"title": "Shop", "x-event": "A"}})
    assert found == ["track/b.json:1:1: 'A' is planned in track/a.json, too"] or found == [
        "track/b.json:2:3: 'A' is planned in track/a.json, too"
    ]


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("https://example.com/a.json", "it leads out of the plan's folder; nothing is fetched"),
        ("file:///etc/passwd", "it leads out of the plan's folder; nothing is fetched"),
        ("//example.com/a.json", "it leads out of the plan's folder; nothing is fetched"),
        ("/etc/passwd", "it leads out of the plan's folder; nothing is fetched"),
        ("../../outside.json", "there is no file ../outside.json in the plan's folder"),
        ("%2e%2e/%2e%2e/outside.json", "there is no file ../outside.json in the plan's folder"),
        ("no.json", "there is no file track/no.json in the plan's folder"),
        ("#/$defs/no", "there is nothing at that place"),
        ("#/title", "there is no schema at that place"),
        ("#no", "there is no such $anchor"),
    ],
)
def test_a_reference_leads_nowhere_but_into_the_folder(tmp_path: Path, reference: str, reason: str) -> None:
    (tmp_path / "outside.json").write_text("{}")
    found = faults(tmp_path / "plan", {"track/a.json": {"title": "A", "$ref": reference}})
    assert len(found) == 1
    assert found[0].endswith(reason)


@pytest.mark.parametrize(
    "files",
    [
        {"track/a.json": {"title": "A", "properties": {"b": {"$ref": "#"}}}},
        {"track/a.json": {"title": "A", "$ref": "#/$defs/b", "$defs": {"b": {"allOf": [{"$ref": "#/$defs/b"}]}}}},
        {"track/a.json": {"title": "A", "$ref": "b.json"}, "track/b.json": {"title": "B", "$ref": "a.json"}},
    ],
)
def test_references_make_no_circle(tmp_path: Path, files: dict[str, Any]) -> None:
    assert any("it leads back to itself" in line for line in faults(tmp_path, files))


def test_an_anchor_and_a_pointer_lead_to_their_schemas(tmp_path: Path) -> None:
    schema = of_properties("A", properties={"b": {"$ref": "#here"}, "c": {"$ref": "#/$defs/x~1y/allOf/0"}})
    schema["$defs"] = {"h": {"$anchor": "here", "type": "string"}, "x/y": {"allOf": [{"type": "number"}]}}
    assert faults(tmp_path, {"track/a.json": schema}) == []


def test_extensions_annotations_and_the_dialect_are_allowed(tmp_path: Path) -> None:
    schema = {"$schema": DIALECT, "title": "A", "x-owner": "shop", "description": "d", "default": 1, "$comment": "c"}
    assert faults(tmp_path, {"track/a.json": schema, "README.md": "text", ".hidden/a": "no"}) == []


def test_a_member_may_have_the_name_of_a_keyword(tmp_path: Path) -> None:
    schema = of_properties("A", properties={"$ref": {"type": "string"}, "$id": {}, "format": {}, "colour": {}})
    assert faults(tmp_path, {"track/a.json": schema}) == []


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_is_checked_by_the_validator(name: str) -> None:
    """One that it did not know would be passed over."""
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)
    assert not validator.is_valid("[ %zz {\x00(")


def test_a_folder_that_is_none_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no folder"):
        compiled_folder(tmp_path / "no")


def test_the_version_changes_with_what_is_planned_and_with_nothing_else(tmp_path: Path) -> None:
    def version(name: str, files: dict[str, Any]) -> str:
        (tmp_path / name).mkdir()
        return str(json.loads(compiled_folder(write(tmp_path / name, files)))["version"])

    one = version("1", {"track/a.json": '{"title":"A","type":"object"}'})
    assert version("2", {"track/a.json": '{ "type": "object",\n"title": "A" }', "README.md": "x"}) == one
    assert version("3", {"track/a.json": '{"title":"A"}'}) != one
    assert version("4", {}) == ""


def test_too_many_problems_are_cut(tmp_path: Path) -> None:
    with pytest.raises(PlanInvalid) as raised:
        compiled_folder(write(tmp_path, {"track/a.json": {"title": "A", **{f"no{n}": 1 for n in range(200)}}}))
    assert len(raised.value.problems) == 50
    assert raised.value.lines()[-1].endswith("there is more; mend these first")
