"""Build the layer: the package and what it runs with, for both of Lambda's processors, as byte code.

One layer serves arm64 and x86_64: all packages but msgspec are pure Python, and its compiled extension carries the
processor in its file name, so that both lie side by side. The byte code is of the unchecked kind: Lambda unpacks files
with times of its own, and a .pyc that is compared with its source by time is compiled anew at every cold start.
"""

import compileall
import py_compile
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLATFORMS = ("x86_64", "aarch64")
VERSION = "3.13"
# Not needed at run time; licences stay. The lock is uv's.
CLUTTER = (".lock", "bin", "*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/WHEEL")


def main(artifacts: Path) -> None:
    """Fill ``artifacts`` with the layer's folder ``python``."""
    if sys.version_info[:2] != (3, 13):
        sys.exit(f"the layer runs with Python {VERSION}; this is {sys.version.split()[0]}")
    target = artifacts / "python"
    shutil.rmtree(target, ignore_errors=True)
    for machine in PLATFORMS:
        with tempfile.TemporaryDirectory() as folder:
            install(Path(folder), machine)
            shutil.copytree(folder, target, dirs_exist_ok=True)
    # The sandbox is for the tests of senders.
    left_out = shutil.ignore_patterns("__pycache__", "testing")
    shutil.copytree(HERE / "dreamdata_relay", target / "dreamdata_relay", ignore=left_out)
    for pattern in CLUTTER:
        for path in target.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(target, quiet=1, force=True, invalidation_mode=mode, stripdir=str(artifacts)):
        sys.exit("the layer could not be compiled")


def install(folder: Path, machine: str) -> None:
    """Put the locked packages, wheels only, for ``machine`` into ``folder``: by uv where there is one, else by pip."""
    lock = str(HERE / "requirements.txt")
    only = ["--only-binary", ":all:", "--require-hashes", "--no-deps", "--target", str(folder), "-r", lock]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python-version", VERSION]
        command += ["--python-platform", f"{machine}-manylinux_2_28"]
    else:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--root-user-action", "ignore"]
        command += ["--python-version", VERSION, "--implementation", "cp", "--abi", "cp313", "--abi", "abi3"]
        command += ["--abi", "none", "--no-compile"]
        for tag in ("manylinux_2_28", "manylinux2014", "manylinux_2_17"):
            command += ["--platform", f"{tag}_{machine}"]
    if subprocess.run([*command, *only], check=False).returncode:
        sys.exit(f"the layer's packages could not be installed for {machine}; it takes uv, or pip for python{VERSION}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
