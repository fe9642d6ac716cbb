#!/usr/bin/env python3
"""Make what the project needs and does not have yet: uv, Python 3.13's environments, SAM CLI and the emulator.

Needs any Python from 3.8 on and its standard library. Idempotent: a step whose requirements have not changed is
skipped. Each step prints its time; where something is missing, one line says what to do.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".local" / "tools"
VERSION = "3.13"
# The project's own environment, and those of tools whose requirements conflict with it or with one another.
ENVIRONMENTS = {
    "project": (ROOT / ".venv", "requirements/dev.txt"),
    "sam": (TOOLS / "sam", "requirements/sam.txt"),
    "ministack": (TOOLS / "ministack", "requirements/ministack.txt"),
    # A second emulator beside ministack, and what knows IAM's actions.
    "moto": (TOOLS / "moto", "requirements/moto.txt"),
    "policies": (TOOLS / "policies", "requirements/policies.txt"),
    "checkov": (TOOLS / "checkov", "requirements/checkov.txt"),
    "nag": (TOOLS / "nag", "requirements/nag.txt"),
    "mutants": (TOOLS / "mutants", "requirements/mutants.txt"),
    "audit": (TOOLS / "audit", "requirements/audit.txt"),
    # Real clients, to be run against the relay: their releases exclude one another.
    "clients-segment": (TOOLS / "clients-segment", "requirements/clients-segment.txt"),
    "clients-segment-2.3": (TOOLS / "clients-segment-2.3", "requirements/clients-segment-2.3.txt"),
    "clients-segment-2.2": (TOOLS / "clients-segment-2.2", "requirements/clients-segment-2.2.txt"),
    "clients-rudder": (TOOLS / "clients-rudder", "requirements/clients-rudder.txt"),
}
# What the relay command imports of others.
COMMANDS_PACKAGES = (
    "botocore",
    "dateutil",
    "jmespath",
    "msgspec",
    "pydantic",
    "pydantic_core",
    "rich",
    "typer",
    "urllib3",
)
# What running and testing take; the others are made for the targets that name them.
USUAL = ("project", "sam", "ministack")


class Missing(Exception):
    """Raised when something is missing that this script cannot make; the text says what to do."""


def main(names):
    """Make the environments called ``names``, or those that every target needs; the exit status."""
    if sys.version_info < (3, 8):
        print("setup: this python3 is {}; 3.8 or newer is needed".format(sys.version.split()[0]), file=sys.stderr)
        return 1
    unknown = [name for name in names if name not in ENVIRONMENTS]
    if unknown:
        print("setup: no environment called " + ", ".join(unknown) + "; known: " + ", ".join(ENVIRONMENTS))
        return 2
    try:
        for name in names or USUAL:
            environment(*ENVIRONMENTS[name])
            if name == "project":
                compiled(ENVIRONMENTS[name][0])
    except Missing as missing:
        print("setup: {}".format(missing), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # What is half made has no stamp: the next run makes it whole.
        return 130
    return 0


def environment(folder, requirements):
    """Make the virtual environment ``folder`` hold exactly what the lock ``requirements`` says."""
    lock = (ROOT / requirements).read_bytes()
    stamp = folder / ".made-from"
    wanted = hashlib.sha256(lock + VERSION.encode()).hexdigest()
    # Named with its version: an environment that someone made with another Python is made anew.
    python = folder / "bin" / ("python" + VERSION)
    if stamp.is_file() and stamp.read_text() == wanted and python.exists():
        return
    uv = find_uv()
    name = str(folder.relative_to(ROOT))
    if not python.exists():
        step("make " + name, [uv, "venv", "--quiet", "--clear", "--python", find_python(uv), str(folder)])
    install = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(python)]
    step("install {} into {}".format(requirements, name), [*install, str(ROOT / requirements)])
    stamp.write_text(wanted)


def compiled(folder):
    """Compile what the relay command imports: else its first start takes seconds, and each where nothing is kept."""
    packages = folder / "lib" / ("python" + VERSION) / "site-packages"
    found = [packages / name for name in COMMANDS_PACKAGES if (packages / name).is_dir()]
    if not all((package / "__pycache__").is_dir() for package in found):
        python = str(folder / "bin" / ("python" + VERSION))
        step("compile the relay command's packages", [python, "-m", "compileall", "-q", *map(str, found)])


def find_uv():
    """Find uv on the PATH, or install the locked one below .local, in whichever way this Python can.

    One on the PATH that is older than the locked one is left alone: it may not know what is asked of it here.
    """
    found = shutil.which("uv")
    if found and version_in(said([found, "--version"])) >= version_in((ROOT / "requirements" / "uv.txt").read_text()):
        return found
    folder = TOOLS / "uv"
    uv = folder / "bin" / "uv"
    if uv.exists():
        return str(uv)
    locked = ["--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(ROOT / "requirements" / "uv.txt")]
    # Debian packs venv and pip apart from Python: either will do.
    if importlib.util.find_spec("ensurepip"):
        step("make " + str(folder.relative_to(ROOT)), [sys.executable, "-m", "venv", "--clear", str(folder)])
        step("install uv", [str(folder / "bin" / "python"), "-m", "pip", "install", *locked])
    elif importlib.util.find_spec("pip"):
        step("install uv", [sys.executable, "-m", "pip", "install", "--target", str(folder), *locked])
    else:
        raise Missing("uv is missing; install it, or venv or pip for {}".format(sys.executable))
    return str(uv)


def said(command):
    """What ``command`` prints, nothing where it fails: a version manager's shim is there even with nothing to run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def version_in(text):
    """The first version in ``text`` as numbers, empty where there is none."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def find_python(uv):
    """A Python 3.13: one that uv finds (its own, or on the PATH) or one of pyenv's."""
    found = subprocess.run([uv, "python", "find", VERSION], capture_output=True, text=True)
    if found.returncode == 0:
        return found.stdout.strip()
    pyenv = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))) / "versions"
    candidates = sorted(pyenv.glob(VERSION + ".*/bin/python" + VERSION))
    if candidates:
        return str(candidates[-1])
    made = subprocess.run([uv, "python", "install", VERSION], capture_output=True, text=True)
    if made.returncode == 0:
        return VERSION
    raise Missing("Python {0} is missing; install it (uv python install {0}, or pyenv install {0})".format(VERSION))


def step(title, command):
    """Run ``command`` and print how long it took; what it printed only where it failed."""
    started = time.monotonic()
    print("  {} ...".format(title), end="", flush=True)
    # The output is kept back: nobody reads an installer's lines when it works.
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(" {:.1f} s".format(time.monotonic() - started), flush=True)
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        raise Missing("the step '{}' failed; its output is above".format(title))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
