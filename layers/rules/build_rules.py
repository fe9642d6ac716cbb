"""Build the rules' layer: rules.yaml, checked and compiled. What is wrong with it ends the build, line by line.

What reads YAML is installed for the build alone, locked; the layer holds one JSON file.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Where the functions look, below /opt.
TARGET = Path("relay_rules") / "rules.json"


def main(artifacts: Path) -> None:
    """Fill ``artifacts`` with the layer's only file."""
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder))
        sys.path[:0] = [folder, str(HERE)]
        rules = compiled()
    target = artifacts / TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(rules)


def compiled() -> bytes:
    """rules.json of the rules.yaml beside this file."""
    import rules_compiler

    try:
        return rules_compiler.compiled_file(HERE / "rules.yaml", "layers/rules/rules.yaml")
    except rules_compiler.RulesInvalid as wrong:
        sys.exit(f"{wrong}\nthe rules were not built; look with: relay rules check")


def install(folder: Path) -> None:
    """Put the locked packages, wheels only, into ``folder``: by uv where there is one, else by pip."""
    lock = str(HERE / "requirements.txt")
    only = ["--only-binary", ":all:", "--require-hashes", "--no-deps", "--target", str(folder), "-r", lock]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable]
    else:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--root-user-action", "ignore", "--no-compile"]
    if subprocess.run([*command, *only], check=False).returncode:
        sys.exit("what reads the rules could not be installed; it takes uv, or pip for python3.13")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
