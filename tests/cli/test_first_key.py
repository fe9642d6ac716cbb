"""After the first key is put there is no key before: `relay status` and `relay key set` speak of none."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from dreamdata_relay.secrets.keys import PLACEHOLDER
from tests.cli.conftest import DREAMDATA, Bench
from tests.fakes.aws import client_error
from tests.fakes.versioned_secrets import CURRENT, PREVIOUS


@pytest.fixture
def fresh(bench: Bench) -> Bench:
    """A stack whose first key was put a minute and a half ago, an hour after it was deployed."""
    now = datetime.now(UTC)
    bench.secrets.labels[DREAMDATA].clear()
    version = bench.secrets.put(DREAMDATA, json.dumps({"api_key": PLACEHOLDER}), (PREVIOUS,))
    bench.secrets.versions_put_at[version] = now - timedelta(hours=1)
    bench.secrets.put(DREAMDATA, json.dumps({"api_key": "the-first-key"}))
    bench.secrets.put_at[DREAMDATA] = now - timedelta(seconds=90)
    return bench


def key(bench: Bench) -> tuple[str, str]:
    shown = bench.json("status")["dreamdata_key"]
    return shown["state"], shown["told"]


def test_a_delivery_is_with_the_first_key(fresh: Bench) -> None:
    """Nothing else can have been."""
    fresh.log(60, "INFO", "payload posted", status=200)
    state, told = key(fresh)
    assert (state, "before" in told) == ("taken", False)


def test_a_refusal_is_of_the_first_key(fresh: Bench) -> None:
    """At once, and not only when functions have read it again."""
    fresh.log(60, "WARNING", "payload posted", status=401)
    fresh.log(60, "ERROR", "nothing is delivered", reasons=["key:401"])
    state, told = key(fresh)
    assert (state, "before" in told) == ("refused", False)


def test_a_secret_that_was_never_changed_held_no_key_before(fresh: Bench) -> None:
    """Whoever made it put the key."""
    del fresh.secrets.labels[DREAMDATA][PREVIOUS]
    fresh.log(60, "INFO", "payload posted", status=200)
    assert key(fresh)[0] == "taken"


@pytest.mark.parametrize(("made_ago", "state"), [(202, "taken"), (900, "new"), (None, "new")])
def test_a_key_put_soon_after_the_stack_was_deployed_is_the_first(
    fresh: Bench, made_ago: int | None, state: str
) -> None:
    """The placeholder is as old as the secret: no key was there before. What is not told is not taken for known."""
    now, version = datetime.now(UTC), fresh.secrets.labels[DREAMDATA][PREVIOUS]
    fresh.secrets.versions_put_at[version] = now - timedelta(seconds=200)
    if made_ago:
        fresh.secrets.made_at[DREAMDATA] = now - timedelta(seconds=made_ago)
    fresh.log(60, "INFO", "payload posted", status=200)
    assert key(fresh)[0] == state


def test_a_key_that_was_taken_away_a_moment_before_may_be_remembered(fresh: Bench) -> None:
    """The placeholder in its place changes nothing of what functions have read."""
    version = fresh.secrets.labels[DREAMDATA][PREVIOUS]
    fresh.secrets.versions_put_at[version] = datetime.now(UTC) - timedelta(seconds=200)
    fresh.log(60, "INFO", "payload posted", status=200)
    assert "may have been with the key before" in key(fresh)[1]


@pytest.mark.parametrize("told", [False, True], ids=["no time", "denied"])
def test_what_nothing_tells_is_not_taken_for_known(fresh: Bench, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the status is told all the same."""
    fresh.secrets.versions_put_at.clear()
    if told:
        read = fresh.secrets.get_secret_value

        def denied(*, SecretId: str, VersionStage: str = CURRENT) -> dict[str, object]:
            if VersionStage == PREVIOUS:
                raise client_error("AccessDeniedException", "GetSecretValue")
            return read(SecretId=SecretId, VersionStage=VersionStage)

        monkeypatch.setattr(fresh.secrets, "get_secret_value", denied)
    fresh.log(60, "INFO", "payload posted", status=200)
    assert "may have been with the key before" in key(fresh)[1]
    assert fresh.json("status")["unknown"] == []


def test_the_first_key_is_followed_to_its_first_delivery(fresh: Bench) -> None:
    """No function goes on with a key before, and nothing is said of one."""
    before = fresh.secrets.labels[DREAMDATA].pop(PREVIOUS)
    fresh.secrets.labels[DREAMDATA][CURRENT] = before
    fresh.log(-2, "INFO", "payload posted", status=200, events=7)
    done = fresh.run("key", "set", "--follow", "0.1", typed="the-right-key\n")
    assert (done.exit_code, "key before" in done.stderr) == (0, False)
    assert "No function has a key from before." in done.stderr
