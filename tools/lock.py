"""Lock every set of requirements to versions and hashes; no registry is named in the locks."""

import subprocess
import sys

from setup import ROOT, find_uv

# uv itself is installed by any Python from 3.8 on; all else runs with the functions' version.
LOCKS = {"requirements/uv": "3.8"}
VERSION = "3.13"


def main():
    """Lock each ``*.in`` beside its ``*.txt``; the exit status."""
    uv = find_uv()
    # The layers first: the project is tested with exactly what they ship or are built with.
    sources = [*sorted((ROOT / "layers").glob("*/requirements.in")), *sorted((ROOT / "requirements").glob("*.in"))]
    for source in sources:
        name = str(source.relative_to(ROOT).with_suffix(""))
        print("  lock " + name, flush=True)
        command = [uv, "pip", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate"]
        command += ["--no-emit-index-url", "--python-version", LOCKS.get(name, VERSION), *sys.argv[1:]]
        if name in LOCKS:
            command.append("--universal")
        if subprocess.run([*command, name + ".in", "-o", name + ".txt"], cwd=str(ROOT)).returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
