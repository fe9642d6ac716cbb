"""docs/operations.md as an operator follows it: each fault is there, is seen, is mended; what is printed is compared.

What the emulator does not log, Lambda's own lines, is put into the log in Lambda's shape.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import urllib3

from local.patience import patient
from local.stack import Stack
from local.waiting import wait_until
from local.ways_in import senders
from relay_cli.samples import Message
from tests.docs.runbook import ENTRIES, Entry
from tests.e2e.test_operator import relay

# A message held for the first time comes back after 15 to 30 s, the second time after 30 to 60 s more.
FIRST_HOLD_SECONDS, SECOND_HOLD_SECONDS = 45, 110
SLOW_S = 4
# A function begins anew with other settings.
SLOWEST_S = 30.0


@pytest.fixture(autouse=True)
def _sandbox_at_rest(stack: Stack) -> Iterator[None]:
    stack.sandbox.reset()
    yield
    stack.sandbox.reset()


@pytest.fixture(autouse=True)
def _queues_at_rest(stack: Stack) -> None:
    """Other tests leave dead letters; what they left on the queue is none of the faults that are driven here."""
    for queue in (stack.queue_url, stack.dead_letter_queue_url):
        stack.aws.sqs.purge_queue(QueueUrl=queue)


def put_on_queue(stack: Stack, *events: Mapping[str, Any]) -> None:
    with senders(stack, []) as sender:
        sender.send(Message(json.dumps(events or [{"type": "identify", "userId": str(uuid.uuid4())}]), {}))


def typed(stack: Stack, command: str, answer: str = "") -> str:
    """What a command of the page prints, as it is written there."""
    name, *arguments = command.split()
    assert name == "relay"
    done = relay(stack, *arguments, typed=answer)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def wait_for_sight(stack: Stack, entry: Entry, seconds: float = 60) -> None:
    """Until the page's look shows the fault."""
    _wait_for(stack, entry.look, entry.is_seen, seconds, f"not seen: {entry.seen}")


def wait_for_the_end(stack: Stack, entry: Entry, seconds: float) -> None:
    """Until the page's command prints that all is mended; before, it does not."""
    assert not entry.is_mended(typed(stack, entry.command))
    _wait_for(stack, entry.command, entry.is_mended, seconds, f"not mended: {entry.mended}")


def _wait_for(stack: Stack, command: str, holds: Callable[[str], bool], seconds: float, otherwise: str) -> None:
    """Until what ``command`` prints is such that it ``holds``."""
    printed = ""

    def is_so() -> bool | None:
        nonlocal printed
        printed = typed(stack, command)
        return True if holds(printed) else None

    try:
        wait_until(is_so, seconds, command, 1)
    except Exception as error:
        raise AssertionError(f"{otherwise}\nbut:\n{printed}") from error


@contextmanager
def setting(stack: Stack, function: str, **changed: str) -> Iterator[None]:
    """A function with other settings; its processes begin anew with them, and again with those of before."""
    client = stack.aws.functions
    name = stack.functions[function]
    before = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]

    def put(variables: Mapping[str, str]) -> None:
        client.update_function_configuration(FunctionName=name, Environment={"Variables": dict(variables)})

    put({**before, **changed})
    try:
        yield
    finally:
        put(before)


def log(stack: Stack, function: str, *lines: Mapping[str, Any]) -> None:
    """Lines in a function's log group as the platform, or the function in a fault of its own, writes them."""
    logs, group = stack.aws.client("logs"), stack.outputs[f"{function.capitalize()}LogGroupName"]
    stream = f"of-a-test-{uuid.uuid4()}"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": json.dumps(line)} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_dead_letters(stack: Stack) -> None:
    """Listed by their reasons, then taken away."""
    entry = ENTRIES["Dead letters"]
    put_on_queue(stack, {"type": "identify", "userId": "u"}, *({"type": "pageview", "userId": "u"} for _ in range(3)))
    wait_for_sight(stack, entry)
    assert "3  type_unknown" in typed(stack, entry.command)
    assert not entry.is_mended(typed(stack, entry.command))
    stack.aws.sqs.purge_queue(QueueUrl=stack.dead_letter_queue_url)
    wait_for_the_end_of_letters(stack, entry)


def wait_for_the_end_of_letters(stack: Stack, entry: Entry) -> None:
    wait_until(lambda: True if entry.is_mended(typed(stack, entry.command)) else None, 20, "no dead letters", 1)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("title", "status"), [("Events are waiting", 503), ("The endpoint is wrong", 404), ("Everything is refused", 400)]
)
def test_what_dreamdata_answers(stack: Stack, title: str, status: int) -> None:
    """As long as it does; then what was held goes out by itself."""
    entry = ENTRIES[title]
    stack.sandbox.script({"status": status, "times": 10_000})
    put_on_queue(stack)
    wait_for_sight(stack, entry)
    assert f"has answered {status} since" in typed(stack, entry.command)
    stack.sandbox.script()
    wait_for_the_end(stack, entry, SECOND_HOLD_SECONDS)


def test_the_queue_is_not_read(stack: Stack) -> None:
    """Switched on again as the page says."""
    entry, client = ENTRIES["The queue is not read"], stack.aws.functions
    (mapping,) = client.list_event_source_mappings(FunctionName=stack.functions["deliver"])["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        put_on_queue(stack)
        wait_for_sight(stack, entry)
        assert not entry.is_mended(typed(stack, entry.command))
    finally:
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    wait_for_the_end_after(stack, entry)


def wait_for_the_end_after(stack: Stack, entry: Entry) -> None:
    wait_until(lambda: True if entry.is_mended(typed(stack, entry.command)) else None, 60, entry.title, 1)


@pytest.mark.timeout(600)
def test_the_key_is_refused(stack: Stack) -> None:
    """A wrong one is not put; the right one is, and followed to the first delivery. It stays the key."""
    entry, key = ENTRIES["The key is refused"], uuid.uuid4().hex
    stack.sandbox.script({"key": key})
    put_on_queue(stack)
    wait_for_sight(stack, entry)
    assert "which refuses the key" in typed(stack, entry.command, "another-wrong-key\n")
    printed = typed(stack, entry.command, f"{key}\n")
    assert entry.is_mended(printed), printed


@pytest.mark.timeout(240)
def test_the_deliver_function_fails(stack: Stack) -> None:
    """Killed in the midst of a batch; its messages come back."""
    entry = ENTRIES["The deliver function fails"]
    stack.aws.sqs.set_queue_attributes(QueueUrl=stack.queue_url, Attributes={"VisibilityTimeout": "15"})
    try:
        stack.sandbox.script({"status": 200, "delay_s": 12, "times": 1})
        put_on_queue(stack)
        wait_until(lambda: len(stack.sandbox.events()) or None, 20, "the payload's arrival")
        for process in _deliver_processes(stack):
            process.kill()
        record = {"requestId": str(uuid.uuid4()), "status": "timeout", "metrics": {"durationMs": 60000.0}}
        log(stack, "deliver", {"time": "2026-03-02T08:00:00.000Z", "type": "platform.report", "record": record})
        wait_for_sight(stack, entry, 12)
        wait_until(lambda: True if not stack.queued() else None, 60, "the messages' return")
        assert entry.is_mended(typed(stack, entry.command))
    finally:
        stack.aws.sqs.set_queue_attributes(QueueUrl=stack.queue_url, Attributes={"VisibilityTimeout": "420"})


def _deliver_processes(stack: Stack) -> list[psutil.Process]:
    emulator = next(process for process in stack.processes if process.name == "emulator")
    children = psutil.Process(emulator.pid).children(recursive=True)
    return [child for child in children if any(stack.functions["deliver"] in part for part in child.cmdline())]


def test_the_deliver_function_is_slow(stack: Stack) -> None:
    """The same sentence tells how long Dreamdata takes, and that it takes no longer any more."""
    entry = ENTRIES["The deliver function is slow"]

    def milliseconds() -> int:
        printed = typed(stack, entry.command)
        assert entry.is_seen(printed), printed
        assert entry.is_mended(printed)
        return int(re.search(r"in (\d+) ms", printed)[1])  # type: ignore[index]

    assert entry.look == entry.command
    stack.sandbox.script({"status": 200, "delay_s": SLOW_S, "times": 1})
    assert milliseconds() >= SLOW_S * 1000
    assert milliseconds() < SLOW_S * 1000


@pytest.mark.timeout(240)
def test_ingest_fails(stack: Stack) -> None:
    """It cannot reach its queue; then it can."""
    entry = ENTRIES["Ingest fails"]
    with setting(stack, "ingest", QUEUE_URL=stack.queue_url + "-that-is-none"):
        printed = typed(stack, entry.command)
        assert "the relay answered 503: queue_unavailable" in printed
        assert not entry.is_mended(printed)
        wait_for_sight(stack, entry)
    printed = typed(stack, entry.command)
    assert entry.is_mended(printed), printed


def test_ingest_is_throttled(stack: Stack) -> None:
    """Its concurrency is reserved to 0."""
    entry, name = ENTRIES["Ingest is throttled"], stack.functions["ingest"]
    assert entry.look == entry.command
    stack.aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        printed = typed(stack, entry.command)
        assert entry.is_seen(printed), printed
        assert not entry.is_mended(printed)
    finally:
        stack.aws.functions.delete_function_concurrency(FunctionName=name)
    printed = typed(stack, entry.command)
    assert entry.is_mended(printed), printed


def post_without_key(stack: Stack) -> None:
    answer = urllib3.request("POST", f"{stack.api_url}/v1/batch", body=b"{}", retries=False, timeout=patient(SLOWEST_S))
    assert answer.status == 401


def unknown_key(stack: Stack) -> None:
    """Whoever shows a key that is none makes ingest look into its secret again."""
    headers = urllib3.make_headers(basic_auth=f"{uuid.uuid4().hex}:")
    url = f"{stack.api_url}/v1/batch"
    urllib3.request("POST", url, headers=headers, body=b"{}", retries=False, timeout=patient(SLOWEST_S))


@contextmanager
def unreadable(stack: Stack, secret_id: str) -> Iterator[None]:
    """A secret that is bytes."""
    secrets = stack.aws.secrets
    before = secrets.get_secret_value(SecretId=secret_id)["SecretString"]
    secrets.put_secret_value(SecretId=secret_id, SecretBinary=b"\xff\xfe")
    try:
        yield
    finally:
        secrets.put_secret_value(SecretId=secret_id, SecretString=before)


def fault_of_its_own(stack: Stack, function: str) -> None:
    """No test can make one: the line is as the function writes it."""
    line = {"level": "ERROR", "message": "unexpected error", "error": "KeyError", "place": "dispatch.py:87"}
    log(stack, function, {**line, "detail": "", "service": function})


def keys_away(stack: Stack) -> None:
    """This stack has no rules: the lines are as the function writes them, with the metric."""
    line = {"level": "ERROR", "message": "the privacy rules cannot run", "reason": "secret_withdrawn"}
    metrics = [{"Namespace": "DreamdataRelay", "Metrics": [{"Name": "RulesUnavailable", "Unit": "Count"}]}]
    counts = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": metrics}, "RulesUnavailable": [1.0]}
    log(stack, "deliver", {**line, "service": "deliver"}, {**counts, "service": "deliver"})


@pytest.mark.timeout(300)
def test_trouble_that_is_over_is_not_printed_any_more(stack: Stack) -> None:
    """All whose end is that nothing is printed, together: while they last, and afterwards."""
    titles = {
        "Gzip is not taken": "gzip is not taken",
        "Unexpected errors": "unexpected error",
        "The privacy rules cannot run": "the privacy rules cannot run",
        "A secret cannot be read": "the secret cannot be read",
        "Requests without a key": "request refused",
    }
    (command,) = {ENTRIES[title].command for title in titles}
    with ThreadPoolExecutor(1) as meanwhile:
        printing = meanwhile.submit(typed, stack, command)
        drive(stack)
        printed = printing.result()
    for title, line in titles.items():
        assert line in printed, (title, printed)
        assert not ENTRIES[title].is_mended(printed)
        look = typed(stack, ENTRIES[title].look)
        if title != "Gzip is not taken":
            assert ENTRIES[title].is_seen(look), look
    with ThreadPoolExecutor(1) as meanwhile:
        printing = meanwhile.submit(typed, stack, command)
        put_on_queue(stack)
        printed = printing.result()
    assert all(ENTRIES[title].is_mended(printed) for title in titles), printed


def drive(stack: Stack) -> None:
    """The faults, and their end."""
    stack.sandbox.script({"refuse_gzip": 415})
    with setting(stack, "deliver", PAYLOAD_COMPRESSION="gzip"):
        put_on_queue(stack)
        wait_until(lambda: len(stack.sandbox.events()) or None, 20, "the payload as it is")
    with unreadable(stack, stack.ingest_keys_secret_id), setting(stack, "ingest", LOG_LEVEL="INFO"):
        unknown_key(stack)
    with setting(stack, "ingest"):
        post_without_key(stack)
    for function in ("ingest", "deliver"):
        fault_of_its_own(stack, function)
    keys_away(stack)


def test_each_section_is_run() -> None:
    """By one of the tests above."""
    text = Path(__file__).read_text()
    assert [title for title in ENTRIES if f'"{title}"' not in text] == []
