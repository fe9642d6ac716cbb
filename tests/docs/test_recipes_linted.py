"""docs/recipes.md: every template is sound CloudFormation; the linter takes half a second for each."""

import pytest
from cfnlint.api import ManualArgs, lint

from tests.docs.recipes import recipes

RECIPES = recipes()


def findings(template: str) -> list[str]:
    """The linter's errors and warnings."""
    # Where all services are; a region without one of them is no fault of the page.
    found = lint(template, config=ManualArgs(regions=["us-east-1"]))
    return [str(finding) for finding in found if finding.rule.severity != "informational"]


@pytest.mark.parametrize("name", RECIPES)
def test_every_template_passes_the_linter(name: str) -> None:
    """No error and no warning, as for the relay's own template."""
    assert findings(RECIPES[name]) == []


def test_the_linter_finds_a_fault() -> None:
    """A linter that is asked in the wrong way finds nothing at all."""
    assert findings(RECIPES["A pipe"].replace("RoleArn", "RoleName"))
