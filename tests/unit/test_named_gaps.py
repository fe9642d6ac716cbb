"""What the simulation does not reach has its reason by name: a name that no function has any more says nothing."""

import ast

import pytest

from tests.simulation.gaps import GAPS, reason_for
from tests.simulation.reach import PACKAGE, ROOT, gaps_of

NAMES = [name for names in GAPS.values() for name in names]


def functions_of(module: str) -> set[str]:
    source = (PACKAGE / module.replace(".", "/")).with_suffix(".py").read_text()
    return {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", NAMES)
def test_a_named_gap_is_in_a_function_that_there_is(name: str) -> None:
    module, _, function = name.rpartition(".")
    assert function in functions_of(module)


def test_no_gap_has_two_reasons() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_a_gap_is_told_by_its_function_and_one_that_nobody_named_has_no_reason() -> None:
    source = PACKAGE / "deliver" / "rounds.py"
    line = 1 + next(at for at, text in enumerate(source.read_text().splitlines()) if "return message.receives" in text)
    files = {str(source.relative_to(ROOT)): {"missing_lines": [line], "missing_branches": [[line - 1, line]]}}

    assert list(gaps_of({"files": files})) == [("deliver.rounds._is_suspect", f"{line}, {line - 1} to {line}")]
    assert reason_for("deliver.rounds._is_suspect") is None
