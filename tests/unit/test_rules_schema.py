"""The schema that editors check rules.yaml by says what the compiler says."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from rules_compiler import compiled
from rules_compiler.actions import _ACTIONS
from tests.unit.rules_files import BAD, EXAMPLE, GOOD, Bad

RULES = Path(__file__).resolve().parents[2] / "layers" / "rules"
SCHEMA: dict[str, Any] = json.loads((RULES / "rules.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def accepts(text: str) -> bool:
    """As an editor does: by a reader of YAML that is not the compiler's."""
    return bool(VALIDATOR.is_valid(yaml.safe_load(text)))


def test_the_schema_is_one() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", GOOD)
def test_what_is_compiled_the_schema_accepts(text: str) -> None:
    assert accepts(text.removeprefix("\ufeff"))


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.problems[0][2])
def test_what_is_refused_the_schema_refuses_where_it_can_see_it(bad: Bad) -> None:
    assert accepts(bad.text) == bad.beyond_schema


def test_few_faults_are_beyond_the_schema() -> None:
    assert sum(bad.beyond_schema for bad in BAD) < len(BAD) / 6


def test_the_schema_knows_every_action() -> None:
    named = [next(iter(one["properties"])) for one in SCHEMA["$defs"]["action"]["oneOf"]]
    assert named == list(_ACTIONS)


def test_the_rules_that_are_shipped_name_their_schema_and_are_none() -> None:
    """Rules are off by default."""
    text = (RULES / "rules.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=./rules.schema.json\n")
    assert EXAMPLE.startswith("# yaml-language-server: $schema=./rules.schema.json\n")
    assert accepts(text)
    assert json.loads(compiled(text.encode()))["rules"] == []


def test_the_commented_examples_are_rules() -> None:
    """Whoever takes the signs off has a file that is compiled."""
    text = (RULES / "rules.yaml").read_text()
    lines = text.partition("# rules:\n")[2].splitlines()
    uncommented = "version: 1\nrules:\n" + "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines) + "\n"
    assert accepts(uncommented)
    assert len(json.loads(compiled(uncommented.encode()))["rules"]) == 3
