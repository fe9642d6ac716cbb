"""Finds the Chromium that the live page's tests look through; installs one only in CI, or where it is asked to."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_ONE = "chromium is missing: apt-get install chromium, or name one in RELAY_CHROMIUM"
# With RELAY_INSTALL_CHROMIUM=1 it is installed, as in CI.
INSTALL = (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])


def found() -> str | None:
    """The path of a Chromium: the one that RELAY_CHROMIUM names, or one of the usual names."""
    names = [os.environ.get("RELAY_CHROMIUM", ""), *NAMES]
    return next((path for name in names if name and (path := shutil.which(name))), None)


def main() -> int:
    """0 also where none can be had: the tests say so themselves, and fail in CI."""
    if found():
        return 0
    asked = os.environ.get("CI") or os.environ.get("RELAY_INSTALL_CHROMIUM")
    if not asked or os.geteuid() != 0 or not shutil.which("apt-get"):
        # A package of the system's is nobody's to install unasked.
        sys.stderr.write(f"{HOW_TO_GET_ONE}: without one the live page's tests in a browser are skipped\n")
        return 0
    sys.stderr.write("installing chromium for the live page's tests ...\n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in INSTALL:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            sys.stderr.write(f"{command[0]} {command[1]} failed with {done.returncode}\n")
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
