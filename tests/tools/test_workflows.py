"""What GitHub reads: workflows that call targets that exist, actions that cannot change, every lock looked after."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
# A whole commit, with the release that it is for people and for Dependabot.
_PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def names(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", WORKFLOWS, ids=names)
def test_every_target_of_a_workflow_is_one_of_the_makefile(path: Path) -> None:
    called = set(re.findall(r"\bmake ([a-z-]+)", re.sub(r"#.*", "", path.read_text())))

    assert called
    assert called <= TARGETS


@pytest.mark.parametrize("path", WORKFLOWS, ids=names)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    """A tag can be moved to other code."""
    used = re.findall(r"uses: (.*)$", path.read_text(), re.MULTILINE)

    assert used
    assert [action for action in used if not _PINNED.fullmatch(action)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=names)
def test_a_workflow_may_read_and_has_an_end(path: Path) -> None:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text())

    assert workflow["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 120 for job in workflow["jobs"].values())


_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
_CONTEXT = re.compile(r"github\.(?:ref|ref_name|run_number)|matrix\.(\w+)")


@pytest.mark.parametrize("path", WORKFLOWS, ids=names)
def test_every_step_is_an_action_or_a_script_that_a_shell_can_read(path: Path) -> None:
    for job in yaml.safe_load(path.read_text())["jobs"].values():
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            script = _EXPRESSION.sub("expression", step.get("run", ""))
            subprocess.run(["bash", "-n"], input=script.encode(), check=True)  # noqa: S607  # as on the runner


@pytest.mark.parametrize("path", WORKFLOWS, ids=names)
def test_every_expression_names_something_that_is_there(path: Path) -> None:
    """An unknown name is no error to GitHub: it is an empty text."""
    workflow = yaml.safe_load(path.read_text())
    known = {name for job in workflow["jobs"].values() for name in job.get("strategy", {}).get("matrix", {})}

    for expression in _EXPRESSION.findall(path.read_text()):
        found = _CONTEXT.fullmatch(expression.strip())
        assert found, expression
        assert found[1] is None or found[1] in known


def test_what_is_waited_for_takes_five_minutes_at_most() -> None:
    checks = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text())

    assert checks["jobs"]["fast"]["timeout-minutes"] <= 5


def test_every_lock_is_looked_after() -> None:
    """By Dependabot, in the folder where it is."""
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    looked_after = {(update["package-ecosystem"], update["directory"]) for update in updates}
    made = {".venv", ".local", ".aws-sam", "node_modules"}
    files = [path.relative_to(ROOT) for path in (*ROOT.rglob("*requirements*/*.txt"), *ROOT.rglob("package-lock.json"))]
    files += [path.relative_to(ROOT) for path in (ROOT / "layers").rglob("requirements.txt")]
    locks = {
        ("npm" if path.suffix == ".json" else "pip", f"/{path.parent.as_posix()}")
        for path in files
        if not made & set(path.parts)
    }

    assert len(locks) >= 3
    assert locks <= looked_after


def test_every_hook_is_the_projects_own_command() -> None:
    """Nothing is fetched from another repository, in no version."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]

    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        assert (ROOT / ".venv" / "bin").joinpath(Path(hook["entry"].split()[0]).name).exists()
        assert all((ROOT / word).exists() for word in hook["entry"].split() if word.startswith("tests/"))
