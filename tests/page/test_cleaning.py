"""Where privacy rules are in force the page shows what they leave and where they acted, and nothing of what they took.

Requests are in the front's record as they came, and messages of direct senders lie on the queue so.
"""

import dataclasses
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.errors import LocalError
from local.front.record import NAME
from local.page import again
from local.page.arrivals import Arrivals
from local.page.details import detail_of
from local.page.observer import Observer
from local.page.requests import request_of
from local.page.rows import Row
from local.places import StateDir
from rules_compiler import compiled
from tests.page.fake_stack import FakeStack, Now, queued
from tests.page.requests import record
from tests.privacy.compiled import keys, secret

CANARY = "c4n4ry"
RULES = """\
version: 1
rules:
  - name: no-tests
    match: { event: "Test *" }
    do: [{ drop_event: true }]
  - name: of-web
    match: { key: web, event: "Web *" }
    do: [{ drop_event: true }]
  - name: minimum
    do:
      - drop: ["**.ip", "properties.**.token"]
      - allow_only: { at: traits, members: [email] }
      - allow_only: { at: context, members: [page, traits] }
      - pseudonymise_email: traits.email
      - strip_query: context.page.url
      - mask: { at: "properties.cards[]", keep_last: 2 }
  - name: consent
    require_consent: { category: ads, at: properties.consent, missing: allow }
"""
EVENT = {
    "type": "track",
    "event": "Order Done",
    "messageId": "m-1",
    "userId": "u-1",
    "timestamp": "2026-01-01T08:15:00.123Z",
    "context": {"ip": CANARY, "device": {"id": CANARY}, "page": {"url": f"https://a.example/?q={CANARY}"}},
    "traits": {"email": f"{CANARY}@acme.example", "phone": CANARY},
    "properties": {"cards": [f"{CANARY}-4711"], "list": [{"token": CANARY}], "n": 1.50},
}
DROPPED = {**EVENT, "event": f"Test {CANARY}", "userId": CANARY, "messageId": "m-2"}
type Told = Callable[[], str]


@pytest.fixture
def ruled(stack: FakeStack, tmp_path: Path, now: Now) -> Observer:
    """The observer of a stack whose functions run the rules."""
    StateDir(tmp_path).rules_file.write_bytes(compiled(RULES.encode()))
    stack.secrets["privacy"] = secret()
    observer = Observer(StateDir(tmp_path), clock=now)
    observer.observe(stack.as_stack)
    return observer


@pytest.fixture
def told(ruled: Observer) -> Iterator[Told]:
    """All that the page tells; at the test's end there is no canary in it."""

    def telling() -> str:
        rows = ruled.changes(-1, 0)[2]
        details = [detail_of(ruled, row.key) for row in rows]
        return repr([rows, details, ruled.overview(), [ruled.find(row.key) for row in rows]])

    yield telling
    assert ruled.changes(-1, 0)[2]
    assert CANARY not in telling()


def added(folder: Path, line: bytes) -> None:
    """The front has written a line."""
    with (folder / NAME).open("ab") as file:
        file.write(line)


def request(tmp_path: Path, *events: object, path: str = "/v1/batch", dropped: int = 0) -> None:
    """A request that came to the front, and was answered."""
    body = json.dumps({"batch": events} if path == "/v1/batch" else events[0]).encode()
    answer = {"success": True, "accepted": len(events), "rejected": [], **({"dropped": dropped} if dropped else {})}
    added(tmp_path, record(path, body, answer))


def kept(event: dict[str, Any], source: str = "http:default") -> dict[str, Any]:
    """What the functions make of it."""
    from dreamdata_relay.privacy.rules import rules_of

    made = rules_of(compiled(RULES.encode()))
    assert made
    text = made.judged(json.dumps(event).encode(), source, keys()).text
    assert text
    found: dict[str, Any] = json.loads(text)
    return found


def only(observer: Observer) -> Row:
    (row,) = observer.changes(-1, 0)[2]
    return row


def detail(observer: Observer) -> dict[str, Any]:
    found = detail_of(observer, only(observer).key)
    assert found
    return found


def test_an_event_is_shown_as_rules_leave_it_with_the_rule_behind_each_change(
    stack: FakeStack, ruled: Observer, tmp_path: Path, told: Told
) -> None:
    request(tmp_path, EVENT)
    stack.deliver_events(kept(EVENT))
    ruled.look()
    found = detail(ruled)
    assert json.loads(found["came"]) == kept(EVENT) == json.loads(found["left"])
    assert found["cameFrom"].endswith("one event. Without what privacy rules take away.")
    assert {(change["path"], change["kind"]): change["rule"] for change in found["changes"]} == {
        ("context.ip", "removed"): "The privacy rule minimum: drop.",
        ("context.device", "removed"): "The privacy rule minimum: allow_only.",
        ("context.page.url", "changed"): "The privacy rule minimum: strip_query.",
        ("traits.phone", "removed"): "The privacy rule minimum: allow_only.",
        ("traits.email", "changed"): "The privacy rule minimum: pseudonymise_email.",
        ("properties.cards[0]", "changed"): "The privacy rule minimum: mask.",
        ("properties.list[0].token", "removed"): "The privacy rule minimum: drop.",
    }
    assert all(change["came"] is None for change in found["changes"])
    assert "a.example" in found["curl"]


def test_what_the_relay_completes_is_told_beside_the_rules(
    stack: FakeStack, ruled: Observer, tmp_path: Path, told: Told
) -> None:
    """The id of an event without one is derived from the event as it came."""
    sent = {name: value for name, value in EVENT.items() if name != "messageId"}
    request(tmp_path, sent)
    [made] = Arrivals().take(request_of(record("/v1/batch", json.dumps({"batch": [sent]}).encode())))  # type: ignore[arg-type]
    stack.deliver_events({"messageId": made.events[0].message_id, **kept(sent)})
    ruled.look()
    found = detail(ruled)
    rules = {change["path"]: change["rule"] for change in found["changes"]}
    assert {"messageId", "context.ip"} <= rules.keys()
    assert not [rule for rule in rules.values() if "No rule" in rule]


def test_the_envelope_and_the_path_and_the_packing_are_no_way_around(
    stack: FakeStack, ruled: Observer, tmp_path: Path, told: Told
) -> None:
    body = json.dumps({"context": {"ip": CANARY}, "batch": [{**EVENT, "context": None}]}).encode()
    added(tmp_path, record("/v1/batch", gzip.compress(body)))
    bare = {name: value for name, value in EVENT.items() if name != "type"}
    request(tmp_path, {**bare, "messageId": "m-3"}, path="/v1/track")
    for event in ({**EVENT, "context": {}}, {**EVENT, "messageId": "m-3"}):
        stack.deliver_events(kept(event))
    ruled.look()
    assert [row.state for row in ruled.changes(-1, 0)[2]] == ["delivered", "delivered"]
    told()


def test_an_event_that_a_rule_dropped_ends_so_and_names_the_rule(
    ruled: Observer, tmp_path: Path, now: Now, told: Told
) -> None:
    request(tmp_path, DROPPED, dropped=1)
    ruled.look()
    row = only(ruled)
    assert (row.state, row.reason, row.message_id, row.type) == ("dropped", "no-tests", "m-2", "track")
    assert (row.name, row.user) == ("", "")
    found = detail(ruled)
    assert (found["came"], found["left"], found["curl"]) == ("", None, "")
    assert "no-tests" in found["reasonText"]
    # It is not lost, however long it is nowhere.
    now.seconds += 3_600
    ruled.look()
    assert only(ruled).state == "dropped"
    assert ruled.overview().counts["dropped"] == 1
    with pytest.raises(LocalError, match="nothing of the event is kept"):
        again.resend(ruled, row.key)


def test_dropped_events_without_an_id_have_a_row_each(ruled: Observer, tmp_path: Path, told: Told) -> None:
    bare = {name: value for name, value in DROPPED.items() if name not in ("messageId", "timestamp")}
    request(tmp_path, bare, bare, dropped=2)
    ruled.look()
    assert [(row.state, row.message_id) for row in ruled.changes(-1, 0)[2]] == [("dropped", "")] * 2


def test_the_rules_of_all_relay_keys_clean_and_the_answer_tells_what_was_dropped(
    stack: FakeStack, ruled: Observer, tmp_path: Path, told: Told
) -> None:
    """The record does not say by which key a request came. What a rule of any would drop is not shown."""
    stack.secrets["relay"] = json.dumps({"default": stack.ingest_key, "web": "another"})
    request(tmp_path, {**EVENT, "event": "Web 1"})
    request(tmp_path, {**EVENT, "event": "Web 2", "messageId": "m-4"}, dropped=1)
    ruled.look()
    row = only(ruled)
    assert (row.message_id, row.state, row.reason) == ("m-4", "dropped", "of-web")


def test_a_direct_senders_message_is_shown_as_rules_will_leave_it(
    stack: FakeStack, ruled: Observer, now: Now, told: Told
) -> None:
    bodies = {"a": {**EVENT, "messageId": "m-a"}, "b": {**DROPPED, "messageId": "m-b"}}
    stack.messages["queue"] = [
        dataclasses.replace(queued(name), body=json.dumps(event), attributes={}) for name, event in bodies.items()
    ]
    ruled.look()
    rows = {row.message_id: row for row in ruled.changes(-1, 0)[2]}
    assert {name: row.state for name, row in rows.items()} == {"m-a": "queued", "m-b": "queued"}
    changed = detail_of(ruled, rows["m-a"].key)
    assert changed
    assert json.loads(changed["came"])["traits"]["email"].endswith("@acme.example")
    assert {change["path"] for change in changed["changes"]} >= {"context.ip", "traits.email"}
    stack.messages["queue"] = []
    stack.deliver_events(kept(bodies["a"], "queue"))
    ruled.look()
    now.seconds += 3_600
    ruled.look()
    states = {row.message_id: (row.state, row.reason) for row in ruled.changes(-1, 0)[2]}
    assert states == {"m-a": ("delivered", ""), "m-b": ("dropped", "no-tests")}


def test_a_message_that_ingest_has_cleaned_is_not_changed_again(stack: FakeStack, ruled: Observer, told: Told) -> None:
    stack.messages["queue"] = [
        dataclasses.replace(queued("a"), body=json.dumps(kept(EVENT)), attributes={"source": "http:default"})
    ]
    ruled.look()
    found = detail(ruled)
    assert json.loads(found["came"]) == kept(EVENT)
    assert found["changes"] == []


def test_where_the_keys_are_away_nothing_of_an_event_is_shown(
    stack: FakeStack, ruled: Observer, tmp_path: Path, told: Told
) -> None:
    """Rather than too much."""
    stack.outputs = {}
    request(tmp_path, EVENT)
    stack.messages["queue"] = [dataclasses.replace(queued("a"), body=json.dumps(EVENT), attributes={})]
    ruled.look()
    row = only(ruled)
    assert (row.state, row.message_id, row.user) == ("queued", "m-1", "")
    assert detail(ruled)["came"] == ""


def test_a_refused_event_is_cleaned_too(stack: FakeStack, ruled: Observer, tmp_path: Path, told: Told) -> None:
    """With all that its envelope shares, as its dead letter is."""
    refused = {**EVENT, "userId": "", "event": 5}
    body = json.dumps({"context": {"ip": CANARY}, "batch": [refused]}).encode()
    answer = {"success": True, "accepted": 0, "rejected": [{"index": 0, "code": "identity_missing"}]}
    added(tmp_path, record("/v1/batch", body, answer))
    letter = json.dumps(kept(refused))
    stack.messages["dead"] = [
        dataclasses.replace(
            queued("d"), body=letter, attributes={"source": "http:default", "error_code": "identity_missing"}
        )
    ]
    ruled.look()
    assert only(ruled).state == "dead"
    assert json.loads(detail(ruled)["came"]) == kept(refused)


def test_the_record_keeps_nothing_that_has_been_read(ruled: Observer, tmp_path: Path) -> None:
    """There everything is as it came."""
    request(tmp_path, EVENT)
    for _ in range(3):
        ruled.look()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert not list(tmp_path.glob("requests*"))


@pytest.mark.parametrize("text", [None, b'{"format":1,"version":"","needs_keys":false,"rules":[]}'])
def test_without_rules_all_is_shown_as_it_came(stack: FakeStack, tmp_path: Path, now: Now, text: bytes | None) -> None:
    if text:
        StateDir(tmp_path).rules_file.write_bytes(text)
    observer = Observer(StateDir(tmp_path), clock=now)
    observer.observe(stack.as_stack)
    request(tmp_path, EVENT)
    stack.deliver_events(EVENT)
    observer.look()
    assert json.loads(detail(observer)["came"]) == EVENT
