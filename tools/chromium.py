"""Installs the Chromium that the live page's tests look through, where none is there and it may."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"])


def main() -> int:
    """0 also where none can be had: the tests say so themselves, and fail in CI."""
    if any(shutil.which(name) for name in (os.environ.get("RELAY_CHROMIUM", ""), *NAMES) if name):
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.stderr.write("no chromium: the live page's tests need one (Debian: apt-get install chromium)\n")
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
