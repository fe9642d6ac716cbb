"""docs/privacy.md says what the compiler and the engine do, and its ready rules do what their cases say."""

import re
from pathlib import Path

import pytest

from dreamdata_relay.privacy.company_level import COMPANY_TRAITS
from relay_cli.rules.cases import Case, cases_in, run
from relay_cli.rules.files import read_rules
from relay_cli.rules.trying import Trial, Tried
from rules_compiler import actions, compiled, compiling, paths, yaml_tree

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "privacy.md").read_text()
GALLERY = ROOT / "layers" / "rules" / "gallery"
READY = sorted(path.name for path in GALLERY.iterdir())
CASES = cases_in(GALLERY, None)


def section(name: str) -> str:
    """The text below a heading of the second level."""
    return TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def tried(case: Case) -> Tried:
    return Trial(case.compiled, "http:default").of(case.file(".before.json").read_bytes().strip())


def test_what_is_asked_for_is_ready() -> None:
    assert READY == ["ad-platform-hashes", "company-level-only", "gdpr-minimum", "no-ips"]


@pytest.mark.parametrize("name", READY)
def test_the_page_shows_the_rules_as_they_are_in_the_gallery(name: str) -> None:
    first, *lines = (GALLERY / name / "rules.yaml").read_text().splitlines()
    assert first == "# yaml-language-server: $schema=../../rules.schema.json"
    assert "\n".join(f"    {line}" for line in lines) in section("Ready rules")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_of_the_gallery_holds(case: Case) -> None:
    result = run(case, write=False)
    assert result.passed, result.detail


@pytest.mark.parametrize("name", READY)
def test_each_ready_rule_acts_in_a_case_and_leaves_another_alone(name: str) -> None:
    rules = {rule["name"] for rule in read_rules(GALLERY / name / "rules.yaml").value["rules"]}
    mine = [tried(case) for case in CASES if case.name.startswith(f"{name}/")]
    assert set().union(*(one.changed for one in mine)) == rules
    assert any(one.changed != tuple(rules) for one in mine)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_ready_rule_leaves_it_leaves_again(case: Case) -> None:
    after = tried(case).after
    assert after is not None
    assert Trial(case.compiled, "http:default").of(after).after == after


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_ready_rule_makes_an_event_that_is_refused(case: Case) -> None:
    assert tried(case).refused is None


def test_every_action_and_condition_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+):", section("Actions"), re.MULTILINE)
    assert rows == list(actions._ACTIONS)
    assert re.findall(r"^\| `(\w+)` \|", section("The file"), re.MULTILINE) == [
        "match",
        "type",
        "event",
        "key",
        "source",
    ]


def test_the_examples_are_rules() -> None:
    first, second = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert compiled(first.encode())
    indented = "\n".join(f"    {line}" for line in second.splitlines())
    assert compiled(f"version: 1\nrules:\n  - name: a\n{indented}\n".encode())


def test_the_paths_of_the_table_are_paths() -> None:
    table = re.findall(r"^\| `([^`]+)` \|", section("Paths"), re.MULTILINE)
    assert len(table) == 5
    assert all(paths.steps_of(path) for path in table)


def test_the_limits_are_the_compilers() -> None:
    text = " ".join(TEXT.split())
    assert f"At most {compiling.MOST_RULES} rules, {compiling.MOST_ACTIONS} actions in one" in text
    assert f"{yaml_tree.MAX_FILE_BYTES // 1000} kB in all" in text
    assert f"At most {paths.MOST_STEPS} steps" in text
    assert paths.MOST_DEEP_STEPS == 2


def test_what_company_level_keeps_of_a_person_is_listed() -> None:
    (row,) = re.findall(r"^\| `traits`, `context.traits` \| (.*) \|$", section("Consent"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) - {"name", "id"} <= set(COMPANY_TRAITS)


def test_what_try_shows_is_what_the_page_shows() -> None:
    event = b'{"type":"track","event":"Signed Up","userId":"u","context":{"ip":"203.0.113.7"}}'
    rules = compiled(b"version: 1\nrules: [{name: minimum, do: [{truncate_ip: context.ip}]}]\n")
    (change,) = Trial(rules, "http:default").of(event).changes
    shown = section("Trying rules")
    assert f"- {change.difference.path}: {change.difference.before}\n" in shown
    assert f"+ {change.difference.path}: {change.difference.after}    {change.rule}: {change.action}\n" in shown
