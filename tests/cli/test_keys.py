"""`relay keys` and `relay key`: secrets changed by one person while another changes them, too."""

import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dreamdata_relay.secrets.keys import RelayKeys
from dreamdata_relay.secrets.remembered import RememberedSecret
from tests.cli.conftest import DREAMDATA, KEYS, Bench
from tests.fakes.aws import client_error
from tests.fakes.clock import FakeClock


def test_a_new_key_is_printed_once_and_valid_beside_the_others(bench: Bench) -> None:
    """On standard output alone, so that it can be piped to where it belongs."""
    done = bench.run("keys", "add", "shop")
    keys = json.loads(bench.secrets.current(KEYS))
    assert done.exit_code == 0
    assert done.stdout == keys["shop"] + "\n"
    assert keys["shop"] not in done.stderr
    assert keys["default"] == "key-of-old"
    assert len(keys["shop"]) == 40


def names(bench: Bench) -> set[str]:
    """Of the keys that the ingest function finds in the secret."""
    return {name for name, key in json.loads(bench.secrets.current(KEYS)).items() if isinstance(key, str)}


def test_a_list_shows_names_and_no_key(bench: Bench) -> None:
    """Also as JSON."""
    shown = bench.run("keys", "list").stdout
    assert shown.splitlines()[1].split()[0] == "default"
    assert "key-of-old" not in shown
    assert [key["name"] for key in bench.json("keys", "list")] == ["default"]


def test_a_change_meanwhile_is_kept(bench: Bench) -> None:
    """Another operator adds a key between the read and the write: both keys are there in the end."""
    others = iter([json.dumps({"default": "key-of-old", "theirs": "their-key"})])

    def theirs() -> None:
        for text in others:
            bench.secrets.put(KEYS, text)

    bench.secrets.meanwhile = theirs
    assert bench.run("keys", "add", "mine").exit_code == 0
    assert names(bench) == {"default", "theirs", "mine"}


def test_a_secret_that_never_rests_is_left_alone(bench: Bench) -> None:
    """One line after some tries, and nothing of anybody's is overwritten."""
    texts = [json.dumps({"default": f"key-{number}"}) for number in range(20)]
    written = iter(texts)

    def theirs() -> None:
        bench.secrets.put(KEYS, next(written))

    bench.secrets.meanwhile = theirs
    done = bench.run("keys", "add", "mine")
    assert done.exit_code == 4
    assert "somebody else" in done.stderr
    assert bench.secrets.current(KEYS) in texts


def test_no_label_of_ours_stays(bench: Bench) -> None:
    """A secret takes twenty at most."""
    bench.run("keys", "add", "mine")
    assert set(bench.secrets.labels[KEYS]) == {"AWSCURRENT"}


def test_a_label_that_cannot_be_taken_off_costs_no_key(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is valid by then: it must be shown."""
    change = bench.secrets.update_secret_version_stage

    def refused(**asked: str) -> dict[str, Any]:
        if "MoveToVersionId" not in asked:
            raise client_error("AccessDeniedException", "UpdateSecretVersionStage")
        return change(**asked)

    monkeypatch.setattr(bench.secrets, "update_secret_version_stage", refused)
    done = bench.run("keys", "add", "mine")
    assert done.exit_code == 0
    assert done.stdout.strip() == json.loads(bench.secrets.current(KEYS))["mine"]


@pytest.mark.parametrize(("name", "status"), [("default", 1), ("a b", 2), ("", 2), ("ü", 2), ("x" * 101, 2)])
def test_a_name_that_is_taken_or_unfit_changes_nothing(bench: Bench, name: str, status: int) -> None:
    """Nor does it print a key."""
    done = bench.run("keys", "add", name)
    assert (done.exit_code, done.stdout) == (status, "")
    assert json.loads(bench.secrets.current(KEYS)) == {"default": "key-of-old"}


def test_a_key_is_revoked_by_name(bench: Bench) -> None:
    """The others stay."""
    bench.run("keys", "add", "shop")
    assert bench.run("keys", "revoke", "default").exit_code == 0
    assert names(bench) == {"shop"}
    assert bench.run("keys", "revoke", "default").exit_code == 1


def test_the_last_key_goes_only_when_told_so(bench: Bench) -> None:
    """Without any nobody can send."""
    assert bench.run("keys", "revoke", "default").exit_code == 1
    assert bench.run("keys", "revoke", "default", "--last").exit_code == 0
    assert json.loads(bench.secrets.current(KEYS)) == {}


def remembered(text: str) -> RememberedSecret:
    """A secret of that text, as the ingest function has it."""
    return RememberedSecret(SimpleNamespace(fetch=lambda: text), FakeClock())


def age(bench: Bench, name: str = "default") -> tuple[str | None, bool]:
    """Since when the list says that a key is there, and whether exactly since then."""
    (found,) = (key for key in bench.json("keys", "list") if key["name"] == name)
    return found["since"], found["since_exactly"]


def test_a_key_of_which_nothing_is_noted_is_as_old_as_the_secrets_version_at_least(bench: Bench) -> None:
    """The stack's own first key, and any that was put by hand; a change of another key does not make it younger."""
    assert age(bench) == (None, False)
    bench.secrets.put_at[KEYS] = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert age(bench) == ("2026-01-02T03:04:05+00:00", False)
    assert bench.run("keys", "add", "shop").exit_code == 0
    bench.secrets.put_at[KEYS] = datetime(2026, 2, 1, tzinfo=UTC)
    assert age(bench) == ("2026-01-02T03:04:05+00:00", False)
    assert bench.run("keys", "revoke", "shop").exit_code == 0
    assert age(bench) == ("2026-01-02T03:04:05+00:00", False)
    assert re.search(r"default +2026-01-02 03:04:05 UTC or before, \d+ days at least", bench.run("keys", "list").stdout)


def test_a_key_that_was_added_is_told_with_its_age(bench: Bench) -> None:
    """Not that of the secret's newest version; and no longer so once somebody puts another text in its place."""
    begun = datetime.now(UTC).replace(microsecond=0)
    bench.run("keys", "add", "shop")
    bench.secrets.put_at[KEYS] = datetime.now(UTC) + timedelta(days=1)
    since, exact = age(bench, "shop")
    assert exact
    assert since is not None
    assert begun <= datetime.fromisoformat(since) <= datetime.now(UTC)
    members = json.loads(bench.secrets.current(KEYS))
    bench.secrets.put(KEYS, json.dumps({**members, "shop": "another text of the key"}))
    assert age(bench, "shop") == (bench.secrets.put_at[KEYS].isoformat(timespec="seconds"), False)


def test_what_is_noted_of_keys_is_no_key(bench: Bench) -> None:
    """Not to the ingest function, not to this command; with the last key it goes."""
    bench.secrets.put(KEYS, json.dumps({"default": "a-key-that-is-long-enough"}))
    bench.run("keys", "add", "shop")
    text = bench.secrets.current(KEYS)
    (note,) = set(json.loads(text)) - {"default", "shop"}
    known = RelayKeys(remembered(text))
    assert known.find("a-key-that-is-long-enough") == ("default", False)
    assert bench.run("send", "--key", note).exit_code == 2
    assert bench.run("keys", "revoke", note).exit_code == 1
    assert bench.run("keys", "revoke", "default", "--force").exit_code == 0
    assert bench.run("keys", "revoke", "shop").exit_code == 1
    assert bench.run("keys", "revoke", "shop", "--last").exit_code == 0
    assert bench.secrets.current(KEYS) == "{}"


@pytest.mark.parametrize("note", ["a key called so", [], {"shop": 1}, {"shop": {"added": "never", "key": "x"}}])
def test_notes_that_cannot_be_read_cost_nothing(bench: Bench, note: object) -> None:
    """Somebody has edited the secret by hand: every key can still be listed, added and revoked."""
    bench.secrets.put(KEYS, json.dumps({"default": "key-of-old", "relay:notes": note}))
    assert bench.run("keys", "list").exit_code == 0
    assert bench.run("keys", "add", "mine").exit_code == 0
    assert bench.run("keys", "revoke", "default").exit_code == 0
    assert "mine" in names(bench)


def test_the_dreamdata_key_comes_from_standard_input(bench: Bench) -> None:
    """Whatever else its JSON object holds stays; the key is never shown again."""
    bench.secrets.put(DREAMDATA, json.dumps({"api_key": "old", "owner": "marketing"}))
    done = bench.run("key", "set", typed="the-right-key\n")
    assert done.exit_code == 0
    assert json.loads(bench.secrets.current(DREAMDATA)) == {"api_key": "the-right-key", "owner": "marketing"}
    assert "the-right-key" not in done.output


@pytest.mark.parametrize("text", ["", "two words", "a:b", "PUT-YOUR-DREAMDATA-API-KEY-HERE", "kéy"])
def test_what_cannot_be_a_key_is_not_put(bench: Bench, text: str) -> None:
    """By the same rules as the deliver function's."""
    before = bench.secrets.current(DREAMDATA)
    assert bench.run("key", "set", typed=text).exit_code == 2
    assert bench.secrets.current(DREAMDATA) == before


@pytest.mark.parametrize(
    ("text", "status", "state"),
    [
        ('{"api_key": "PUT-YOUR-DREAMDATA-API-KEY-HERE"}', 1, "secret_placeholder"),
        ('{"key": "x"}', 1, "secret_malformed"),
        ("plain-key", 0, "present"),
    ],
)
def test_check_tells_what_is_in_the_secret(bench: Bench, text: str, status: int, state: str) -> None:
    """Status 1 where it is no key; nothing of it is shown."""
    bench.secrets.put(DREAMDATA, text)
    done = bench.run("key", "check", "--json")
    assert (done.exit_code, json.loads(done.stdout)["state"]) == (status, state)
    assert text not in done.output


def test_a_secret_that_is_gone_is_told_in_a_line(bench: Bench) -> None:
    """No traceback: a look says what it has found, and a change that AWS refuses ends with status 4."""
    del bench.secrets.texts[DREAMDATA]
    done = bench.run("key", "check", "--post", "empty")
    assert (done.exit_code, done.stdout.count("\n"), done.stderr) == (1, 1, "")
    assert done.stdout.startswith("secret_deleted: its secret is deleted, or about to be")
    for command in ("set", "undo"):
        done = bench.run("key", command, typed="the-right-key\n")
        assert (done.exit_code, done.stderr.count("\n")) == (4, 1)
        assert "nothing is changed" in done.stderr
        assert "restore-secret" in done.stderr


def test_a_key_that_was_put_is_taken_back(bench: Bench) -> None:
    """With all that the secret held before; done twice, the newer one is there again."""
    before = json.dumps({"api_key": "old", "owner": "marketing"})
    bench.secrets.put(DREAMDATA, before)
    bench.run("key", "set", typed="the-wrong-key\n")
    assert bench.run("key", "undo").exit_code == 0
    assert bench.secrets.current(DREAMDATA) == before
    assert bench.run("key", "undo").exit_code == 0
    assert json.loads(bench.secrets.current(DREAMDATA))["api_key"] == "the-wrong-key"


def test_without_a_key_before_nothing_is_taken_back(bench: Bench) -> None:
    """A placeholder is none, nor is a secret that was never changed."""
    del bench.secrets.labels[DREAMDATA]["AWSPREVIOUS"]
    assert "never changed" in bench.run("key", "undo").stderr
    bench.secrets.put(DREAMDATA, '{"api_key": "PUT-YOUR-DREAMDATA-API-KEY-HERE"}')
    bench.run("key", "set", typed="the-right-key\n")
    done = bench.run("key", "undo")
    assert (done.exit_code, "no key (secret_placeholder)" in done.stderr) == (1, True)
    assert json.loads(bench.secrets.current(DREAMDATA))["api_key"] == "the-right-key"


def test_a_key_is_followed_to_the_first_delivery(bench: Bench) -> None:
    """A refusal after it was put may be of the key before, and is no end."""
    bench.log(-1, "WARNING", "payload posted", status=401)
    bench.log(-2, "INFO", "payload posted", status=200, events=7)
    done = bench.run("key", "set", "--follow", "1", typed="the-right-key\n")
    assert done.exit_code == 0
    assert "within 30 s, any other within 4 minutes" in done.stderr
    assert "Dreamdata answered 401; waiting" in done.stderr
    assert "Dreamdata took 7 events at" in done.stderr


def test_without_a_delivery_the_following_ends_and_says_so(bench: Bench) -> None:
    """Status 1; the key is put."""
    done = bench.run("key", "set", "--follow", "0.1", typed="the-right-key\n")
    assert (done.exit_code, "no delivery within 0.1 seconds" in done.stderr) == (1, True)
    assert json.loads(bench.secrets.current(DREAMDATA))["api_key"] == "the-right-key"


def test_force_alone_is_a_mistake(bench: Bench) -> None:
    """It has no meaning without a check."""
    assert bench.run("key", "set", "--force", typed="k\n").exit_code == 2
