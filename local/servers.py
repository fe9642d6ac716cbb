"""The background processes of a stack: emulator, sandbox, front, live page, and what writes the functions' logs."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import urllib3

from local.errors import LocalError
from local.places import ROOT, StateDir, tool
from local.ports import free_port
from local.processes import Background, environment, listens, start
from local.waiting import wait_until

# Where nobody looks for an emulator, and below the range from which systems give out ports by themselves.
EMULATOR_PORT = 21466
FRONT_PORT = 21470
FRONT_TLS_PORT = 21471
SANDBOX_PORT = 21480
PAGE_PORT = 21490
EMULATOR = ROOT / "local" / "emulator" / "start.py"
_START_SECONDS = 60.0
# On a busy machine a server that is well may take long; one that is gone refuses at once.
_ANSWER_SECONDS = 30.0
_TRIES = 3


def start_emulator(state: StateDir, account: str, program: Path = EMULATOR) -> tuple[Background, str]:
    """Start ministack on a free port; returns its process and its URL. Raises LocalError when it does not come up."""
    tool("ministack", "ministack")
    # -P: the modules of this folder are not the emulator's.
    command: list[str | Path] = [tool("ministack", "python"), "-P", program]
    log = _fresh_log(state, "emulator")
    state.scratch.mkdir(parents=True, exist_ok=True)
    usual = EMULATOR_PORT
    for last in (False,) * (_TRIES - 1) + (True,):
        port = free_port(usual)
        settings = {
            **on_loopback(port),
            "TMPDIR": str(state.scratch),
            # The functions inherit these.
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "RULES_FILE": str(state.rules_file),
        }
        background, process = start("emulator", command, log, environment(state.owner, **settings), state.path)
        url = f"http://127.0.0.1:{port}"
        if _comes_up(process, f"{url}/_ministack/health", "the emulator", log):
            return background, url
        if last or b"already in use" not in log.read_bytes():
            raise LocalError(f"the emulator ended while starting: {last_line(log)} (log: {log})")
        usual = 0
    raise AssertionError("the last try returns or raises")


def on_loopback(port: int) -> dict[str, str]:
    """The emulator's settings: it binds every interface and two more ports unless it is told otherwise."""
    return {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "GATEWAY_PORT": str(port),
    }


def start_sandbox(state: StateDir, key: str) -> tuple[Background, str]:
    """Start the sandbox, with the key it accepts, on a free port; returns its process and its URL."""
    log = _fresh_log(state, "sandbox")
    port = free_port(SANDBOX_PORT)
    command = [sys.executable, "-m", "local.sandbox", str(port)]
    background, process = start("sandbox", command, log, environment(state.owner), ROOT, first_line=key)
    url = f"http://127.0.0.1:{port}"
    if not _comes_up(process, f"{url}/_sandbox/health", "the sandbox", log):
        raise LocalError(f"the sandbox ended while starting: {last_line(log)} (log: {log})")
    return background, url


def start_log_writer(state: StateDir) -> Background:
    """Start the process that copies the functions' logs from the emulator into files; needs the stack file."""
    log = _fresh_log(state, "log-writer")
    command = [sys.executable, "-m", "local.log_writer", str(state.path)]
    background, _ = start("log-writer", command, log, environment(state.owner), ROOT)
    return background


def start_front(state: StateDir) -> Background:
    """Start the front, without waiting for it (see :func:`wait_for_front`): so it can start while the stack does.

    It chooses its ports by itself, and takes the stack file when that is there.
    """
    log = _fresh_log(state, "front")
    command = [sys.executable, "-m", "local.front", str(state.path), str(FRONT_PORT), str(FRONT_TLS_PORT)]
    background, _ = start("front", command, log, environment(state.owner), ROOT)
    return background


def wait_for_front(front: Background) -> tuple[str, str]:
    """The front's URLs, http and https, as soon as it listens. Raises LocalError."""
    log = Path(front.log)

    def ports() -> dict[str, int] | None:
        told = [line for line in log.read_text(errors="replace").splitlines(keepends=True) if line.startswith("{")]
        if told and told[0].endswith("\n"):
            return dict(json.loads(told[0]))
        if not front.is_alive():
            raise LocalError(f"the front ended while starting: {last_line(log)} (log: {log})")
        return None

    found = wait_until(ports, _START_SECONDS, f"starting the front (log: {log})", poll_seconds=0.05)
    return f"http://127.0.0.1:{found['http']}", f"https://127.0.0.1:{found['https']}"


def start_page(state: StateDir, usual: int = PAGE_PORT) -> tuple[Background, str]:
    """Start the live page on a free port, without waiting for it (see :func:`wait_for_page`); its process and its URL.

    It takes the stack file when that is there: so it can start while the stack does.
    """
    log = _fresh_log(state, "page")
    port = free_port(usual)
    command = [sys.executable, "-m", "local.page", str(port), str(state.path)]
    # It opens messages by the relay's own code, and tells what privacy rules do.
    code = os.pathsep.join(str(ROOT / "layers" / name) for name in ("relay", "rules"))
    env = environment(state.owner, PYTHONPATH=code)
    background, _ = start("page", command, log, env, ROOT)
    return background, f"http://127.0.0.1:{port}"


def wait_for_page(state: StateDir, page: Background, url: str) -> tuple[Background, str]:
    """The page as soon as it listens; on another port where its own was taken meanwhile. Raises LocalError."""
    for last in (False, True):
        port = urllib3.util.parse_url(url).port
        if _listening(page, port):
            return page, url
        if last or "already in use" not in Path(page.log).read_text(errors="replace"):
            raise LocalError(f"the page ended while starting: {last_line(Path(page.log))} (log: {page.log})")
        page, url = start_page(state, usual=0)
    raise AssertionError("the last try returns or raises")


def _listening(page: Background, port: int | None) -> bool:
    """True when it listens, False when it ended first."""

    def state() -> bool | None:
        if listens(page.pid, port):
            return True
        return None if page.is_alive() else False

    return wait_until(state, _START_SECONDS, f"starting the page (log: {page.log})", poll_seconds=0.05)


def last_line(log: Path) -> str:
    """The last line of a log that says anything."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def is_healthy(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    return _get(url)[0] == 200


def wait_for_relay(url: str, seconds: float, log: str) -> None:
    """Wait until a GET of `url` is answered with 200; the first answer may take as long as a cold start.

    Raises LocalError: at once when the function behind it fails, with the reason given, else after `seconds`.
    """

    def state() -> bool | None:
        status, body = _get(url, timeout=seconds)
        if status >= 500:
            raise LocalError(f"the relay fails with {status}: {body[:300]} (log: {log})")
        return True if status == 200 else None

    wait_until(state, seconds, f"the first answer of {url} (log: {log})")


def _get(url: str, timeout: float = _ANSWER_SECONDS) -> tuple[int, str]:
    """Status and body of a GET; status 0 where there is no answer."""
    with suppress(urllib3.exceptions.HTTPError):
        answer = urllib3.request("GET", url, retries=False, timeout=timeout)
        return answer.status, answer.data.decode(errors="replace")
    return 0, ""


def _comes_up(process: subprocess.Popen[bytes], health_url: str, what: str, log: Path) -> bool:
    """True when it answers, False when it ended first; raises LocalError when it does neither."""
    port = urllib3.util.parse_url(health_url).port

    def state() -> bool | None:
        if process.poll() is not None:
            return False
        # Another's server may hold the port and answer in place of ours, until ours ends for lack of one.
        return True if listens(process.pid, port) and is_healthy(health_url) else None

    return wait_until(state, _START_SECONDS, f"starting {what} (log: {log})", poll_seconds=0.05)


def _fresh_log(state: StateDir, name: str) -> Path:
    state.logs.mkdir(parents=True, exist_ok=True)
    log = state.logs / f"{name}.log"
    log.write_bytes(b"")
    return log
