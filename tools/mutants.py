"""Mutates modules of the package by cosmic-ray, in a copy of the project, and prints the score and the survivors.

Each mutant changes one operator, number, comparison or the like; the tests named for its module must notice it.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".local" / "tools" / "mutants" / "bin"
COPY = ROOT / ".local" / "mutants"
PACKAGE = "layers/relay/dreamdata_relay"
TIMEOUT_S = 60.0
# Nobody writes these for a plus by mistake, and each costs a run of the tests.
_UNLIKELY = "RShift|LShift|BitOr|BitAnd|BitXor|Mod|Pow|FloorDiv"
# The tests that are about a module; small ones, for they run once for each mutant.
TESTS = {
    "deliver.responses": ("tests/unit/test_deliver_responses.py",),
    "deliver.backoff": ("tests/unit/test_backoff.py",),
    "bin_packing": ("tests/properties/test_packing.py",),
    "events.chunks": ("tests/properties/test_packing.py", "tests/unit/test_ingest_strangers.py"),
    "events.timestamps": ("tests/unit/test_timestamps.py", "tests/properties/test_timestamps.py"),
    "events.message_ids": ("tests/unit/test_message_ids.py",),
}


def main(modules: list[str]) -> int:
    """Mutate ``modules``, or all that have tests named; the exit status."""
    unknown = [module for module in modules if module not in TESTS]
    if unknown:
        print(f"mutants: no tests are named for {', '.join(unknown)}; known: {', '.join(TESTS)}", file=sys.stderr)
        return 2
    _copy()
    for module in modules or TESTS:
        _run(module)
        results = [result for result in _results(module) if result is not None]
        noticed = sum(not survived for survived, _ in results)
        print(f"{module}: {noticed} of {len(results)} noticed")
        for survived, told in results:
            if survived:
                print(told)
    return 0


def _copy() -> None:
    """The tracked files as they are in the working tree: a mutant must never stand in it."""
    shutil.rmtree(COPY, ignore_errors=True)
    listed = subprocess.run(
        [shutil.which("git") or "git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (source := ROOT / name).is_file() and not name.startswith("docs/"):
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, COPY / name)


def _run(module: str) -> None:
    tests = " ".join(TESTS[module])
    python = ROOT / ".venv" / "bin" / "python"
    (COPY / f"{module}.toml").write_text(
        f"""[cosmic-ray]
module-path = "{PACKAGE}/{module.replace(".", "/")}.py"
timeout = {TIMEOUT_S}
excluded-modules = []
test-command = "{python} -B -m pytest -x -q -p no:cacheprovider {tests}"

[cosmic-ray.distributor]
name = "local"

[cosmic-ray.filters.operators-filter]
exclude-operators = ["core/ReplaceBinaryOperator_.*_({_UNLIKELY})"]
"""
    )
    session = f"{module}.sqlite"
    for tool, *arguments in (
        ("cosmic-ray", "init", f"{module}.toml", session),
        ("cr-filter-operators", session, f"{module}.toml"),
        ("cosmic-ray", "exec", f"{module}.toml", session),
    ):
        done = subprocess.run([TOOLS / tool, *arguments], cwd=COPY, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"mutants: {done.stderr[-500:]}")


def _results(module: str) -> Iterator[tuple[bool, str] | None]:
    """Of each mutant whether it survived, and what it was."""
    dumped = subprocess.run(
        [TOOLS / "cosmic-ray", "dump", f"{module}.sqlite"], cwd=COPY, capture_output=True, text=True, check=True
    ).stdout
    for line in dumped.splitlines():
        work, result = json.loads(line)
        mutation = work["mutations"][0]
        change = "\n".join(
            text
            for text in (result.get("diff") or "" if result else "").splitlines()
            if text[:1] in "+-" and text[:3] not in ("+++", "---")
        )
        if not result or result["worker_outcome"].lower() == "skipped":
            yield None
            continue
        yield (
            result["test_outcome"] == "survived",
            f"  line {mutation['start_pos'][0]}, {mutation['operator_name']}\n{change}",
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
