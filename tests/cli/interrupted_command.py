"""A process that has imported the command, and runs it in forks that it interrupts; the stack is in another process.

Reads a job a line: arguments, folder, the bench and where it listens, the signal and the seconds before each, or the
file that appears before Ctrl-C is pressed again and again; answers with the exit status and the seconds it took.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Client, Connection
from typing import Any

from botocore.exceptions import ClientError

from relay_cli import context, main
from relay_cli.app import app
from relay_cli.interrupts import end_at_once
from relay_cli.stack import RelayStack

A_FAULT = 70
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CALL, RAISED = "call", "raised"


class RemoteSession:
    """In place of boto3's session: each call is answered by a bench in the tests' process."""

    def __init__(self, address: str, bench: int) -> None:
        self._address = address
        self._bench = bench
        self._of_thread = threading.local()

    def client(self, service: str, **_: Any) -> "RemoteClient":
        """A client of ``service``."""
        return RemoteClient(self, service)

    def call(self, service: str, method: str, asked: dict[str, Any]) -> Any:
        """One call, there and back."""
        if not hasattr(self._of_thread, "connection"):
            self._of_thread.connection = Client(self._address)
            self._of_thread.connection.send(self._bench)
        connection: Connection = self._of_thread.connection
        connection.send((service, method, asked))
        kind, answer = connection.recv()
        if kind == RAISED:
            raise ClientError(*answer)
        return answer


class RemoteClient:
    """A boto3 client of one service."""

    def __init__(self, session: RemoteSession, service: str) -> None:
        self._session = session
        self._service = service

    def __getattr__(self, method: str) -> Any:
        return lambda **asked: self._session.call(self._service, method, asked)


def run(job: dict[str, Any]) -> tuple[int, float]:
    """The exit status of one command, and the seconds that it took."""
    begun = time.monotonic()
    pid = os.fork()
    if not pid:
        _command(job)
    for seconds in job["after"]:
        time.sleep(seconds)
        # Ended or not: until it is waited for the number is its own.
        os.kill(pid, job["signal"])
    ended = _pressed_to_the_end(pid, job["once"]) if job["once"] else os.waitpid(pid, 0)[1]
    status = os.waitstatus_to_exitcode(ended)
    return status, time.monotonic() - begun


def _pressed_to_the_end(pid: int, once: str) -> int:
    """Ctrl-C from when the file ``once`` is there until the command has ended, however slow the machine is."""
    while not os.path.lexists(once):
        time.sleep(0.01)
    while True:
        os.kill(pid, signal.SIGINT)
        time.sleep(0.1)
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return status


def _command(job: dict[str, Any]) -> None:
    try:
        os.chdir(job["folder"])
        for number, (name, flags) in enumerate(
            (("in", os.O_RDONLY), ("out", os.O_WRONLY | os.O_CREAT), ("err", os.O_WRONLY | os.O_CREAT))
        ):
            os.dup2(os.open(f"../{name}", flags, 0o600), number)
        os.environ["EDITOR"] = job["editor"]
        # What is kept of a letter goes there.
        os.environ["TMPDIR"] = str(os.path.dirname(job["folder"]))  # noqa: PTH120  # between two forks
        stack = RelayStack("shop", job["outputs"], job["api_url"], RemoteSession(job["address"], job["bench"]))
        context.find_stack = lambda *_: stack  # type: ignore[attr-defined]
        sys.argv = ["relay", "--stack", "shop", *job["arguments"]]
        end_at_once()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        main.main()
    except BaseException:  # noqa: BLE001  # whatever it is, it is a fault, and this process is a copy
        traceback.print_exc()
    os._exit(A_FAULT)


if __name__ == "__main__":
    assert app, "imported before the forks"
    # No fork is without a handler for one moment.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    for line in sys.stdin:
        os.write(1, json.dumps(run(json.loads(line))).encode() + b"\n")
