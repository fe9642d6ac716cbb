"""docs/deploying.md: what it names exists, in the template, in the Makefile and in the command."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from tools.changes import is_allowed, parameters
from tools.transform import read_template

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "deploying.md").read_text()
OUTPUTS = read_template()["Outputs"]
_OVERRIDE = re.compile(r"\b([A-Z]\w+)=(\S+)")


def block(language: str) -> str:
    """The one block of code in the language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def settings() -> list[tuple[str, str]]:
    """Every parameter that an example sets, and its value where that is written out."""
    python = re.search(r"parameters=\{(.*?)\}", block("python"), re.DOTALL)
    terraform = re.search(r"parameters = \{(.*?)\}", block("hcl"), re.DOTALL)
    assert python
    assert terraform
    pipeline = next(run for run in runs() if "sam deploy" in run)
    return [
        *re.findall(r'"(\w+)": "([^"]*)"', python[1]),
        *((name, value.strip('"')) for name, value in re.findall(r"(\w+) += (\S+)", terraform[1])),
        *_OVERRIDE.findall(pipeline.partition("--parameter-overrides")[2]),
    ]


def runs() -> list[str]:
    """The pipeline's commands."""
    pipeline: dict[str, Any] = cfn_yaml.loads(block("yaml"))
    return [step["run"] for step in pipeline["jobs"]["deploy"]["steps"] if "run" in step]


@pytest.mark.parametrize(("name", "value"), settings())
def test_every_parameter_is_one_of_the_template_with_a_value_that_it_takes(name: str, value: str) -> None:
    assert name in parameters()
    if not value.startswith("aws_"):
        assert is_allowed(name, value)


def test_each_example_sets_parameters() -> None:
    assert len(settings()) >= 8


def test_every_output_is_one_of_the_template() -> None:
    named = re.findall(r"Outputs\.(\w+)", block("python")) + re.findall(r'outputs\["(\w+)"\]', block("hcl"))
    assert len(named) == 3
    assert set(named) <= OUTPUTS.keys()


def test_the_pipeline_builds_tests_deploys_and_looks() -> None:
    """In this order, with targets that there are."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = runs()
    made = [target for run in commands if run.startswith("make ") for target in run.split()[1:]]
    assert made == ["lint", "test", "build"]
    assert set(made) <= targets
    assert "sam deploy --config-env prod" in commands[-2]
    assert commands[-1].split()[1] == "smoke"
    stack = re.search(r"--stack (\S+)", commands[-1])
    assert stack
    assert f'stack_name = "{stack[1]}"' in (ROOT / "samconfig.toml").read_text()


def test_the_package_step_is_one_of_the_makefile() -> None:
    (line,) = re.findall(r"^    make package (.*)$", PAGE, re.MULTILINE)
    recipe = (ROOT / "Makefile").read_text().partition("\npackage:")[2].partition("\n\n")[0]
    assert all(f"$({name})" in recipe for name in re.findall(r"([A-Z_]+)=", line))


def test_the_examples_can_be_read() -> None:
    compile(block("python"), "deploying.md", "exec")
    trust = json.loads(block("json"))["Statement"][0]["Condition"]["StringEquals"]
    assert all("*" not in value for value in trust.values())
    assert block("hcl").count("{") == block("hcl").count("}")
