"""An operator with nothing but `relay`: a wrong key, dead letters of three kinds, an event followed to its end."""

import collections
import json
import os
import pty
import subprocess
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.patience import patient
from local.places import ROOT, STATE_VARIABLE
from local.stack import Stack
from local.waiting import wait_until
from local.ways_in import senders
from relay_cli.samples import Message

COMMAND = str(ROOT / "tools" / "relay")
EACH = 10
# On a busy machine an event may be minutes on its way.
FOLLOWED_S = "300"
# A message held once comes back after 15 to 30 s, held twice after 30 to 60 s more.
HELD_TWICE_SECONDS = 110
# What Dreamdata says of a key counts as said of the key before for a while after one was put.
HELD_OFTEN_SECONDS = 500


@pytest.fixture(autouse=True)
def _sandbox_at_rest(stack: Stack) -> Iterator[None]:
    yield
    stack.sandbox.reset()


def environment(stack: Stack) -> Mapping[str, str]:
    """The operator's: no AWS configuration of any kind, only where the local stack is."""
    return {"PATH": os.environ["PATH"], "HOME": stack.state_dir, STATE_VARIABLE: stack.state_dir}


def relay(stack: Stack, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command on the local stack."""
    return subprocess.run(
        [COMMAND, "--local", *arguments],
        input=typed,
        env=environment(stack),
        capture_output=True,
        text=True,
        timeout=patient(HELD_OFTEN_SECONDS + 60),
        check=False,
    )


def told(stack: Stack, *arguments: str, status: int = 0) -> Any:
    """What the command tells a script; it ends with `status`."""
    done = relay(stack, "--json", *arguments)
    assert done.returncode == status, done.stderr
    return json.loads(done.stdout)


def status_of(stack: Stack) -> Any:
    """What `relay status` tells now, whatever wants attention."""
    return json.loads(relay(stack, "status", "--json").stdout)


def put_on_queue(stack: Stack, *events: Mapping[str, Any]) -> None:
    with senders(stack, []) as sender:
        sender.send(Message(json.dumps(events), {}))


def letters_by_reason(stack: Stack, user: str) -> Mapping[str, int]:
    return collections.Counter(
        letter.attributes["error_code"] for letter in stack.dead_letters() if user in letter.body
    )


def test_an_event_is_sent_and_followed_to_its_end(stack: Stack) -> None:
    """Status 0 says that Dreamdata has it."""
    user = str(uuid.uuid4())
    sent = told(stack, "send", "--type", "identify", "--user", user, "--seconds", FOLLOWED_S)
    assert sent["end"] == "delivered"
    (event,) = (event for event in stack.sandbox.events() if user in event.raw)
    assert event.message_id in sent["message_ids"]


def test_a_refused_event_is_told_with_its_reason(stack: Stack, tmp_path: Path) -> None:
    """Status 1, and the code that the dead letter has."""
    user = str(uuid.uuid4())
    (tmp_path / "event.json").write_text(json.dumps({"type": "track", "userId": user}))
    done = relay(stack, "send", str(tmp_path / "event.json"), "--seconds", FOLLOWED_S)
    assert done.returncode == 1
    assert "event_name_missing" in done.stdout
    assert letters_by_reason(stack, user) == {"event_name_missing": 1}


@contextmanager
def traffic(stack: Stack) -> Iterator[None]:
    """An event each second."""
    over = threading.Event()

    def send() -> None:
        while not over.wait(1):
            put_on_queue(stack, {"type": "identify", "userId": "somebody"})

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()


def test_what_happens_now_is_shown(stack: Stack) -> None:
    """A payload's line appears while the command runs."""
    command = [COMMAND, "--local", "tail", "--json", "--seconds", FOLLOWED_S]
    with (
        traffic(stack),
        subprocess.Popen(command, env=environment(stack), stdout=subprocess.PIPE, text=True) as tail,
    ):
        assert tail.stdout
        lines = (json.loads(line) for line in tail.stdout)
        seen = next((line for line in lines if line.get("message") == "payload posted"), None)
        tail.terminate()
    assert seen
    assert (seen["function"], seen["status"]) == ("deliver", 200)


@pytest.mark.timeout(240)
def test_thirty_dead_letters_of_three_kinds_and_one_kind_redriven(stack: Stack, tmp_path: Path) -> None:
    """The ten that Dreamdata refused reach it once it takes them; the twenty that are still wrong stay."""
    user, since = str(uuid.uuid4()), datetime.now(UTC).isoformat()
    refused = [str(uuid.uuid4()) for _ in range(EACH)]
    stack.sandbox.script({"reject_message_ids": refused})
    put_on_queue(
        stack,
        {"type": "identify", "userId": user},
        *({"type": "identify", "userId": user, "messageId": name} for name in refused),
        *({"type": "identity", "userId": user} for _ in range(EACH)),
        *({"type": "track", "userId": user} for _ in range(EACH)),
    )
    three = {"refused_by_dreamdata": EACH, "type_unknown": EACH, "event_name_missing": EACH}
    wait_until(lambda: True if letters_by_reason(stack, user) == three else None, 60, "thirty dead letters")
    stack.sandbox.script()
    stack.sandbox.reset()

    assert told(stack, "dead", "list", "--since", since)["reasons"] == three
    assert told(stack, "status", status=1)["dead_letters"] >= 3 * EACH

    choice = ("dead", "redrive", "--reason", "refused_by_dreamdata", "--since", since)
    assert told(stack, *choice, "--dry-run")["chosen"] == EACH
    assert letters_by_reason(stack, user) == three
    assert told(stack, *choice)["moved"] == EACH

    stack.sandbox.wait_for_ids(refused, 60)
    assert letters_by_reason(stack, user) == {"type_unknown": EACH, "event_name_missing": EACH}
    file = tmp_path / "letters.jsonl"
    assert told(stack, "dead", "export", str(file), "--since", since, "--type", "track")["exported"] == EACH
    exported = [json.loads(line) for line in file.read_text().splitlines()]
    assert {letter["reason"] for letter in exported} == {"event_name_missing"}
    assert file.stat().st_mode & 0o077 == 0
    shown = told(stack, "dead", "show", exported[0]["id"])
    assert json.loads(shown["body"])["userId"] == user


@pytest.mark.timeout(240)
def test_an_outage_is_told_through_noise_and_ends_with_it(stack: Stack) -> None:
    """Senders with a wrong key do not hide it; once what was held is delivered the state is told as over."""
    user = str(uuid.uuid4())
    stack.sandbox.script({"status": 503, "times": 1000})
    put_on_queue(stack, {"type": "identify", "userId": user})
    wait_until(lambda: True if status_of(stack)["held_for"] else None, 60, "a message held", 1)
    for _ in range(6):
        answer = urllib3.request("POST", f"{stack.api_url}/v1/batch", body=b"{}", retries=False)
        assert answer.status == 401
    told_now = status_of(stack)
    assert told_now["headline"].startswith("Dreamdata has answered 503 since ")
    assert "unavailable" in told_now["wants"][0]
    assert told_now["oldest_seconds"] >= 0
    assert {line["function"] for line in told_now["trouble"]} == {"deliver"}
    stack.sandbox.script()
    stack.sandbox.wait_for(lambda events: any(user in event.raw for event in events), HELD_TWICE_SECONDS)
    wait_until(lambda: True if not sum(status_of(stack)["queue"].values()) else None, 30, "an empty queue", 1)
    after = status_of(stack)
    assert after["headline"].startswith("Nothing is on the queue; last delivery ")
    assert (after["oldest_seconds"], after["held_for"], after["answers_since"]) == (None, {}, None)


@pytest.mark.timeout(1200)
def test_a_wrong_key_is_seen_and_the_right_one_put(stack: Stack) -> None:
    """What waits goes out by itself; the key is in no output and in no argument.

    The new key stays, here and there: the functions would remember it for minutes.
    """
    user, key = str(uuid.uuid4()), uuid.uuid4().hex
    stack.sandbox.script({"key": key})
    assert relay(stack, "key", "check", "--post", "empty").returncode == 1
    put_on_queue(stack, {"type": "identify", "userId": user})
    # What Dreamdata last said of the key is told as of the key. In a young stack refusals could be of the one before.
    wait_until(
        lambda: True if status_of(stack)["dreamdata_key"]["state"] == "refused" else None,
        HELD_OFTEN_SECONDS,
        "a refused key",
        1,
    )
    assert any(want.endswith(" --local key set") for want in status_of(stack)["wants"])
    assert relay(stack, "key", "set", "--check", typed="another-wrong-key\n").returncode == 1

    done = relay(stack, "key", "set", "--check", "--follow", str(HELD_OFTEN_SECONDS), typed=f"{key}\n")

    assert done.returncode == 0
    assert key not in done.stdout + done.stderr
    assert any(user in event.raw for event in stack.sandbox.events())
    assert relay(stack, "key", "check", "--post", "empty").stdout.startswith("taken: ")
    assert status_of(stack)["dreamdata_key"]["state"] == "taken"

    assert relay(stack, "key", "undo").returncode == 0
    assert relay(stack, "key", "check", "--post", "empty").returncode == 1
    assert relay(stack, "key", "undo").returncode == 0
    assert relay(stack, "key", "check", "--post", "empty").returncode == 0


def use_of(stack: Stack, name: str) -> Any:
    (found,) = (key for key in told(stack, "keys", "list") if key["name"] == name)
    return found


def test_a_relay_key_is_added_and_lets_its_sender_in(stack: Stack) -> None:
    """The names are listed, never the keys; the last key stays."""
    name = f"shop-{uuid.uuid4().hex[:8]}"
    key = told(stack, "keys", "add", name)["key"]
    listed = relay(stack, "keys", "list").stdout
    assert {name, "default"} <= set(listed.split())
    assert key not in listed
    assert use_of(stack, name)["use"] != "used"
    # The ingest function looks again when it meets a key that it does not know, at most every half minute.
    wait_until(lambda: True if relay(stack, "send", "--key", name).returncode == 0 else None, 60, "the new key", 1)
    used = use_of(stack, name)
    assert (used["use"], used["since_exactly"]) == ("used", True)
    assert used["since"] <= used["last_used_from"]
    done = relay(stack, "keys", "revoke", name)
    assert (done.returncode, "the key is in use" in done.stderr) == (1, True)
    assert relay(stack, "keys", "revoke", name, "--force").returncode == 0
    assert name not in relay(stack, "keys", "list").stdout
    assert relay(stack, "keys", "revoke", "default").returncode == 1


def on_a_terminal(stack: Stack, *arguments: str) -> bytes:
    """All bytes that a terminal gets from the command; it adds a carriage return to each line itself."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [COMMAND, "--local", *arguments], env={**environment(stack), "TERM": "xterm"}, stdout=theirs, stderr=theirs
        ) as running:
            os.close(theirs)
            written = b""
            # Linux ends a terminal that nobody writes to any more with an error.
            with suppress(OSError):
                while piece := os.read(ours, 65536):
                    written += piece
    finally:
        os.close(ours)
    assert running.returncode == 0, written
    return written.replace(b"\r\n", b"\n")


def test_a_senders_text_does_not_reach_the_terminal_as_it_is(stack: Stack) -> None:
    """Neither in the list nor in the body: no byte of it moves the cursor, forges a line or turns text around."""
    user, since = str(uuid.uuid4()), datetime.now(UTC).isoformat()
    hostile = "\x1b[2J\x1b]52;c;cm0=\x07\r\nforged\x9b2J\u202e:bomb:[red]\u2066"
    with senders(stack, []) as sender:
        sender.send(Message(json.dumps({"type": hostile, "userId": user}), {}))
        sender.send(Message(json.dumps({"type": hostile, "userId": user}, ensure_ascii=False), {}))
    wait_until(lambda: True if sum(letters_by_reason(stack, user).values()) == 2 else None, 60, "two dead letters")
    listed = told(stack, "dead", "list", "--since", since)["letters"]
    shown = [on_a_terminal(stack, "dead", "show", letter["id"]) for letter in listed]
    for written in (on_a_terminal(stack, "dead", "list", "--since", since), *shown):
        assert all(character == "\n" or character.isprintable() for character in written.decode())
    # In the list it is cropped.
    for written in shown:
        text = written.decode()
        assert ":bomb:[red]" in text
        assert "\\u202e" in text


def test_only_the_stacks_own_alarms_are_told(stack: Stack) -> None:
    """Not one of a neighbour whose name begins with this one's."""
    metrics = stack.aws.client("cloudwatch")
    neighbour = f"{stack.stack_name}-dev-KeyRefusedAlarm-1"
    (own,) = (
        alarm["AlarmName"]
        for alarm in metrics.describe_alarms(AlarmNamePrefix=f"{stack.stack_name}-KeyRefusedAlarm")["MetricAlarms"]
    )
    metrics.put_metric_alarm(
        AlarmName=neighbour, Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    try:
        for name in (neighbour, own):
            metrics.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="of a test")
        assert told(stack, "status", status=1)["alarms"] == [own]
    finally:
        metrics.delete_alarms(AlarmNames=[neighbour])
        metrics.set_alarm_state(AlarmName=own, StateValue="OK", StateReason="of a test")


def test_no_stack_is_told_in_a_line(tmp_path: Path) -> None:
    """Status 3, for the local one as for one without credentials."""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), STATE_VARIABLE: str(tmp_path)}
    aws = {**env, "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
    for variables, options in ((env, ["--local"]), (env, []), (aws, ["--stack", "shop"])):
        done = subprocess.run(
            [COMMAND, "status", *options],
            env=variables,
            capture_output=True,
            text=True,
            timeout=patient(60),
            check=False,
        )
        assert (done.returncode, done.stderr.count("\n"), done.stdout) == (3, 1, "")
