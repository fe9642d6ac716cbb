"""The tool behind `make mutants`: what it takes for the domain, and that what may survive still fits the code."""

import ast
from pathlib import Path

import pytest

from tools import mutant_code
from tools.mutants import accepted, in_sample, key_of, modules, source_of

PERMITTED = accepted()


def test_the_domain_is_all_but_the_edges() -> None:
    known = modules()

    assert {"deliver.settlement", "ingest.service", "events.reading", "settings"} <= set(known)
    assert [name for name in known if name.startswith(("adapters", "startup"))] == []


@pytest.mark.parametrize("key", PERMITTED, ids=lambda key: f"{key[0]}.{key[1]}: {key[3][:40]}")
def test_an_accepted_mutant_fits_the_code(key: tuple[str, str, str, str]) -> None:
    """Else it says nothing any more about the code, and hides a mutant that nobody has looked at."""
    module, function, was, becomes = key

    assert was in function_in(source_of(module).read_text(), function)
    assert was != becomes
    assert len(PERMITTED[key]) > 10


def function_in(source: str, name: str) -> str:
    """The lines of a function, as `methods.of.classes` name it, without what they begin and end with."""
    body: list[ast.stmt] = ast.parse(source).body
    for part in name.split("."):
        found = next(node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == part)
        body = found.body
    lines = source.splitlines()[found.lineno - 1 : found.end_lineno]
    return "\n".join(line.strip() for line in lines)


def test_a_larger_share_holds_the_smaller_one_and_a_seed_draws_another() -> None:
    mutants = [{"function": "f", "was": ["a"], "becomes": [str(number)]} for number in range(400)]
    tenth, half, other = (
        [one["becomes"][0] for one in mutants if in_sample("m", one, share, seed)]
        for share, seed in ((10, 0), (50, 0), (10, 1))
    )

    assert 20 < len(tenth) < 60
    assert set(tenth) < set(half)
    assert tenth != other


def test_a_mutant_is_the_same_wherever_its_lines_stand() -> None:
    mutant = {"function": "f", "was": ["    a = 1"], "becomes": ["    a = 2"], "at": 3}
    moved = {"function": "f", "was": ["  a = 1"], "becomes": ["  a = 2"], "at": 30}

    assert key_of("m", mutant) == key_of("m", moved) == ("m", "f", "a = 1", "a = 2")


def test_a_function_gets_a_mutants_code_that_uses_less_of_what_surrounds_it(tmp_path: Path) -> None:
    source = tmp_path / "some.py"
    source.write_text("class Some(str):\n    def __init__(self, text):\n        super().__init__()\n")
    names: dict[str, type] = {}
    exec(compile(source.read_text(), str(source), "exec"), names)  # noqa: S102
    mutant = {"function": "Some.__init__", "at": 2, "was": ["..."], "becomes": ["        self.seen = 1"]}

    assert mutant_code.swapped(source, mutant, [names["Some"].__init__])  # type: ignore[misc]
    assert names["Some"]("x").seen == 1


def test_a_function_gets_the_mutants_code_wherever_it_is_already_imported(tmp_path: Path) -> None:
    source = tmp_path / "some.py"
    source.write_text(
        "class Some:\n"
        "    def one(self):\n"
        "        return [given + 1 for given in (1,)][0]\n"
        "    @property\n"
        "    def two(self):\n"
        "        return 2\n"
    )
    names: dict[str, type] = {}
    exec(compile(source.read_text(), str(source), "exec"), names)  # noqa: S102
    some = names["Some"]()
    functions = [names["Some"].one, names["Some"].two.fget]  # type: ignore[attr-defined]

    for function, at, becomes in (("Some.one", 2, "        return 5"), ("Some.two", 5, "        return 7")):
        mutant = {"function": function, "at": at, "was": ["..."], "becomes": [becomes]}
        assert mutant_code.swapped(source, mutant, functions)
    assert (some.one(), some.two) == (5, 7)
    assert not mutant_code.swapped(source, {**mutant, "function": "Some.three"}, functions)
