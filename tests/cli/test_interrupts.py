"""Every command is interrupted at any moment: a status that is documented, a sentence, nothing left half done."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cli.conftest import DEAD, DREAMDATA, KEYS, OUTPUTS, QUEUE
from tests.cli.interrupted_command import CALL, RAISED
from tests.cli.smoke_stack import ARNS, SmokeBench
from tests.fakes.server import HttpServer, Reaction
from tests.patience import LONGEST_S

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = 24
# Ctrl-C, what ends a process politely, and a terminal that is closed, with the status after each.
STATUSES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
LETTERS = [json.dumps({"type": "tracks", "userId": f"u{number}", "messageId": f"e{number}"}) for number in range(45)]
LINES = [json.dumps({"type": "identify", "userId": f"u{number}", "messageId": f"e{number}"}) for number in range(45)]
# Each call to AWS takes a while, so that a moment within one is as likely as one between two.
CALL_S = 0.01
_EDITOR = """sed -i 's/"tracks"/"track", "event": "Paid"/'"""
_TAKEN = Reaction(body=b'{"success": true, "accepted": 1, "rejected": []}')


def bench_with_letters() -> SmokeBench:
    """A stack in which there is something to do for every command."""
    bench = SmokeBench()
    bench.secrets.put(KEYS, json.dumps({"default": "key-of-old", "shop": "key-of-the-shop"}))
    bench.secrets.put_secret_value(SecretId=DREAMDATA, SecretString=json.dumps({"api_key": "the-old-key"}))
    bench.secrets.put_secret_value(SecretId=DREAMDATA, SecretString=json.dumps({"api_key": "the-key"}))
    for body in LETTERS:
        bench.sqs.put(DEAD, body, error_code="type_unknown", source="http:shop")
    return bench


class Caller:
    """A command that is connected, once ``known`` with its ``bench``; ``thread`` serves it."""

    def __init__(self) -> None:
        self.bench: int | None = None
        self.known = threading.Event()
        self.thread = threading.Thread()


class Stacks:
    """Benches that commands in other processes call, each call as a whole."""

    def __init__(self) -> None:
        self._listener = Listener(backlog=64)
        self._benches: list[SmokeBench] = []
        self._locks: list[threading.Lock] = []
        self._callers: list[Caller] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> Any:
        """Where they are called."""
        return self._listener.address

    def new(self, prepared: Callable[[SmokeBench], None]) -> int:
        """The number of a new bench."""
        bench = bench_with_letters()
        prepared(bench)
        self._benches.append(bench)
        self._locks.append(threading.Lock())
        return len(self._benches) - 1

    def settled(self, number: int) -> SmokeBench:
        """The bench, once nobody calls it any more."""
        for caller in list(self._callers):
            caller.known.wait()
            if caller.bench == number:
                caller.thread.join()
        return self._benches[number]

    def close(self) -> None:
        """Answer nobody any more."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:
                return
            caller = Caller()
            caller.thread = threading.Thread(target=self._serve, args=(connection, caller), daemon=True)
            self._callers.append(caller)
            caller.thread.start()

    def _serve(self, connection: Connection, caller: "Caller") -> None:
        try:
            # One that was interrupted before it said whom it calls ends here.
            number = caller.bench = connection.recv()
        except (EOFError, OSError):
            return
        finally:
            caller.known.set()
        bench = self._benches[number]
        while True:
            try:
                service, method, asked = connection.recv()
            except (EOFError, OSError):
                return
            time.sleep(CALL_S)
            try:
                with self._locks[number]:
                    answer = CALL, getattr(bench.client(service), method)(**asked)
            except ClientError as error:
                answer = RAISED, (error.response, error.operation_name)
            try:
                connection.send(answer)
            except OSError:
                return


@dataclass
class Done:
    """How a command ended, and what there is after it."""

    status: int
    seconds: float
    out: str
    err: str
    here: Path
    bench: SmokeBench

    @property
    def interrupted(self) -> bool:
        """Whether its status says so."""
        return self.status in STATUSES.values()

    @property
    def relay_keys(self) -> dict[str, Any]:
        """What the secret of the relay keys holds."""
        return dict(json.loads(self.bench.secrets.current(KEYS)))

    def written(self, name: str) -> list[str]:
        """The bodies in a file of letters; empty where there is none, and there is nothing but that file."""
        assert {path.name for path in self.here.iterdir()} <= {name, "given.jsonl"}
        file = self.here / name
        return [json.loads(line)["body"] for line in file.read_text().splitlines()] if file.exists() else []


def looked(done: Done) -> None:
    """Nothing is different, and that is said."""
    assert done.bench.sqs.bodies(DEAD) == LETTERS
    assert done.bench.sqs.bodies(QUEUE) == []
    assert done.interrupted is ("nothing was changed" in done.err)


def exported(done: Done) -> None:
    """The file is whole, or there is none."""
    looked(done)
    assert sorted(done.written("out.jsonl")) == ([] if done.interrupted else sorted(LETTERS))


def redriven(done: Done) -> None:
    """Each letter is in one place, and as many were moved as is said."""
    moved = done.bench.sqs.bodies(QUEUE)
    assert sorted(moved + done.bench.sqs.bodies(DEAD)) == sorted(LETTERS)
    if done.interrupted:
        said = re.search(r"interrupted: (?:(\d+) dead letters? moved|nothing was changed)", done.err)
        assert said
        assert int(said[1] or 0) == len(moved)


def deleted(done: Done) -> None:
    """What is gone is in the file; without a file all are there."""
    written, there = done.written("gone.jsonl"), done.bench.sqs.bodies(DEAD)
    assert sorted(written) in ([], sorted(LETTERS))
    assert len(there) == len(LETTERS) or written
    assert set(there) | set(written) == set(LETTERS)
    if done.interrupted and written:
        assert f"interrupted: {len(LETTERS) - len(there)} of 45 dead letters were deleted" in done.err


def imported(done: Done) -> None:
    """Lines are sent from the first on, as many as is said."""
    sent = done.bench.sqs.bodies(QUEUE)
    assert sent == LINES[: len(sent)]
    if done.interrupted:
        said = re.search(r"interrupted: (?:(\d+) lines were sent|nothing was changed)", done.err)
        assert said
        assert int(said[1] or 0) == len(sent)


def edited(done: Done) -> None:
    """The letter is in one place; nothing that was typed is lost."""
    sent, there = done.bench.sqs.bodies(QUEUE), done.bench.sqs.bodies(DEAD)
    assert len(sent) + len(there) == len(LETTERS)
    assert done.interrupted is (not sent)
    assert [json.loads(body)["type"] for body in sent] in ([], ["track"])


def key_added(done: Done) -> None:
    """A key that is in the secret was shown."""
    assert done.interrupted is ("mine" not in done.relay_keys)
    assert done.out.strip() == done.relay_keys.get("mine", "")


def key_revoked(done: Done) -> None:
    """Whether it is gone is said."""
    assert done.interrupted is ("shop" in done.relay_keys)
    assert ("shop is revoked" in done.err) is ("shop" not in done.relay_keys)


def put(key: str) -> Callable[[Done], None]:
    """Of the Dreamdata key that becomes ``key``."""

    def key_put(done: Done) -> None:
        there = json.loads(done.bench.secrets.current(DREAMDATA))["api_key"]
        assert there == ("the-key" if done.interrupted else key)

    return key_put


def posted(done: Done) -> None:
    """Nobody is told that nothing was sent."""
    assert not done.interrupted or "look with: relay" in done.err or "nothing was changed" in done.err


def triggered(done: Done) -> None:
    """Nobody is told that nothing was sent where it was."""
    assert not done.bench.sqs.bodies(QUEUE) or "nothing was changed" not in done.err
    assert not done.interrupted or "look with: relay" in done.err or not done.bench.sqs.bodies(QUEUE)


@dataclass(frozen=True)
class Case:
    """A command, what holds after it, what is typed, and for how long at most it is let run before Ctrl-C."""

    arguments: tuple[str, ...]
    holds: Callable[[Done], None] = looked
    typed: str = ""
    most_s: float = 3.0
    ends: bool = True


CASES = (
    Case(("status",)),
    Case(("status", "--watch", "--every", "1"), most_s=1.4, ends=False),
    Case(("send", "--seconds", "0.4"), posted, most_s=0.4),
    Case(("trigger", "sns", "--seconds", "0.4"), triggered, most_s=0.6),
    Case(("tail",), most_s=0.4, ends=False),
    Case(("find", "e5")),
    Case(("dead", "list")),
    Case(("dead", "show", "e44")),
    Case(("dead", "export", "out.jsonl"), exported),
    Case(("dead", "redrive", "--all", "--rate", "500"), redriven),
    Case(("dead", "delete", "--all", "--yes", "--export", "gone.jsonl"), deleted),
    Case(("dead", "import", "given.jsonl"), imported),
    Case(("dead", "edit", "e5"), edited),
    Case(("keys", "list")),
    Case(("keys", "add", "mine"), key_added),
    Case(("keys", "revoke", "shop"), key_revoked),
    Case(("key", "set"), put("the-new-key"), typed="the-new-key\n"),
    Case(("key", "check")),
    Case(("key", "undo"), put("the-old-key")),
    Case(("smoke", "--read-only", "--seconds", "10")),
)


class Runner:
    """Runs commands in some processes that have imported them, each on a stack of its own."""

    def __init__(self, folder: Path, api_url: str, processes: int = 3) -> None:
        self._folder = folder
        self._api_url = api_url
        self._stacks = Stacks()
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "relay")])
        command = [sys.executable, "-m", "tests.cli.interrupted_command"]
        self._processes = [
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path},
            )
            for _ in range(processes)
        ]
        for process in self._processes:
            self._idle.put(process)
        self.at_once = ThreadPoolExecutor(processes)

    def run(
        self,
        case: Case,
        *after: float,
        prepared: Callable[[SmokeBench], None] = lambda _: None,
        settled: Callable[[], None] = lambda: None,
        once: Path | None = None,
        number: int = signal.SIGINT,
    ) -> Done:
        """Run it on a stack of its own, ``prepared``, and send it the signal each time ``after`` so many seconds.

        ``once`` that file is there, again and again. ``settled`` is called when it has ended.
        """
        bench = self._stacks.new(prepared)
        here = self._folder / str(bench) / "here"
        here.mkdir(parents=True)
        (here.parent / "in").write_text(case.typed)
        if "given.jsonl" in case.arguments:
            (here / "given.jsonl").write_text("\n".join(LINES))
        job = {
            "arguments": case.arguments, "folder": str(here), "after": after, "bench": bench,
            "signal": number,
            "once": once and str(once),
            "editor": _EDITOR, "outputs": {**OUTPUTS, **ARNS},
            "address": self._stacks.address, "api_url": self._api_url,
        }  # fmt: skip
        process = self._idle.get()
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            status, seconds = json.loads(process.stdout.readline())
        finally:
            self._idle.put(process)
        settled()
        out, err = ((here.parent / name).read_text() for name in ("out", "err"))
        return Done(status, seconds, out, err, here, self._stacks.settled(bench))

    def close(self) -> None:
        """End the processes."""
        self.at_once.shutdown()
        for process in self._processes:
            process.communicate()
        self._stacks.close()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with HttpServer(*[_TAKEN] * 100) as api:
        found = Runner(tmp_path_factory.mktemp("interrupted"), api.url.removesuffix("/v1/batch"))
        yield found
        found.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.arguments[:3]))
def test_a_command_is_interrupted_at_any_moment(runner: Runner, case: Case) -> None:
    """It ends with the signal's status and a true sentence, or as if nothing had come; and no trace of it."""
    usual, longest = None, case.most_s
    if case.ends:
        undisturbed = runner.run(case)
        case.holds(undisturbed)
        usual, longest = undisturbed.status, min(undisturbed.seconds, case.most_s)
        assert usual in (0, 1), undisturbed.err
    chosen = random.Random(" ".join(case.arguments))  # noqa: S311  # moments, no secrets
    signals = list(STATUSES) * (MOMENTS // len(STATUSES))
    moments = [chosen.uniform(0, longest) for _ in signals]
    ends = runner.at_once.map(lambda after, number: runner.run(case, after, number=number), moments, signals)
    for number, done in zip(signals, ends, strict=True):
        assert done.status in (STATUSES[number], usual), (number, done.err)
        assert "Traceback" not in done.err
        assert "Exception ignored" not in done.err
        assert not done.interrupted or "relay: interrupted: " in done.err
        lying = done.bench.sqs
        hidden = len(lying.bodies(DEAD)) - len(lying.visible(DEAD))
        assert not hidden or "stay hidden" in done.err
        assert not list(done.here.glob(".*"))
        case.holds(done)


def test_whoever_does_not_want_to_wait_is_told_what_for_and_then_obeyed(runner: Runner, tmp_path: Path) -> None:
    """AWS does not answer: the second Ctrl-C says what is waited for, the third ends it and what may be half done."""
    ended, asked_for = threading.Event(), tmp_path / "asked"

    def prepared(bench: SmokeBench) -> None:
        receive = bench.sqs.receive_message

        def waits(**asked: Any) -> Any:
            asked_for.touch()
            assert ended.wait(LONGEST_S)
            return receive(**asked)

        bench.sqs.receive_message = waits  # type: ignore[method-assign]

    # What would have answered is let go on only after the command: it cannot have ended by itself.
    done = runner.run(Case(("dead", "list")), once=asked_for, prepared=prepared, settled=ended.set)
    first, second = done.err.splitlines()
    assert (done.status, done.out) == (STATUSES[signal.SIGINT], "")
    assert first == (
        "relay: ends as soon as AWS has answered and no dead letter is hidden; Ctrl-C once more ends it at once"
    )
    assert second.startswith("relay: interrupted: ended in the middle: ")


@pytest.mark.parametrize("arguments", [("--help",), ("status",), ("dead", "list", "--no-such-option")])
@pytest.mark.parametrize("number", STATUSES)
def test_the_start_of_the_command_is_interrupted_at_any_moment(
    tmp_path: Path, number: signal.Signals, arguments: tuple[str, ...]
) -> None:
    """From the first line of its own code on, while it imports what takes long."""
    main = ROOT / "relay_cli" / "__main__.py"
    # What tools/relay runs, after a byte that says that the interpreter itself has started.
    code = (
        f"import os; code = compile(open({str(main)!r}).read(), {str(main)!r}, 'exec');"
        f" names = {{'__name__': '__main__', '__file__': {str(main)!r}}}; os.write(1, b'x'); exec(code, names)"
    )
    chosen = random.Random(1)  # noqa: S311  # moments, no secrets
    usual = {"--help": 0, "status": 3, "dead": 2}[arguments[0]]
    env = {name: value for name, value in os.environ.items() if name != "RELAY_STACK"}
    command = [sys.executable, "-S", "-P", "-c", code, *arguments]
    for _ in range(MOMENTS // len(STATUSES)):
        # As tools/relay starts it: what would end it without a word waits until it can be answered.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {number} - {signal.SIGINT})
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=env)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        with process:
            assert process.stdout
            assert process.stderr
            assert os.read(process.stdout.fileno(), 1) == b"x"
            time.sleep(chosen.uniform(0, 0.5))
            process.send_signal(number)
            err = process.stderr.read()
        assert process.returncode in (usual, STATUSES[number]), err
        interrupted = process.returncode == STATUSES[number]
        assert interrupted is (err == b"relay: interrupted: nothing was changed\n"), err


def test_a_terminal_that_is_closed_ends_nothing_under_nohup(tmp_path: Path) -> None:
    """Whoever starts it so wants it to go on."""
    code = (
        "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); from relay_cli import interrupts;"
        " interrupts.end_at_once(); signal.raise_signal(signal.SIGHUP);"
        " exec('with interrupts.Interrupts() as came: signal.raise_signal(signal.SIGHUP); print(came())')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


@pytest.mark.parametrize("number", STATUSES)
def test_the_command_of_a_checkout_leaves_no_trace_before_its_first_line_either(number: signal.Signals) -> None:
    """While the shell and the interpreter start, which know nothing of the command's own answer to a signal."""
    chosen = random.Random(2)  # noqa: S311  # moments, no secrets
    for _ in range(MOMENTS):
        process = subprocess.Popen(
            [ROOT / "tools" / "relay", "--help"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        time.sleep(chosen.uniform(0, 0.08))
        process.send_signal(number)
        _, err = process.communicate()
        # The shell dies of it where it has not come to its own first line, or is just becoming Python.
        assert process.returncode in (0, STATUSES[number], -number), err
        assert err == (b"relay: interrupted: nothing was changed\n" if process.returncode == STATUSES[number] else b"")
