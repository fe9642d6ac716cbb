"""syslog-ng's http() destination: events as lines over TCP, posted as batches; no validation, and written in C."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.deliver.processes import Sink, cpu_seconds

_LONGEST_S = 30.0
_START, _BETWEEN, _END = '{"messageId":"m","sentAt":"2026-11-23T12:27:55.099Z","batch":[', ",", "]}"
_QUOTED = _START.replace('"', '\\"')
_CONFIG = """@version: 3.35
options {{ stats-freq(0); mark-freq(0); }};
source s {{ network(ip("127.0.0.1") port({port}) transport("tcp") flags(no-parse) log-msg-size(262144)
  log-iw-size(20000) log-fetch-limit(1000)); }};
destination d {{ http(url("{url}/v1/batch") method("POST") user("a-key") password("") workers(1) persist-name("d")
  headers("Content-Type: application/json") body-prefix("{start}") delimiter(",") body-suffix("]}}") body("${{MSG}}")
  batch-lines(100000) batch-bytes(500000) batch-timeout(200) log-fifo-size(60000)); }};
log {{ source(s); destination(d); flags(flow-control); }};
"""


def missing() -> str | None:
    """What to do where syslog-ng or its http() is not installed."""
    program = shutil.which("syslog-ng") or shutil.which("syslog-ng", path="/usr/sbin")
    if not program:
        return "not installed: apt-get install syslog-ng-core syslog-ng-mod-http"
    done = subprocess.run([program, "--module-registry"], capture_output=True, text=True, check=False)
    return None if "http" in done.stdout else "without http(): apt-get install syslog-ng-mod-http"


class LogShipper:
    """A running syslog-ng, fed by this process."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, sink: Sink, events: Sequence[bytes]) -> None:
        self._process = process
        self._sink = sink
        self._lines = b"\n".join(events) + b"\n"
        self._bytes, self._count = sum(map(len, events)), len(events)
        self._socket = _connected(port, process)

    def seconds(self) -> float:
        """CPU seconds so far."""
        return cpu_seconds(self._process.pid)

    def ask(self, line: str) -> str:
        """Send everything once and wait until the last batch has arrived."""
        self._socket.sendall(self._lines)
        until = time.monotonic() + _LONGEST_S
        while time.monotonic() < until:
            sizes = self._sink.sizes()
            framed = len(sizes) * len(_START + _END) + (self._count - len(sizes)) * len(_BETWEEN)
            if sum(sizes) == self._bytes + framed:
                return "done"
            time.sleep(0.02)
        raise RuntimeError(f"syslog-ng sent {sum(sizes)} bytes in {_LONGEST_S} s, not all events")


@contextlib.contextmanager
def log_shipper(sink: Sink, events: Sequence[bytes], folder: Path) -> Iterator[LogShipper]:
    """A syslog-ng as long as the block lasts; its files are in ``folder``."""
    folder.mkdir()
    port = _free_port()
    config = folder / "syslog-ng.conf"
    config.write_text(_CONFIG.format(port=port, url=sink.url, start=_QUOTED))
    program = shutil.which("syslog-ng") or "/usr/sbin/syslog-ng"
    places = {"cfgfile": config, "persist-file": folder / "p", "control": folder / "c", "pidfile": folder / "pid"}
    options = [f"--{name}={path}" for name, path in places.items()]
    with subprocess.Popen([program, "--foreground", "--no-caps", *options]) as process:
        try:
            yield LogShipper(process, port, sink, events)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _connected(port: int, process: subprocess.Popen[bytes]) -> socket.socket:
    until = time.monotonic() + _LONGEST_S
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(ConnectionError):
            return socket.create_connection(("127.0.0.1", port))
        time.sleep(0.05)
    raise RuntimeError("syslog-ng did not start; what it said is above")
