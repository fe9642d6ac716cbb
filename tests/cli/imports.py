"""What `relay` imports before it knows what to do: each name is a wait before a help or a mistyped option is told.

``python -m tests.cli.imports`` writes the lists anew; first measure what is added.
"""

import os
import subprocess
import sys
from pathlib import Path

ASKED = {
    "help": ["--help"],
    "help_of_a_command": ["status", "--help"],
    "wrong_usage": ["status", "--no-such-option"],
    "no_such_command": ["dead", "lists"],
}
_ROOT = Path(__file__).parents[2]
_MAIN = _ROOT / "relay_cli" / "__main__.py"
_OWN = ("relay_cli", "dreamdata_relay")
# Typer's own packages come whole; of botocore its errors alone.
_IN_FULL = ("botocore", "boto3", "rich", "urllib3")


def imported(asked: str) -> list[str]:
    """What is imported of other projects, sorted: packages, and of those that are dear each module."""
    # As tools/relay starts it.
    command = [sys.executable, "-X", "importtime", "-S", "-P", str(_MAIN), *ASKED[asked]]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=False).stderr
    names = {line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time:")}
    others = {name for name in names if name.partition(".")[0] not in {*sys.stdlib_module_names, *_OWN}}
    packages = {name if name.startswith(_IN_FULL) else name.partition(".")[0] for name in others}
    # What begins with an underscore is the interpreter's, or an environment's; the first line is a heading.
    own = {"imported package", "sitecustomize", "usercustomize"}
    return sorted(name for name in packages - own if not name.startswith("_"))


def list_of(asked: str) -> Path:
    """The file that holds what is known to be imported."""
    return Path(__file__).with_name(f"imports_of_{asked}.txt")


if __name__ == "__main__":
    for name in ASKED:
        list_of(name).write_text("\n".join(imported(name)) + "\n")
