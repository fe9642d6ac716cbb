"""An update of a stack under traffic: what is deployed is what runs, and no event is lost on the way."""

import compileall
import json
import py_compile
import re
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local import sam
from local.places import BUILDS
from local.stack import Stack
from local.updating import update
from local.waiting import wait_until
from local.ways_in import senders
from relay_cli.samples import Message, Request

NEW_VERSION = "0.0.1-updated"
# A message that the function was given while it was replaced comes back when its visibility timeout is over.
LONGEST_SECONDS = 500


@pytest.fixture
def restored(stack: Stack) -> Iterator[Stack]:
    """The stack of all tests, as it was again at the end."""
    yield stack
    # A parameter that is not given stays as it was last.
    update(stack, sam.build(stack.state), {"PayloadCompression": "none"})
    stack.sandbox.reset()


@pytest.fixture
def updated(stack: Stack) -> Iterator[Path]:
    """A build whose layer tells another version of itself; everything else is as it was."""
    build = sam.build(stack.state).parent
    # Beside the builds: the template names the licence by a path from there.
    with tempfile.TemporaryDirectory(dir=BUILDS) as name:
        yield _with_another_layer(build, Path(name))


def _with_another_layer(build: Path, folder: Path) -> Path:
    shutil.copytree(build, folder, dirs_exist_ok=True)
    python = folder / "RelayLayer" / "python"
    module = python / "dreamdata_relay" / "__init__.py"
    text = module.read_text()
    changed = re.sub(r'__version__ = ".*"', f'__version__ = "{NEW_VERSION}"', text)
    assert changed != text
    module.write_text(changed)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    assert compileall.compile_file(module, quiet=1, force=True, invalidation_mode=mode)
    return folder / "template.yaml"


@contextmanager
def traffic(stack: Stack, taken: list[str]) -> Iterator[None]:
    """Events by HTTP and by SendMessage, one after the other; `taken` are the ids that the relay answered for."""
    over = threading.Event()

    def send() -> None:
        with senders(stack, []) as sender:
            while not over.is_set():
                for by_http in (True, False):
                    name = str(uuid.uuid4())
                    body = json.dumps({"type": "identify", "userId": "u", "messageId": name, "traits": {}})
                    if by_http:
                        answer = sender.send(
                            Request("/v1/batch", f'{{"batch":[{body}]}}'.encode(), "application/json", None)
                        )
                        if answer is None or answer.status != 200:
                            continue
                    else:
                        sender.send(Message(body, {}))
                    taken.append(name)
                over.wait(0.2)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def looks_of_posts(stack: Stack, since: int) -> set[tuple[str, str]]:
    """User agent and encoding of every payload that the sandbox took from index `since` on."""
    return {
        (payload.headers["user-agent"], payload.encoding) for payload in stack.sandbox.payloads(since) if payload.taken
    }


@pytest.mark.timeout(900)
def test_an_update_of_layer_and_parameter_reaches_traffic_and_loses_no_event(restored: Stack, updated: Path) -> None:
    """The layer's code and the parameter are the new ones, seen in what Dreamdata gets; each event has its end."""
    stack, taken = restored, list[str]()
    letters = len(stack.dead_letters())
    stack.sandbox.reset()
    with traffic(stack, taken):
        ((agent, encoding),) = wait_until(lambda: looks_of_posts(stack, 0) or None, 60, "the first delivery")
        assert NEW_VERSION not in agent
        assert encoding == "identity"
        update(stack, updated, {"PayloadCompression": "gzip"})
        after, sent = len(stack.sandbox.payloads()), len(taken)
        wait_until(lambda: len(taken) > sent + 4 or None, 30, "events after the update")

    stack.sandbox.wait_for_ids(taken, LONGEST_SECONDS)
    last = stack.sandbox.payloads()[-1]
    assert last.index >= after
    assert last.headers["user-agent"].endswith(f"/{NEW_VERSION}")
    assert last.encoding == "gzip"
    assert len(stack.dead_letters()) == letters
