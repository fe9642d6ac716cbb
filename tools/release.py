"""A release: one version everywhere, its section of the changelog, and what is handed out with it.

``python -m tools.release 1.2.3`` does all of it in a clean checkout, ends with a commit and a tag, and pushes nothing.
``python -m tools.release --write`` only carries the package's version to where else it is written;
``--hand-out`` only collects what `make build sbom` left into .local/release.
"""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "layers" / "relay" / "dreamdata_relay" / "__init__.py"
CHANGELOG = ROOT / "CHANGELOG.md"
HANDED_OUT = ROOT / ".local" / "release"
_DECLARED = re.compile(r'^__version__ = "(.*)"$', re.MULTILINE)
# SemVer, as the Serverless Application Repository asks for it; this project has no builds and pre-releases.
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
# Where else the version is written; pyproject.toml reads the package's.
COPIES = {
    ROOT / "template.yaml": re.compile(r"(^ +SemanticVersion: )(\S+)$", re.MULTILINE),
    ROOT / "docs" / "openapi.yaml": re.compile(r"(^  version: )(\S+)$", re.MULTILINE),
    ROOT / "docs" / "deploying.md": re.compile(r"(dreamdata-relay/)(\d+\.\d+\.\d+)(?=\.yaml)"),
}
_UNRELEASED = "## Unreleased\n"


class ReleaseError(Exception):
    """Raised when a release cannot be made; the text says why."""


def version() -> str:
    """The package's version: the one that is edited."""
    found = _DECLARED.search(PACKAGE.read_text())
    if found is None:
        raise ReleaseError(f"{PACKAGE.name} declares no version")
    return found[1]


def copied(path: Path, to: str) -> str:
    """The text of ``path``, one of COPIES, with the version ``to``."""
    text, times = COPIES[path].subn(rf"\g<1>{to}", path.read_text())
    if not times:
        raise ReleaseError(f"{path.name} names no version")
    return text


def released(changelog: str, to: str, day: str) -> str:
    """The changelog in which what was unreleased is the version ``to``."""
    before, found, rest = changelog.partition(_UNRELEASED)
    section, following, others = rest.partition("\n## ")
    if not found or not section.strip():
        raise ReleaseError("the changelog has nothing unreleased")
    if re.search(rf"^## {re.escape(to)} ", changelog, re.MULTILINE):
        raise ReleaseError(f"the changelog has {to} already")
    return f"{before}{_UNRELEASED}\n## {to} ({day})\n{section}{following}{others}"


def check_next(to: str, tags: set[str]) -> None:
    """Raises :class:`ReleaseError` unless ``to`` is a version that comes after every tag."""
    if not _VERSION.fullmatch(to):
        raise ReleaseError(f"{to!r} is no version such as 1.2.3")
    before = [_numbers(tag[1:]) for tag in tags if _VERSION.fullmatch(tag[1:])]
    if before and _numbers(to) <= max(before):
        raise ReleaseError(f"{to} does not come after {'.'.join(map(str, max(before)))}")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def write_copies(to: str) -> None:
    """Carry the version to every file that repeats it."""
    for path in COPIES:
        path.write_text(copied(path, to))


def main(to: str) -> None:
    """Make the release ``to``; raises :class:`ReleaseError`."""
    if _said("git", "status", "--porcelain"):
        raise ReleaseError("the checkout is not clean: commit or stash first")
    check_next(to, set(_said("git", "tag", "--list", "v*").split()))
    changelog = released(CHANGELOG.read_text(), to, datetime.now(UTC).date().isoformat())
    written = [str(path) for path in (PACKAGE, CHANGELOG, *COPIES)]
    try:
        PACKAGE.write_text(_DECLARED.sub(f'__version__ = "{to}"', PACKAGE.read_text()))
        write_copies(to)
        CHANGELOG.write_text(changelog)
        _run("make", "--no-print-directory", "handout")
    except BaseException:
        _run("git", "restore", *written)
        raise
    _run("git", "commit", "--quiet", "--message", f"Version {to}", *written)
    _run("git", "tag", "--annotate", f"v{to}", "--message", f"Version {to}")
    print(f"made: {HANDED_OUT.relative_to(ROOT)}/, a commit and the tag v{to}. Look at them, then push both.")


def hand_out(to: str) -> None:
    """Put what the release ``to`` consists of into one folder."""
    shutil.rmtree(HANDED_OUT, ignore_errors=True)
    HANDED_OUT.mkdir(parents=True)
    # The built template with the code beside it: `sam deploy --template-file template.yaml` once it is unpacked.
    shutil.make_archive(str(HANDED_OUT / f"dreamdata-relay-{to}"), "zip", ROOT / ".aws-sam" / "build")
    # cyclonedx-py leaves out a version that pyproject.toml does not hold itself.
    materials = json.loads((ROOT / ".local" / "sbom.json").read_text())
    materials["metadata"]["component"]["version"] = to
    (HANDED_OUT / "sbom.json").write_text(json.dumps(materials, indent=2) + "\n")
    (HANDED_OUT / "changes.md").write_text(section_of(CHANGELOG.read_text(), to))


def section_of(changelog: str, of: str) -> str:
    """What the changelog says of the version ``of``; empty where it does not know it."""
    found = re.search(rf"^## {re.escape(of)} \(.*?\)\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return f"# dreamdata-relay {of}\n\n{found[1].strip()}\n" if found else ""


def _said(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    try:
        match sys.argv[1:]:
            case ["--write"]:
                write_copies(version())
            case ["--hand-out"]:
                hand_out(version())
            case arguments:
                main("".join(arguments))
    except (ReleaseError, subprocess.CalledProcessError) as problem:
        sys.exit(f"release: {problem}")
