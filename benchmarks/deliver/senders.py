"""All senders that are compared: the relay, the limits, and the peers that are installed here."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.children import python
from benchmarks.deliver.log_shipper import log_shipper, missing
from benchmarks.deliver.processes import Process, Sender, Sink, running
from tests.clients.installing import NODE as NODE_CLIENTS
from tests.clients.installing import install

_ROOT = Path(__file__).resolve().parents[2]
_TOOLS = _ROOT / ".local" / "tools"

LIMIT, OURS, INCOMPLETE, READING = (
    "limit: urllib3 alone",
    "dreamdata-relay",
    "... 6 % incomplete",
    "... without posting",
)
INVOCATION, FLOOR = "dreamdata-relay, whole invocation", "floor: json.loads and the posts"
SEGMENT, SEGMENT_QUEUE = "segment-analytics-python", "segment-analytics-python, its queue alone"
SHIPPER = "syslog-ng http(), 500 kB"
NODE = "@segment/analytics-node"


_QUICK = 4


class Contender(NamedTuple):
    """``sender`` None: not here, and ``note`` says why. ``events``: how many it sends in a run.

    ``checked``: what it posts is events. ``renames``: it gives some events ids that are not known before. ``runs``: in
    a round, so that the quick ones take long enough to be measured.
    """

    name: str
    sender: Sender | None
    events: int
    note: str = ""
    checked: bool = True
    renames: bool = False
    runs: int = 1


class Work(NamedTuple):
    """Files of messages, one a line: ``all``, ``part`` of them for the dear peers, ``raw`` as the corpus has them."""

    all: Path
    part: Path
    raw: Path
    events: Sequence[bytes]
    part_events: int


def contenders(stack: contextlib.ExitStack, sink: Sink, work: Work, folder: Path) -> list[Contender]:
    """Every sender, started; those that cannot be, with the reason."""
    count = len(work.events)

    def ours(name: str, which: str, file: Path = work.all, note: str = "") -> Contender:
        sender = stack.enter_context(relay_sender(which, sink, file))
        return Contender(name, sender, count, note, which not in ("limit", "reading"), file == work.raw, _QUICK)

    found = [
        ours(LIMIT, "limit", note="prebuilt bodies of 500,000 bytes"),
        ours(OURS, "path", note="validates"),
        ours(INCOMPLETE, "path", work.raw, "direct senders' events: ids and timestamps filled in"),
        ours(READING, "reading", note="unwrap, validate, pack"),
        ours(INVOCATION, "invocation", note="Lambda's json.loads, handler, metrics, log"),
        ours(FLOOR, "floor"),
    ]
    return [*found, *peers(stack, sink, work, folder)]


def relay_sender(which: str, sink: Sink, messages: Path) -> contextlib.AbstractContextManager[Process]:
    """One of the relay's senders as long as the block lasts."""
    return running(which, python("benchmarks.deliver.relay_senders", which, sink.url, str(messages)))


def peers(stack: contextlib.ExitStack, sink: Sink, work: Work, folder: Path) -> list[Contender]:
    """Everybody else's senders, started."""
    folder.mkdir(exist_ok=True)
    why = missing()
    shipper = None if why else stack.enter_context(log_shipper(sink, work.events, folder / "shipper"))
    note = why or "C, validates nothing; its CPU has TCP input in it"
    found = [Contender(SHIPPER, shipper, len(work.events), note, runs=2)]
    return [*found, *_python_peers(stack, sink, work), _node_peer(stack, sink, work)]


def _python_peers(stack: contextlib.ExitStack, sink: Sink, work: Work) -> list[Contender]:
    interpreter, why = _environment("clients-segment")
    found = []
    for name, how, size, note in (
        (SEGMENT, "public", 100, "as it comes: 100 events a request"),
        (SEGMENT_QUEUE, "queue", 2000, "as many events a request as it can"),
    ):
        sender = None
        if interpreter:
            script = str(Path(__file__).with_name("python_peer.py"))
            command = [str(interpreter), script, how, str(size), sink.url, str(work.part)]
            sender = stack.enter_context(running(name, command, {"PATH": os.defpath}))
        found.append(Contender(name, sender, work.part_events, note if interpreter else why))
    return found


def _node_peer(stack: contextlib.ExitStack, sink: Sink, work: Work) -> Contender:
    why = _install_node()
    sender = None
    if not why:
        script = str(Path(__file__).with_name("node_peer.js"))
        sender = stack.enter_context(running(NODE, ["node", script, sink.url, str(work.part), str(NODE_CLIENTS)]))
    return Contender(NODE, sender, work.part_events, why or "as it comes")


def _environment(name: str) -> tuple[Path | None, str]:
    """The interpreter of one of tools/setup.py's environments, made where it was not; or why there is none."""
    command = [sys.executable, str(_ROOT / "tools" / "setup.py"), name]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return None, f"not installed: python tools/setup.py {name} failed"
    return _TOOLS / name / "bin" / "python", ""


def _install_node() -> str:
    """Install the Node clients that the tests run; why not, where that cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return "not installed: needs node and npm, 18 or newer"
    try:
        install(npm)
    except RuntimeError:
        return "not installed: npm ci failed"
    return ""
