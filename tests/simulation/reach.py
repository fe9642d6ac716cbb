"""What no seed ever reached: branches of the package that the simulation does not get to, function by function.

Each has a reason in :mod:`tests.simulation.gaps`, or is told of as one without.
"""

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.simulation.gaps import GAPS, reason_for

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "relay" / "dreamdata_relay"
# What the simulation puts its own services in the place of, or what runs before it: tested against real sockets and
# processes elsewhere.
_REPLACED = (
    *(
        "adapters/answers.py",
        "adapters/aws.py",
        "adapters/clock.py",
        "adapters/connections.py",
        "adapters/exchanges.py",
    ),
    *("adapters/dreamdata.py", "adapters/models.py", "adapters/telemetry.py", "adapters/watchdog.py"),
    *("settings.py", "startup.py"),
    # In no function.
    "testing/*",
)


def measure(seeds: int, first: int, processes: int, console: Console) -> bool:
    """Run ``seeds`` under measurement in ``processes`` at a time, and print what was reached and what was not.

    Returns whether each gap has its reason.
    """
    with tempfile.TemporaryDirectory() as folder:
        share = -(-seeds // processes)
        parts = [(start, min(share, first + seeds - start)) for start in range(first, first + seeds, share)]
        with ThreadPoolExecutor(processes) as pool:
            list(pool.map(lambda part: _run(folder, *part), parts))
        _coverage(folder, "combine", "--quiet")
        _coverage(folder, "json", "--quiet", "-o", f"{folder}/reach.json")
        report = json.loads(Path(folder, "reach.json").read_text())
    gaps = list(gaps_of(report))
    console.print(_totals(report))
    for reason in GAPS:
        if named := [gap for gap in gaps if reason_for(gap[0]) == reason]:
            console.print(_drawn(f"{len(named)} never reached: {reason}", named))
    unnamed = [gap for gap in gaps if not reason_for(gap[0])]
    if unnamed:
        console.print(_drawn(f"{len(unnamed)} never reached, and tests/simulation/gaps.py gives no reason", unnamed))
    return not unnamed


def _run(folder: str, first: int, seeds: int) -> None:
    command = ["run", "--branch", "--concurrency=greenlet", "--parallel-mode", f"--source={PACKAGE}"]
    command.append("--omit=" + ",".join(str(PACKAGE / name) for name in _REPLACED))
    _coverage(folder, *command, "-m", "tests.simulation", "--seeds", str(seeds), "--first", str(first), "--one-process")


def _coverage(folder: str, *command: str) -> None:
    environment = os.environ | {"COVERAGE_FILE": f"{folder}/reach"}
    done = subprocess.run(
        [sys.executable, "-m", "coverage", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # Seeds that find something are told of by the other command: here only what they reach counts.
    if done.returncode and command[0] != "run":
        raise RuntimeError(done.stdout[-500:] + done.stderr[-500:])


def _totals(report: dict[str, object]) -> str:
    totals: dict[str, float] = report["totals"]  # type: ignore[assignment]
    branches = f"{totals['covered_branches']:,} of {totals['num_branches']:,} branches"
    return f"reached: {branches}, {totals['percent_covered']:.1f} % of lines and branches"


def _drawn(title: str, gaps: Sequence[tuple[str, str]]) -> Table:
    table = Table("function", "lines", title=title, title_justify="left", title_style="bold")
    for gap in gaps:
        table.add_row(*gap)
    return table


def gaps_of(report: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Each function (``deliver.service._round``) of coverage's ``report`` that has gaps, and the lines of these."""
    files: dict[str, dict[str, list[object]]] = report["files"]  # type: ignore[assignment]
    for name, file in sorted(files.items()):
        source = ROOT / name
        module = ".".join(source.relative_to(PACKAGE).with_suffix("").parts)
        for function, told in _gaps(source, file["missing_lines"], file["missing_branches"]):
            yield f"{module}.{function}", told


def _gaps(source: Path, lines: Sequence[object], branches: Sequence[object]) -> Iterator[tuple[str, str]]:
    """By function: lines that were never run, and branches never taken from lines that were."""
    tree = ast.parse(source.read_text())
    functions = [
        (node.name, node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    missing = {int(str(line)) for line in lines}
    untaken: set[tuple[int, int]] = {tuple(branch) for branch in branches}  # type: ignore[misc,arg-type]
    for name, start, end in sorted(functions, key=lambda function: function[1]):
        own = sorted(line for line in missing if start < line <= end)
        arcs = sorted(arc for arc in untaken if start <= arc[0] <= end and arc[0] not in missing)
        told = _ranges(own) + [f"{a} to {b if b > 0 else 'the end'}" for a, b in arcs]
        if told:
            yield name, ", ".join(told)


def _ranges(lines: Sequence[int]) -> list[str]:
    found: list[list[int]] = []
    for line in lines:
        if found and line <= found[-1][1] + 2:
            found[-1][1] = line
        else:
            found.append([line, line])
    return [f"{start}" if start == end else f"{start}-{end}" for start, end in found]
