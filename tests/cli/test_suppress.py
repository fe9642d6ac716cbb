"""`relay suppress`: people are put on the list and taken off it, by several operators at once, and no id is kept."""

import base64
import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from dreamdata_relay.limits import MAX_LIST_AGE_S
from dreamdata_relay.privacy.keys import ring_of
from dreamdata_relay.privacy.suppression import SuppressionList, decode, encode
from relay_cli import suppressed_people
from tests.cli.conftest import OUTPUTS, Bench
from tests.fakes.aws import client_error
from tests.fakes.versioned_objects import VersionedObject

SECRET_ID, LIST_KEY = "privacykeyssecretarn", b"l" * 32
SECRET = {
    "current": "k2",
    "keys": {name: base64.b64encode(name.encode() * 16).decode() for name in ("k1", "k2")},
    "suppression": base64.b64encode(LIST_KEY).decode(),
}
RING = ring_of(json.dumps(SECRET))
OPERATOR = "arn:aws:sts::123456789012:assumed-role/operator/jo"


class Sts:
    """Says who asks, or fails."""

    fails = False

    def get_caller_identity(self) -> dict[str, str]:
        if self.fails:
            raise client_error("AccessDenied", "GetCallerIdentity")
        return {"Arn": OPERATOR}


@pytest.fixture
def stored(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> VersionedObject:
    """The list's object in the bench's stack."""
    stored, of_others = VersionedObject(), Bench.client
    found: dict[str, Any] = {"s3": stored, "sts": Sts()}
    monkeypatch.setattr(Bench, "client", lambda self, name, **more: found.get(name) or of_others(self, name, **more))
    monkeypatch.setitem(OUTPUTS, "SuppressionListUri", "s3://bucket/suppression-list")
    monkeypatch.setitem(OUTPUTS, "PrivacyKeysSecretArn", SECRET_ID)
    bench.secrets.put(SECRET_ID, json.dumps(SECRET))
    return stored


def list_of(stored: VersionedObject) -> SuppressionList:
    assert stored.current is not None
    return decode(stored.current, LIST_KEY)


def holds(stored: VersionedObject, **event: object) -> bool:
    return list_of(stored).holds(json.dumps(event).encode())


def test_events_of_a_person_match_as_they_come_and_as_the_rules_leave_them(
    bench: Bench, stored: VersionedObject
) -> None:
    assert bench.run("suppress", "add", "--user-id", "Jo 1", "--email", " Jo@X.com").exit_code == 0
    for user_id in ("Jo 1", hashlib.sha256(b"jo 1").hexdigest(), RING.pseudonym("Jo 1", "k1"), RING.pseudonym("Jo 1")):
        assert holds(stored, userId=user_id)
        assert not holds(stored, anonymousId=user_id)
    company = f"{RING.pseudonym('jo', 'k1')}@X.com"
    for email in (
        "jo@x.com",
        "JO@X.COM ",
        hashlib.sha256(b"jo@x.com").hexdigest(),
        company,
        RING.pseudonym("jo@x.com"),
    ):
        assert holds(stored, traits={"email": email})
    assert not holds(stored, userId="Jo")
    assert not holds(stored, traits={"email": "someone@x.com"})


def test_it_says_how_many_and_since_when_it_holds_and_not_who(bench: Bench, stored: VersionedObject) -> None:
    first = bench.run("suppress", "add", "--user-id", "jo", "--anonymous-id", "a-1")
    again = bench.json("suppress", "add", "--user-id", "jo", "--user-id", "max")
    entries = list_of(stored).count
    assert first.stdout.startswith("2 added, 0 there already; the list has ")
    assert "It holds from " in first.stderr
    assert (again["added"], again["unchanged"], again["entries"]) == (1, 1, entries)
    assert again["holds_from"]
    assert MAX_LIST_AGE_S == 60
    assert "jo" not in first.output


def test_nobody_is_added_twice_and_then_nothing_is_written(bench: Bench, stored: VersionedObject) -> None:
    bench.run("suppress", "add", "--user-id", "jo")
    again = bench.json("suppress", "add", "--user-id", "jo")
    assert (again["added"], again["unchanged"], again["holds_from"]) == (0, 1, None)
    assert len(stored.versions) == 1


def test_whoever_is_removed_is_off_the_list_in_every_form(bench: Bench, stored: VersionedObject) -> None:
    bench.run("suppress", "add", "--user-id", "jo", "--user-id", "max")
    done = bench.json("suppress", "remove", "--user-id", "jo")
    assert (done["removed"], done["unchanged"]) == (1, 0)
    assert not any(holds(stored, userId=one) for one in ("jo", RING.pseudonym("jo", "k1"), RING.pseudonym("jo")))
    assert holds(stored, userId="max")


def test_to_remove_nobody_is_not_as_wished(bench: Bench, stored: VersionedObject) -> None:
    bench.run("suppress", "add", "--user-id", "jo")
    done = bench.run("suppress", "remove", "--email", "jo@x.com")
    assert done.exit_code == 1
    assert "nobody was removed" in done.stderr
    assert len(stored.versions) == 1


def test_ids_are_read_from_stdin_so_that_no_command_line_shows_them(bench: Bench, stored: VersionedObject) -> None:
    done = bench.run("suppress", "add", "--email", "-", "--user-id", "max", typed="jo@x.com\r\n\nann@x.com\n")
    assert done.stdout.startswith("3 added")
    assert holds(stored, traits={"email": "ann@x.com"})
    assert bench.run("suppress", "add", "--email", "-", "--user-id", "-", typed="").exit_code == 2


def test_a_file_names_ids_of_one_kind_or_says_the_kind_of_each(
    bench: Bench, stored: VersionedObject, tmp_path: Path
) -> None:
    mixed, users = tmp_path / "mixed", tmp_path / "users"
    mixed.write_text("email:jo@x.com\nuser:a:b\nanonymous:c\n")
    users.write_text("user:d\n\u2028e\n")
    assert bench.json("suppress", "import", str(mixed))["added"] == 3
    assert bench.json("suppress", "import", str(users), "--kind", "user")["added"] == 2
    assert bench.run("suppress", "import", "-", typed="user:f").exit_code == 0
    assert all(holds(stored, userId=one) for one in ("a:b", "user:d", "\u2028e", "f"))
    assert holds(stored, anonymousId="c")


@pytest.mark.parametrize(
    ("lines", "line"),
    [("email:jo@x.com\nmax-secret\n", 2), ("\nphone:max-secret", 2), ("email:max-secret", 1), ("user:", 1)],
)
def test_a_line_that_names_nobody_changes_nothing_and_is_not_repeated(
    bench: Bench, stored: VersionedObject, lines: str, line: int
) -> None:
    done = bench.run("suppress", "import", "-", typed=lines)
    assert done.exit_code == 2
    assert f"line {line} of -" in done.stderr
    assert "max-secret" not in done.output
    assert stored.versions == []


@pytest.mark.parametrize("command", [("add",), ("remove",), ("add", "--email", "no address"), ("add", "--user-id", "")])
def test_without_somebody_to_name_nothing_is_done(
    bench: Bench, stored: VersionedObject, command: tuple[str, ...]
) -> None:
    assert bench.run("suppress", *command).exit_code == 2
    assert stored.asked == []


def test_what_another_operator_writes_meanwhile_stays(bench: Bench, stored: VersionedObject) -> None:
    bench.run("suppress", "add", "--user-id", "max")
    others = iter([encode([*list_of(stored).entries(), b"t" * 16], LIST_KEY)])
    stored.meanwhile = lambda: stored.versions.extend(others)
    assert bench.run("suppress", "add", "--user-id", "jo").exit_code == 0
    assert holds(stored, userId="max")
    assert holds(stored, userId="jo")
    assert b"t" * 16 in list_of(stored).entries()


def test_two_first_lists_at_once_are_one_list(
    bench: Bench, stored: VersionedObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, get = iter([encode([b"t" * 16], LIST_KEY)]), stored.get_object

    def got(**asked: str) -> dict[str, Any]:
        try:
            return get(**asked)
        finally:
            # Just after this one has looked.
            stored.versions.extend(theirs)

    monkeypatch.setattr(stored, "get_object", got)
    assert bench.run("suppress", "add", "--user-id", "jo").exit_code == 0
    assert holds(stored, userId="jo")
    assert b"t" * 16 in list_of(stored).entries()


@pytest.mark.parametrize(("code", "status"), [("ConditionalRequestConflict", 0), ("AccessDenied", 4)])
def test_a_write_that_meets_another_is_tried_again_and_one_that_is_denied_is_not(
    bench: Bench, stored: VersionedObject, code: str, status: int
) -> None:
    stored.refuses = [code]
    assert bench.run("suppress", "add", "--user-id", "jo").exit_code == status
    assert len(stored.versions) == (status == 0)


def test_a_list_that_never_rests_is_left_alone(bench: Bench, stored: VersionedObject) -> None:
    bench.run("suppress", "add", "--user-id", "max")
    numbers = iter(range(100))
    stored.meanwhile = lambda: stored.versions.append(encode([bytes([next(numbers)]) * 16], LIST_KEY))
    done = bench.run("suppress", "add", "--user-id", "jo")
    assert done.exit_code == 4
    assert "nothing was changed" in done.stderr
    stored.meanwhile = lambda: None
    assert not holds(stored, userId="jo")


def test_a_deleted_list_is_not_begun_anew(bench: Bench, stored: VersionedObject) -> None:
    """Everybody who was on it would be forgotten."""
    stored.versions = [b"x", None]
    done = bench.run("suppress", "add", "--user-id", "jo")
    assert done.exit_code == 1
    assert "delete marker" in done.stderr
    assert stored.asked == []


@pytest.mark.parametrize("found", [encode([], b"o" * 32), b"<html>", encode([b"x" * 16], LIST_KEY)[:-1]])
def test_a_list_that_cannot_be_used_is_not_overwritten(bench: Bench, stored: VersionedObject, found: bytes) -> None:
    stored.versions = [found]
    assert bench.run("suppress", "add", "--user-id", "jo").exit_code == 1
    assert bench.run("suppress", "list").exit_code == 1
    assert stored.versions == [found]


def test_a_list_tells_its_length_and_who_changed_it(bench: Bench, stored: VersionedObject) -> None:
    assert bench.run("suppress", "list").stdout == "nobody has been put on the list yet\n"
    bench.run("suppress", "add", "--user-id", "jo")
    shown = bench.json("suppress", "list")
    assert shown == {
        "entries": list_of(stored).count,
        "version": "v1",
        "changed_at": "2026-11-28T18:00:00+00:00",
        "changed_by": OPERATOR,
    }
    assert OPERATOR in bench.run("suppress", "list").stdout


def test_who_changed_it_is_unknown_where_sts_does_not_tell(
    bench: Bench, stored: VersionedObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sts, "fails", True)
    assert bench.run("suppress", "add", "--user-id", "jo").exit_code == 0
    assert bench.json("suppress", "list")["changed_by"] is None


def test_more_than_a_list_can_have_is_refused(
    bench: Bench, stored: VersionedObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dreamdata_relay.privacy.suppression.MAX_SUPPRESSION_ENTRIES", 3)
    done = bench.run("suppress", "add", "--user-id", "jo")
    assert done.exit_code == 1
    assert "at most 3 entries; nothing was changed" in done.stderr
    assert stored.versions == []


def test_a_stack_without_a_list_says_how_to_get_one(bench: Bench) -> None:
    done = bench.run("suppress", "list")
    assert done.exit_code == 1
    assert "Suppression=hold" in done.stderr


@pytest.mark.parametrize("text", ["", "{}", json.dumps({**SECRET, "suppression": None}), "not JSON"])
def test_without_the_list_s_key_nothing_is_done(bench: Bench, stored: VersionedObject, text: str) -> None:
    bench.secrets.put(SECRET_ID, text)
    done = bench.run("suppress", "add", "--user-id", "jo")
    assert done.exit_code == 1
    assert "docs/suppression.md" in done.stderr


def test_no_id_is_kept_anywhere(
    bench: Bench, stored: VersionedObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    done = bench.run("suppress", "add", "--user-id", "canary-5f0c", "--email", "canary-5f0c@x.com")
    kept = json.dumps(
        [repr(stored.versions), stored.asked, bench.secrets.texts, done.output, caplog.text], default=repr
    )
    assert done.exit_code == 0
    assert "canary-5f0c" not in kept
    assert hashlib.sha256(b"canary-5f0c").hexdigest() not in kept
    assert list(tmp_path.iterdir()) == []
    assert suppressed_people.Version._fields == ("etag", "version_id", "changed_at", "by")
