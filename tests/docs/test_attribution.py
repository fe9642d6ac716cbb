"""docs/attribution.md has every rule, with what the code says of it and examples that it finds."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dreamdata_relay.attribution.checking import Checker
from dreamdata_relay.attribution.rules import RULES, Rule
from relay_cli.app import app
from relay_cli.check import command, running
from tests.attribution.corpus import LATEST, OWN, text_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "attribution.md").read_text()
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n### ")[1:]}
SHOWN = [
    {"type": "identify", "userId": "u-1", "traits": {"email": "jo@acme.io"}},
    {"type": "identify", "userId": "u-2", "traits": {"email": "kim@gmail.com"}},
    {"type": "track", "userId": "u-1", "event": "Signed Up", "context": {"campaign": {"name": "spring"}}},
    {"type": "track", "userId": "u-3", "event": "Signed Up"},
]
WITH_EXAMPLE = [rule for rule in RULES if rule.found]


def found(line: str) -> set[str]:
    """The rules that an example breaks."""
    value: dict[str, Any] = json.loads(line)
    assert running.refused_as(text_of(value)) is None, "the relay takes it"
    return {finding.rule for finding in Checker(own_domains=OWN).check(line.encode(), LATEST).findings}


def examples_of(rule: Rule) -> list[str]:
    return re.findall(r"^\{.*\}$", SECTIONS[rule.name], re.MULTILINE)


def test_the_page_has_the_rules_in_their_order_and_no_other() -> None:
    assert list(SECTIONS) == [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_has_its_cost_fix_and_sources(rule: Rule) -> None:
    section = SECTIONS[rule.name]

    assert "**What it costs:** " in section
    assert f"**What to do:** {rule.fix}." in section
    assert re.findall(r"\]\((https://[^)]+)\)", section) == list(rule.sources)


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.name)
def test_the_first_example_breaks_the_rule_and_the_second_does_not(rule: Rule) -> None:
    breaks, keeps = examples_of(rule)

    assert rule.name in found(breaks)
    assert rule.name not in found(keeps)


def test_an_example_breaks_hardly_anything_else() -> None:
    """So that a reader sees what it is about."""
    others = [found(examples_of(rule)[0]) - {rule.name} for rule in WITH_EXAMPLE]

    assert max(map(len, others)) <= 1


def test_the_page_names_every_option() -> None:
    options = {f"--{name.replace('_', '-')}" for name in command.check.__annotations__} - {
        "--context",
        "--file",
        "--return",
    }

    assert len(options) == 5
    assert all(option in PAGE for option in options)


def test_the_page_shows_what_the_command_prints() -> None:
    shown = PAGE.split("```")[1].strip()
    done = CliRunner().invoke(app, ["check", "-"], input="\n".join(map(json.dumps, SHOWN)))

    assert done.stdout.strip() == shown
