"""Look up known vulnerabilities of every package that a lock names: the functions', the tests' and the tools'.

Ends with 0 where none is known, 1 where one is found, 3 where not everything could be looked up.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = ROOT / ".local" / "tools" / "audit" / "bin" / "pip-audit"
CLEAN, FOUND, UNKNOWN = 0, 1, 3


class Looked(NamedTuple):
    """What was learned of one lock's packages: the vulnerable ones and those that could not be looked up."""

    vulnerable: list[str]
    skipped: list[str]
    packages: int


def locks(root: Path = ROOT) -> list[Path]:
    """Every lock of the repository."""
    python = [*sorted((root / "layers").glob("*/requirements.txt")), *sorted((root / "requirements").glob("*.txt"))]
    return [*python, root / "tests" / "clients" / "package-lock.json"]


def main(root: Path = ROOT, pip_audit: Path = PIP_AUDIT, npm: str = "npm") -> int:
    """Look up lock by lock; the exit status."""
    vulnerable = skipped = 0
    for lock in locks(root):
        looked = _npm(lock, npm) if lock.suffix == ".json" else _pip(lock, pip_audit)
        name = lock.relative_to(root)
        if looked is None and not vulnerable + skipped and lock == locks(root)[0]:
            print("audit: nothing was looked up: the advisory service cannot be reached, or knows none of the packages")
            return UNKNOWN
        if looked is None:
            print(f"{name}: not looked up, its advisory service cannot be reached or knows none of the packages")
            skipped += 1
            continue
        print(f"{name}: {looked.packages} packages, {len(looked.vulnerable)} vulnerabilities")
        for line in looked.vulnerable:
            print(f"  {line}")
        for line in looked.skipped:
            print(f"  not looked up: {line}")
        vulnerable += len(looked.vulnerable)
        skipped += len(looked.skipped)
    return FOUND if vulnerable else UNKNOWN if skipped else CLEAN


def _pip(lock: Path, command: Path) -> Looked | None:
    """What pip-audit says of ``lock``; None where it says nothing or knows nothing: its service is away."""
    options = ["--format", "json", "--progress-spinner", "off", "--require-hashes", "--disable-pip"]
    done = subprocess.run([command, *options, "--requirement", lock], capture_output=True, text=True, check=False)
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return None
    vulnerable = [
        f"{package['name']} {package['version']}: {one['id']}, mended in {' or '.join(one['fix_versions']) or 'none'}"
        for package in packages
        for one in package.get("vulns", [])
    ]
    skipped = [f"{package['name']}: {package['skip_reason']}" for package in packages if "skip_reason" in package]
    return None if packages and len(skipped) == len(packages) else Looked(vulnerable, skipped, len(packages))


def _npm(lock: Path, command: str) -> Looked | None:
    """The same by npm; None also where there is no npm."""
    try:
        done = subprocess.run(
            [command, "audit", "--json", "--package-lock-only"],
            capture_output=True,
            text=True,
            check=False,
            cwd=lock.parent,
        )
        report: dict[str, Any] = json.loads(done.stdout)
        found: dict[str, dict[str, Any]] = report["vulnerabilities"]
    except (OSError, ValueError, KeyError):
        return None
    lines = [f"{name} {one.get('range', '')}: {one.get('severity', 'unknown')}" for name, one in sorted(found.items())]
    return Looked(lines, [], report.get("metadata", {}).get("dependencies", {}).get("total", 0))


if __name__ == "__main__":
    sys.exit(main())
