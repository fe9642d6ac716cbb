"""The compiled rules are read once, at start: none cost nothing, damaged ones let no event pass."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dreamdata_relay.errors import RulesUnavailable
from dreamdata_relay.privacy.keys import ring_of
from dreamdata_relay.settings import RuleSettings, SettingError, rules_at
from tests.cleaning.judges import CANARY, NO_IP, PSEUDONYMS
from tests.fakes.events import event
from tests.fakes.relay import http_event
from tests.fakes.server import Reaction
from tests.handlers import imports
from tests.handlers.deliver import record, running_deliver
from tests.handlers.ingest import running_ingest
from tests.privacy.compiled import secret, text_of

NONE = [b"", b" \n", b'{"format":1,"version":"","needs_keys":false,"rules":[]}']
DAMAGED = [b"{", b"null", b"[]", b'{"rules":[{}]}', b'{"rules":{}}', b'{"format":2,"rules":[1]}', text_of(NO_IP)[:-2]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rules.json"


@pytest.mark.parametrize("text", [None, *NONE])
def test_without_a_rule_there_is_nothing_to_do(file: Path, text: bytes | None) -> None:
    if text is not None:
        file.write_bytes(text)
    assert rules_at(str(file)) is None


@pytest.mark.parametrize("text", [None, *NONE])
@pytest.mark.parametrize("function", imports.READY)
def test_without_a_rule_nothing_is_imported_for_them(file: Path, function: str, text: bytes | None) -> None:
    if text is not None:
        file.write_bytes(text)
    command = [sys.executable, "-c", f"{imports.READY[function]}; {imports._LIST}"]
    env = {**imports._SETTINGS, "PYTHONPATH": ":".join(imports._PATHS), "RULES_FILE": str(file)}
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    assert "dreamdata_relay.settings" in said
    assert not [name for name in said.split() if name.startswith(("dreamdata_relay.privacy", "dreamdata_relay.clean"))]


@pytest.mark.parametrize("text", [*DAMAGED, None])
def test_with_damaged_rules_ingest_takes_nothing(
    monkeypatch: pytest.MonkeyPatch, file: Path, text: bytes | None
) -> None:
    """Nor with ones that cannot be opened."""
    file.mkdir() if text is None else file.write_bytes(text)
    monkeypatch.setenv("RULES_FILE", str(file))
    with running_ingest() as ingest:
        status, body = ingest.answer(http_event(json.dumps({"batch": [event()]})))
        assert (status, body["code"]) == (503, "rules_unavailable")
        assert ingest.sqs.queues == {}


@pytest.mark.parametrize("text", [*DAMAGED, None])
def test_with_damaged_rules_deliver_holds_everything(file: Path, text: bytes | None) -> None:
    file.mkdir() if text is None else file.write_bytes(text)
    with running_deliver(Reaction(200), RULES_FILE=str(file)) as deliver:
        assert deliver.call(record({"batch": [event()]})) == ["m1"]
        assert deliver.server.requests == []


def test_ingest_reads_the_keys_from_their_own_secret(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    file.write_bytes(text_of(PSEUDONYMS))
    monkeypatch.setenv("RULES_FILE", str(file))
    monkeypatch.setenv("PRIVACY_KEYS_SECRET_ID", "privacy")
    with running_ingest() as ingest:
        keys, relay_keys = secret(), ingest.secrets.text
        monkeypatch.setattr(
            ingest.secrets,
            "get_secret_value",
            lambda SecretId: {"SecretString": keys if SecretId == "privacy" else relay_keys},
        )
        assert ingest.answer(http_event(json.dumps({"batch": [event()]})))[0] == 200
        assert ingest.queued()[0]["userId"].startswith("psn_k1_")


@pytest.mark.parametrize("secret_id", ["", "privacy"])
def test_without_usable_keys_deliver_holds_and_says_why(
    file: Path, secret_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """None are configured; the secret holds something else."""
    file.write_bytes(text_of(PSEUDONYMS))
    with running_deliver(Reaction(200), RULES_FILE=str(file), PRIVACY_KEYS_SECRET_ID=secret_id) as deliver:
        assert deliver.call(record({"batch": [event(userId=CANARY)]})) == ["m1"]
        assert deliver.server.requests == []
    said = capsys.readouterr().out
    assert ("secret_malformed" if secret_id else "keys_missing") in said
    assert "RulesUnavailable" in said
    assert CANARY not in said


def test_dropped_events_are_counted_by_rule(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(text_of({"name": "no-tracks", "types": ["track"], "actions": [{"do": "drop_event"}]}))
    with running_deliver(Reaction(200), RULES_FILE=str(file)) as deliver:
        assert deliver.call(record({"batch": [event()]})) == []
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "EventsDropped" in line]
    assert [(line.get("rule"), line["EventsDropped"]) for line in lines] == [(None, [1.0]), ("no-tracks", [1.0])]
    assert lines[1]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["rule", "service"]]


def test_the_switch_for_what_is_no_event_has_two_positions() -> None:
    assert not RuleSettings.read({}).digests
    assert not RuleSettings.read({"UNREADABLE_BODIES": "keep"}).digests
    assert RuleSettings.read({"UNREADABLE_BODIES": "digest"}).digests
    with pytest.raises(SettingError):
        RuleSettings.read({"UNREADABLE_BODIES": "both"})


GENERATED = "Ab1" * 22


def test_a_generated_text_stands_for_a_key_beside_which_others_may_stand() -> None:
    """The one before stays known when another becomes the current one."""
    first = ring_of(json.dumps({"generated": GENERATED}))
    second = ring_of(json.dumps(json.loads(secret("k2", ("k2",))) | {"generated": GENERATED}))

    assert (first.current, second.current) == ("k1", "k2")
    assert second.is_pseudonym(first.pseudonym("somebody"))
    assert first.suppression == second.suppression is not None


@pytest.mark.parametrize("text", ["", "short", None, 5, "x" * 42])
def test_a_short_text_stands_for_none(text: object) -> None:
    with pytest.raises(RulesUnavailable):
        ring_of(json.dumps({"generated": text}))
