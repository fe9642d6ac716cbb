"""Tries the mutants of the domain's modules and prints the score of each, and what no test notices.

A mutant is one small change in a function (tools/mutations.py makes them by mutmut's operators); the tests that reach
its lines must notice it (tools/mutant_runs.py). Results are kept below .local/mutants: a run that was ended goes on.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "layers" / "relay" / "dreamdata_relay"
KEPT = ROOT / ".local" / "mutants"
ACCEPTED = ROOT / "tools" / "mutants_accepted.toml"
# Edges, not the domain: what talks to AWS and Dreamdata, and what only starts a function.
_LEFT_OUT = ("adapters.", "testing.", "startup", "__init__")
# A change of a function: its name, the lines of the changed node, where its lines begin, and they before and after.
type Mutant = dict[str, Any]
type Key = tuple[str, str, str, str]
TESTS = ("tests/unit", "tests/handlers", "tests/properties")
# Their seconds are waits, not work.
_WAITING = (
    "tests/handlers/test_deliver_slow_answers.py",
    "tests/handlers/test_ingest_hanging.py",
    "tests/unit/test_deliver_outages.py",
    "tests/unit/test_dreamdata_timeouts.py",
    "tests/unit/test_posters.py",
)


def modules() -> list[str]:
    """The domain's modules, as `deliver.settlement`."""
    names = (".".join(path.relative_to(PACKAGE).with_suffix("").parts) for path in sorted(PACKAGE.rglob("*.py")))
    return [name for name in names if not name.startswith(_LEFT_OUT) and not name.endswith("__init__")]


def source_of(module: str) -> Path:
    """The file of ``module``."""
    return PACKAGE / (module.replace(".", "/") + ".py")


def digest_of(paths: Iterable[Path]) -> str:
    """One text for the contents of ``paths``."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.read_bytes())
    return whole.hexdigest()[:16]


def key_of(module: str, mutant: Mutant) -> Key:
    """What a mutant is, wherever its lines stand."""
    return (module, mutant["function"], _text(mutant["was"]), _text(mutant["becomes"]))


def _text(lines: list[str]) -> str:
    return "\n".join(line.strip() for line in lines)


@dataclass(frozen=True)
class Work:
    """What the plugin is to try: of each module its mutants; the digests of the package and of the tests."""

    mutants: dict[str, list[Mutant]]
    package: str
    tests: str
    seconds: float

    @staticmethod
    def read() -> "Work":
        """As `written` left it."""
        return Work(**json.loads(Path(os.environ["MUTANTS_WORK"]).read_text()))

    def written(self) -> Path:
        """The file that holds it, to be named to the plugin."""
        path = KEPT / f"work-{os.getpid()}.json"
        path.write_text(json.dumps(asdict(self)))
        return path


def mutants_of(module: str) -> list[Mutant]:
    """All mutants of ``module``, made anew only where its source or the operators have changed."""
    digest = digest_of([source_of(module), ROOT / "tools" / "mutations.py", ROOT / "requirements" / "mutants.txt"])
    kept = KEPT / "made" / f"{module}.json"
    made = json.loads(kept.read_text()) if kept.exists() else {}
    if made.get("digest") != digest:
        python = ROOT / ".local" / "tools" / "mutants" / "bin" / "python"
        command = [str(python), "-I", str(ROOT / "tools" / "mutations.py"), str(source_of(module))]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        made = {"digest": digest, "mutants": json.loads(told)}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(made))
    found: list[Mutant] = made["mutants"]
    return found


def in_sample(module: str, mutant: Mutant, share: float, seed: int = 0) -> bool:
    """Whether ``mutant`` is in the sample of ``share`` percent that ``seed`` draws; a larger sample has it too."""
    drawn = hashlib.sha256(json.dumps([seed, *key_of(module, mutant)]).encode()).digest()
    return int.from_bytes(drawn[:4]) / 2**32 * 100 < share


def results_of(module: str) -> dict[tuple[Any, ...], Mutant]:
    """What became of the mutants of ``module`` that were tried, the newest of each."""
    kept = KEPT / f"{module}.jsonl"
    if not kept.exists():
        return {}
    return {(*key_of(module, one), one["at"]): one for one in map(json.loads, kept.read_text().splitlines())}


def accepted() -> dict[Key, str]:
    """The mutants that may survive: the key of each, with the reason."""
    found: dict[Key, str] = {}
    for entry in tomllib.loads(ACCEPTED.read_text())["accepted"]:
        for becomes in [entry["becomes"]] if isinstance(entry["becomes"], str) else entry["becomes"]:
            found[entry["module"], entry["function"], entry["was"], becomes] = entry["why"]
    return found


def main(arguments: list[str]) -> int:
    """Try what is not known yet, print scores and survivors; the exit status."""
    parser = argparse.ArgumentParser(prog="mutants")
    parser.add_argument("modules", nargs="*", help="as deliver.settlement; or a room: deliver")
    parser.add_argument("--share", type=float, default=100.0, help="percent of each module's mutants (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="draws another such share")
    parser.add_argument("--seconds", type=float, default=10.0, help="of tests a mutant at most (default: 10)")
    parser.add_argument("--only-print", action="store_true", help="print what is known and try nothing")
    asked = parser.parse_args(arguments)
    known = modules()
    unknown = [name for name in asked.modules if not _chosen([name], known)]
    if unknown:
        print(f"mutants: no such module of the domain: {', '.join(unknown)}", file=sys.stderr)
        return 2
    chosen = _chosen(asked.modules, known)
    tests = digest_of(path for folder in (*TESTS, "tests/fakes") for path in (ROOT / folder).rglob("*.py"))
    sample = {
        module: [one for one in mutants_of(module) if in_sample(module, one, asked.share, asked.seed)]
        for module in chosen
    }
    if not asked.only_print:
        status = _try(sample, asked.seconds, tests)
        if status:
            return status
    _print(sample)
    return 0


def _chosen(asked: list[str], known: list[str]) -> list[str]:
    wanted = [name for one in asked for name in known if name == one or name.startswith(one + ".")]
    return wanted if asked else known


def _try(sample: dict[str, list[Mutant]], seconds: float, tests: str) -> int:
    """Run the plugin over what is not known yet: what was noticed stays so, all else is tried anew after a change."""
    permitted = accepted()
    waiting = {}
    for module, mutants in sample.items():
        results = results_of(module)
        waiting[module] = [
            mutant
            for mutant in mutants
            if key_of(module, mutant) not in permitted
            and not _known(results.get((*key_of(module, mutant), mutant["at"])), tests)
        ]
    if not any(waiting.values()):
        return 0
    package = digest_of(PACKAGE.rglob("*.py"))
    work = Work(mutants=waiting, package=package, tests=tests, seconds=seconds).written()
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "tools.mutant_runs", *TESTS]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:schemathesis"]
    command += [f"--ignore={path}" for path in _WAITING]
    environment = {**os.environ, "FEWER_EXAMPLES": "1", "MUTANTS_WORK": str(work)}
    said = work.with_suffix(".log")
    with said.open("w") as log:
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    work.unlink()
    # 5: pytest itself has run no test.
    if done.returncode not in (0, 5):
        print(f"mutants: {said.read_text()[-2000:]}", file=sys.stderr)
        return 1
    return 0


def _known(result: Mutant | None, tests: str) -> bool:
    return result is not None and (result["outcome"] in ("noticed", "endless") or result["tests"] == tests)


def _print(sample: dict[str, list[Mutant]]) -> None:
    permitted = accepted()
    whole = Counter[str]()
    for module, mutants in sample.items():
        results = results_of(module)
        counted, told = Counter[str](), []
        for mutant in mutants:
            result = results.get((*key_of(module, mutant), mutant["at"]))
            if key_of(module, mutant) in permitted:
                outcome = "accepted"
            else:
                outcome = str(result["outcome"]) if result else "not tried"
            counted[outcome] += 1
            if result and outcome in ("survived", "unreached", "broken"):
                told.append(_diff(module, mutant, outcome, result))
        whole += counted
        if counted:
            print(f"{module}: {_score(counted)}")
            print("".join(told), end="")
    print(f"in sum: {_score(whole)}")


def _score(counted: Counter[str]) -> str:
    noticed = counted["noticed"] + counted["endless"]
    judged = noticed + counted["survived"] + counted["unreached"] + counted["broken"]
    others = ", ".join(f"{counted[name]} {name}" for name in ("accepted", "not tried") if counted[name])
    share = f" ({100 * noticed / judged:.1f} %)" if judged else ""
    return f"{noticed} of {judged} noticed{share}" + (f"; {others}" if others else "")


def _diff(module: str, mutant: Mutant, outcome: str, result: Mutant) -> str:
    rest = f", {result['left_out']} tests left out" if result.get("left_out") else ""
    lines = [f"  {module}:{mutant['at'] + 1} {mutant['function']} ({outcome}{rest})"]
    lines += [f"    - {line.strip()}" for line in mutant["was"]] + [
        f"    + {line.strip()}" for line in mutant["becomes"]
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
