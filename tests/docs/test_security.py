"""SECURITY.md says what the code keeps, and names the tests that hold it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bounds import keyed
from dreamdata_relay import limits
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.secrets import keys, remembered
from tests.fakes.aws import FakeSecrets
from tests.fakes.clock import FakeClock
from tools.transform import read_template

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
THREATS = [line for line in TEXT.splitlines() if line.startswith("| ") and line.count("|") == 5][1:]


@pytest.mark.parametrize("threat", THREATS, ids=lambda line: line[2:40])
def test_every_statement_names_a_test_that_is_there(threat: str) -> None:
    named = re.findall(r"`((?:\w+/)+test_\w+\.py|tests/fuzz)`", threat.split("|")[4])

    assert named
    assert all((ROOT / name).exists() or (ROOT / "tests" / name).is_file() for name in named)


LIMITS = {
    "MB without a key": limits.MAX_KEYLESS_BYTES // 1024**2,
    "kB of gzip without a key": limits.MAX_KEYLESS_GZIP_BYTES // 1024,
    "kB unpacked without a key": limits.MAX_KEYLESS_INFLATED_BYTES // 1024,
    "kB repaired without a key": limits.MAX_KEYLESS_REPAIRED_BYTES // 1024,
    "characters of a key": keys.MIN_KEY_CHARACTERS,
    "hours of an outage": limits.MAX_OUTAGE_S / 3600,
    "MB unpacked": limits.MAX_INFLATED_BYTES // 1024**2,
    "gzip members": limits.MAX_GZIP_MEMBERS,
    "levels": limits.MAX_NESTING,
    "other keys": keys._MOST_OTHER_KEYS,
    "receives": limits.MAX_RECEIVES,
    "seconds at ingest": keyed.MOST_INGEST_S,
    "seconds at deliver": keyed.MOST_DELIVER_S,
}


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_is_on_the_page(name: str) -> None:
    """Whatever the words around it."""
    assert re.search(rf"(?<![\d.,]){re.escape(f'{LIMITS[name]:,.0f}')}(?![\d]|[.,]\d)", TEXT)


def test_a_secret_is_asked_for_often_enough_to_be_forgotten_within_five_minutes() -> None:
    assert remembered.MAX_KEY_AGE_S + remembered.MIN_REFETCH_S < 300


def test_no_more_dreamdata_keys_are_remembered_than_is_said() -> None:
    source = FakeSecrets("")
    key = keys.DreamdataKey(remembered.RememberedSecret(ManagedSecret(lambda: source, "key"), clock := FakeClock()))
    for number in range(5):
        source.text = f"key-{number}"
        clock.advance(300)
        key.remember()

    assert key.known == ("key-4", "key-3", "key-2")
    assert "the Dreamdata key and the two before it" in TEXT


def test_what_is_reserved_for_ingest_unless_it_is_set_is_said_plainly() -> None:
    template: dict[str, Any] = read_template()

    assert template["Parameters"]["IngestReservedConcurrency"]["Default"] == -1
    assert "**it is -1, which reserves none, unless you set it**" in TEXT
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert "The default is -1 (none)" in page
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    assert "IngestReservedConcurrency=100" in settings["prod"]["deploy"]["parameters"]["parameter_overrides"].split()
    assert "(`samconfig.toml` sets 100 for `prod`)" in TEXT


def test_the_stage_has_a_throttle_for_every_route() -> None:
    template: dict[str, Any] = read_template()
    stages = [each["Properties"] for each in template["Resources"].values() if "HttpApi" in each["Type"]]

    assert [stage["DefaultRouteSettings"] for stage in stages] == [
        {"ThrottlingRateLimit": {"Ref": "ThrottlingRateLimit"}, "ThrottlingBurstLimit": {"Ref": "ThrottlingBurstLimit"}}
    ]
    for name in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
        assert 0 < template["Parameters"][name]["Default"] <= template["Parameters"][name]["MaxValue"]


def test_the_stack_makes_a_first_relay_key_of_forty_letters_and_digits() -> None:
    template: dict[str, Any] = read_template()
    made = template["Resources"]["IngestKeysSecret"]["Properties"]["GenerateSecretString"]

    assert (made["PasswordLength"], made["ExcludePunctuation"]) == (40, True)
    assert not any(made.get(name) for name in ("ExcludeLowercase", "ExcludeUppercase", "ExcludeNumbers"))
    assert "those that the stack and `relay keys add` make 40" in TEXT


def test_each_function_has_a_role_of_its_own() -> None:
    template: dict[str, Any] = read_template()
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    roles = [function["Properties"]["Role"]["Fn::GetAtt"][0] for function in functions]

    assert len(functions) >= 2
    assert len(set(roles)) == len(roles)


def exceptions(value: Any) -> Iterator[str]:
    """The reason of each exception from a rule; empty where it has none."""
    for metadata in (each.get("Metadata", {}) for each in value["Resources"].values()):
        for rule in metadata.get("cdk_nag", {}).get("rules_to_suppress", []):
            yield rule.get("reason", "")
        for rule in metadata.get("checkov", {}).get("skip", []):
            yield rule.get("comment", "")


def test_each_exception_from_a_rule_says_why() -> None:
    reasons = list(exceptions(read_template()))

    assert len(reasons) > 5
    assert all(len(reason.split()) >= 4 for reason in reasons)


def test_the_hours_of_an_outage_are_the_parameter_s_default_and_are_said_wherever_they_are_spoken_of() -> None:
    template: dict[str, Any] = read_template()
    hours = template["Parameters"]["SecretOutageHours"]["Default"]

    assert hours * 3600 == limits.MAX_OUTAGE_S
    for page in ("docs/operations.md", "docs/faq.md", "SECURITY.md"):
        said = re.findall(
            r"(\d+)(?: hours)? \(`SecretOutageHours`\)|`SecretOutageHours` \((\d+)\)", (ROOT / page).read_text()
        )
        assert said
        assert {"".join(found) for found in said} == {str(hours)}
    assert f"| `SecretOutageHours` | {hours} |" in (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_only_eventbridge_and_sns_of_this_account_are_let_in_by_the_queue_itself() -> None:
    """Everybody else needs a policy of the account's own."""
    template: dict[str, Any] = read_template()
    statements = template["Resources"]["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    # Others only where a parameter names them.
    always = [statement for statement in statements if "Fn::If" not in statement]

    allowed = {s["Principal"]["Service"]: s for s in always if s["Effect"] == "Allow"}
    assert allowed.keys() == {"events.amazonaws.com", "sns.amazonaws.com"}
    for statement in allowed.values():
        assert statement["Action"] == "sqs:SendMessage"
        assert "${AWS::AccountId}" in str(statement["Condition"])
