"""rules.yaml becomes rules.json; what is wrong with it is told with its place, all at once."""

import hashlib
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from dreamdata_relay.events.rules import EVENT_TYPES
from dreamdata_relay.privacy import model
from dreamdata_relay.privacy import paths as engine
from dreamdata_relay.privacy.rules import rules_of
from rules_compiler import RulesInvalid, actions, compiled, compiled_file, compiling, paths
from rules_compiler.problems import MOST_PROBLEMS
from tests.unit.rules_files import BAD, EXAMPLE, GOOD, Bad, of_action, of_rule


def of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(compiled(text.encode()))
    return found


def action(text: str) -> dict[str, Any]:
    (rule,) = of(of_action(text))["rules"]
    (only,) = rule["actions"]
    return dict(only)


@pytest.mark.parametrize("text", GOOD)
def test_a_good_file_is_compiled(text: str) -> None:
    assert of(text)["format"] == 1


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.problems[0][2])
def test_a_bad_file_is_refused_with_line_column_and_reason(bad: Bad) -> None:
    with pytest.raises(RulesInvalid) as raised:
        compiled(bad.text.encode())

    found = raised.value.problems
    assert [problem[:2] for problem in found] == [problem[:2] for problem in bad.problems]
    for problem, (_, _, reason) in zip(found, bad.problems, strict=True):
        assert reason in problem.reason


def test_the_example_of_the_format_is_compiled_as_the_functions_read_it() -> None:
    found = of(EXAMPLE)
    first, second = found["rules"]
    assert found["needs_keys"] is True
    assert first == {
        "name": "no-ips",
        "types": ["track", "page"],
        "events": ["Order *"],
        "keys": ["shop"],
        "sources": ["http", "queue", "sns", "eventbridge"],
        "consent": {
            "category": "marketing",
            "at": ["context", "consent", "categoryPreferences"],
            "otherwise": "company_level",
            "missing": "deny",
        },
        "actions": [
            {"do": "drop", "at": [["context", "ip"]]},
            {"do": "allow_only", "at": [["traits"]], "members": ["email", "hashedEmail", "company"]},
            {"do": "pseudonymise", "at": [["userId"], ["properties", "phone"]]},
            {"do": "pseudonymise_email", "at": [["traits", "email"]]},
            {"do": "hash", "at": [["traits", "hashedEmail"]]},
            {"do": "truncate_ip", "at": [["properties", "address"]]},
            {"do": "strip_query", "at": [["context", "page", "url"]], "keep": ["utm_*"]},
            {"do": "mask", "at": [["properties", "card"]], "keep_last": 4},
            {"do": "truncate", "at": [["properties", "comment"]], "characters": 100},
            {"do": "set", "at": [["properties", "brand"]], "to": '"x"'},
        ],
    }
    assert second == {"name": "tests", "events": ["Test *"], "actions": [{"do": "drop_event"}]}


def test_without_rules_there_is_no_version() -> None:
    """By which the functions know that there is nothing to do."""
    assert of("version: 1\nrules: []\n") == {"format": 1, "version": "", "needs_keys": False, "rules": []}


def test_the_version_is_of_all_the_rest() -> None:
    found = of(EXAMPLE)
    version = found.pop("version")
    canonical = json.dumps(found, sort_keys=True, separators=(",", ":")).encode()
    assert version == hashlib.sha256(canonical).hexdigest()[:16]


def test_comments_and_spelling_do_not_change_the_version_and_everything_else_does() -> None:
    """Messages on the queue are judged again when it changes."""
    same = "# said otherwise\nversion: 1\nrules: [{do: [{drop: [a.b]}], name: 'a'}]\n"
    assert of(of_action("drop: a.b"))["version"] == of(same)["version"]
    assert of(of_action("drop: a.b"))["version"] != of(of_action("drop: a.c"))["version"]


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("context.ip", ["context", "ip"]),
        ("traits.address.*", ["traits", "address", "\0*"]),
        ("properties.**.token", ["properties", "\0**", "token"]),
        ("products[].sku", ["products", "\0[]", "sku"]),
        ("a[][]", ["a", "\0[]", "\0[]"]),
        ("*[].a", ["\0*", "\0[]", "a"]),
        ('traits."a.b"', ["traits", "a.b"]),
        ('traits."*"[]', ["traits", "*", "\0[]"]),
        ('"é.*"', ["é.*"]),
        ("traits.first name", ["traits", "first name"]),
        ("a.$ref.@id", ["a", "$ref", "@id"]),
    ],
)
def test_paths_are_compiled_to_steps(path: str, steps: list[str]) -> None:
    assert action(f"drop: {json.dumps(path)}")["at"] == [steps]


@pytest.mark.parametrize(
    ("to", "text"),
    [
        ("1.50", "1.50"),
        ("-0", "-0"),
        ("true", "true"),
        ("null", "null"),
        ("~", None),
        ("''", '""'),
        ('"é\\n"', '"é\\n"'),
    ],
)
def test_a_constant_is_json_text(to: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(RulesInvalid, match="write it in quotes"):
            action(f"set: {{at: a.b, to: {to}}}")
    else:
        assert action(f"set: {{at: a.b, to: {to}}}")["to"] == text


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (of_action("pseudonymise: userId"), True),
        (of_action("pseudonymise_email: traits.email"), True),
        (of_rule("require_consent: {category: m, at: a, otherwise: company_level}"), True),
        (of_rule("require_consent: {category: m, at: a}"), False),
        (of_action("hash: traits.email"), False),
    ],
)
def test_keys_are_needed_where_pseudonyms_are_made(text: str, needed: bool) -> None:
    assert of(text)["needs_keys"] is needed


def test_all_problems_are_told_at_once_in_the_files_order() -> None:
    text = of_action("drip: a") + "  - name: B\n    do: [{drop: type}, {mask: {at: 'a..b'}}]\n"
    with pytest.raises(RulesInvalid) as raised:
        compiled(text.encode(), "privacy/rules.yaml")
    assert [line.split(": ")[0] for line in str(raised.value).splitlines()] == [
        "privacy/rules.yaml:5:9",
        "privacy/rules.yaml:6:11",
        "privacy/rules.yaml:7:17",
        "privacy/rules.yaml:7:36",
    ]


def test_what_the_file_says_is_told_on_one_printable_line() -> None:
    text = of_action('"dr\\e[31m\\nip": a')
    with pytest.raises(RulesInvalid) as raised:
        compiled(text.encode())
    assert len(str(raised.value).splitlines()) == 1
    assert str(raised.value).isprintable()


def test_too_many_problems_end_the_reading() -> None:
    text = "version: 1\nrules:\n" + "  - {}\n" * 99
    with pytest.raises(RulesInvalid) as raised:
        compiled(text.encode())
    assert len(raised.value.problems) == MOST_PROBLEMS
    assert str(raised.value).endswith("there is more; mend these first")


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(EXAMPLE)
    assert compiled_file(file) == compiled(EXAMPLE.encode())


@pytest.mark.parametrize("text", GOOD)
def test_what_is_compiled_the_functions_read(text: str) -> None:
    """The two know the format apart from each other: the compiler is not in the functions."""
    built = compiled(text.encode())
    read = rules_of(built)
    assert (read is None) == (not json.loads(built)["rules"])
    assert read is None or (read.version, read.needs_keys) == (of(text)["version"], of(text)["needs_keys"])


@pytest.mark.parametrize("to", ["1e400", "-1e999", "1" * 50])
def test_a_constant_that_not_every_reader_of_json_takes_is_refused(to: str) -> None:
    with pytest.raises(RulesInvalid, match="readers of JSON do not take"):
        action(f"set: {{at: a.b, to: {to}}}")


def test_the_compiler_and_the_functions_mean_the_same_format() -> None:
    assert (compiling.FORMAT, compiling.EVENT_TYPES) == (model.FORMAT, EVENT_TYPES)
    assert (paths.ANY, paths.ANY_DEPTH, paths.ITEM) == (engine.ANY, engine.DEEP, engine.ITEMS)
    assert tuple(actions._ACTIONS) == get_args(model.Do.__value__)


@pytest.mark.parametrize("pattern", ["*a*", "a*", "*a", "a*b", "a*b*", "*" + "a" * 98 + "b"])
def test_no_pattern_that_is_compiled_takes_long_for_a_hostile_name(pattern: str) -> None:
    """The test's own time-out would end it: a pattern with a `*` more takes minutes for this name."""
    compiled_rules = compiled(of_rule(f"match: {{event: '{pattern}'}}", "do: [{drop_event: true}]").encode())
    rules = rules_of(compiled_rules)
    assert rules
    event = b'{"type":"track","userId":"u","event":"' + b"a" * 490_000 + b'c"}'
    assert rules.judged(event, "queue", None).text in (None, event)
