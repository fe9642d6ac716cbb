"""The real SAM CLI: builds the committed template and deploys it into the emulator."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from fcntl import LOCK_EX, flock
from pathlib import Path

from local.errors import LocalError
from local.places import BUILDS, ROOT, TOOLS, StateDir, tool
from local.processes import OWNER_VARIABLE

STACK_NAME = "dreamdata-relay-local"
_CONFIG = ("--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local")
_SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers")
# Ten times what it takes on a machine with other work.
_TIMEOUT_SECONDS = 900
_KEPT_BUILDS = 3


def architecture() -> str:
    """The host's processor as Lambda names it: the built packages must run here."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def source_hash() -> str:
    """Changes exactly when a build could come out differently."""
    digest = hashlib.sha256(architecture().encode())
    for path in _source_files():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def is_built() -> bool:
    """Whether the sources as they are now have been built before."""
    return (BUILDS / source_hash() / "template.yaml").is_file()


def build(state: StateDir) -> Path:
    """Build the template unless these very sources are built already; returns the built template's path.

    Raises LocalError with SAM's own reason.
    """
    BUILDS.mkdir(parents=True, exist_ok=True)
    with (BUILDS / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        target = BUILDS / source_hash()
        if not (target / "template.yaml").is_file():
            unfinished = BUILDS / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            arguments = ("--template-file", ROOT / "template.yaml", "--base-dir", ROOT, "--build-dir", unfinished)
            parameters = ("--parameter-overrides", f"Architecture={architecture()}")
            _run_sam("build", (*arguments, *parameters), state, _tool_environment(state))
            shutil.rmtree(target, ignore_errors=True)
            unfinished.rename(target)
            _forget_old_builds(target)
        return target / "template.yaml"


def deploy(
    state: StateDir,
    template: Path,
    endpoint_url: str,
    aws: Mapping[str, str],
    dreamdata_url: str,
    parameters: Mapping[str, str] | None = None,
) -> None:
    """Deploy the built template into the emulator at `endpoint_url` with the settings `aws` and more `parameters`.

    Raises LocalError with SAM's own reason.
    """
    values = {"Architecture": architecture(), "DreamdataEndpoint": dreamdata_url, **(parameters or {})}
    overrides = [f"{name}={value}" for name, value in values.items()]
    options: list[str | Path] = ["--template-file", template, "--stack-name", STACK_NAME]
    env = {**_tool_environment(state), **aws, "AWS_ENDPOINT_URL": endpoint_url}
    _run_sam("deploy", (*options, "--parameter-overrides", *overrides, "--no-progressbar"), state, env)


def _run_sam(command: str, arguments: Sequence[str | Path], state: StateDir, env: Mapping[str, str]) -> None:
    state.logs.mkdir(parents=True, exist_ok=True)
    log = state.logs / f"sam-{command}.log"
    program = tool("sam", "sam")
    with log.open("wb") as output:
        try:
            done = subprocess.run(
                [program, command, *_CONFIG, *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=env, cwd=ROOT, timeout=_TIMEOUT_SECONDS, start_new_session=True, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise LocalError(f"sam {command} took longer than {_TIMEOUT_SECONDS} s (log: {log})") from error
    if done.returncode != 0:
        raise LocalError(f"sam {command} failed: {reason(log.read_text(errors='replace'))} (log: {log})")


def reason(output: str) -> str:
    """What SAM says went wrong, out of all it prints, as one line: from its last `Error:` on, else its last lines."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not line.startswith("make: ***")]
    errors = [index for index, line in enumerate(lines) if line.startswith("Error:")]
    told = lines[errors[-1] :][:4] if errors else lines[-2:]
    return " ".join(told)[:600] or "it said nothing"


def _tool_environment(state: StateDir) -> dict[str, str]:
    """The user's environment, for pip's settings above all, but nothing of AWS but what is given explicitly."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI"))}
    # The build needs a python3.13 and uv: the ones that made this environment.
    path = os.pathsep.join((f"{sys.prefix}/bin", str(TOOLS / "uv" / "bin"), own.get("PATH", os.defpath)))
    return {
        **own,
        OWNER_VARIABLE: state.owner,
        "PATH": path,
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def _source_files() -> Iterator[Path]:
    for source in _SOURCES:
        path = ROOT / source
        if not path.exists():
            raise LocalError(f"{path} is missing: this is not a whole checkout of the project")
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)


def _forget_old_builds(newest: Path) -> None:
    builds = sorted((path for path in BUILDS.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in builds[:-_KEPT_BUILDS]:
        if path != newest:
            shutil.rmtree(path, ignore_errors=True)
