"""Nothing that a sender can write makes deliver skip the rules: only what AWS attests does, with the rules' version."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cleaning.judges import CANARY, NO_IP, VERSION
from tests.fakes.events import event
from tests.fakes.server import Reaction
from tests.handlers.deliver import record, running_deliver
from tests.privacy.compiled import text_of

INGEST, DELIVER, ACCOUNT = "AROAINGESTROLEID12345", "AROADELIVERROLEID1234", "123456789012"
OWN = [f"{INGEST}:relay-ingest", f"{DELIVER}:relay-deliver"]
OTHERS = [
    None,
    "",
    ":",
    INGEST,
    DELIVER,
    f"{INGEST}6:relay-ingest",
    f"{INGEST.lower()}:relay-ingest",
    f"AROAOTHER:{INGEST}:relay-ingest",
    f" {INGEST}:relay-ingest",
    f"AROAOTHER:{ACCOUNT}",
    # The account itself, which is everybody in an emulator.
    ACCOUNT,
    "AIDAEXAMPLEUSERID12345",
    "None:relay-ingest",
]
ATTRIBUTES: list[dict[str, str]] = [
    {"rules": VERSION},
    {"rules": VERSION, "source": "http:shop"},
    {"rules": VERSION, "came": "queue", "splits": "1", "receives": "3", "refused": "beside"},
    {"rules": VERSION, "error_code": "out_of_tries", "source": "sns"},
]
NOT_CURRENT = [
    {},
    {"rules": ""},
    {"rules": "0"},
    {"rules": VERSION.upper()},
    {"rules": f"{VERSION} "},
    {"Rules": VERSION},
]


def is_cleaned(rules_file: Path, sender: str | None, attributes: dict[str, str], **roles: str) -> bool:
    """Whether the rules are applied to a message of ``sender`` with ``attributes``."""
    rules_file.write_bytes(text_of(NO_IP))
    sent: dict[str, Any] = record({"batch": [event(context={"ip": CANARY})]})
    sent["messageAttributes"] = {
        name: {"stringValue": value, "dataType": "String"} for name, value in attributes.items()
    }
    sent["eventSourceARN"] = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"
    if sender is not None:
        sent["attributes"]["SenderId"] = sender
    roles = roles or {"INGEST_ROLE_ID": INGEST, "DELIVER_ROLE_ID": DELIVER}
    with running_deliver(Reaction(200), RULES_FILE=str(rules_file), **roles) as deliver:
        assert deliver.call(sent) == []
        (request,) = deliver.server.requests
    (posted,) = json.loads(request.body)["batch"]
    assert posted["context"] in ({}, {"ip": CANARY})
    return bool(posted["context"] == {})


@pytest.mark.parametrize(("sender", "attributes"), list(itertools.product(OTHERS, ATTRIBUTES)), ids=str)
def test_nobody_else_is_believed_to_have_applied_the_rules(
    tmp_path: Path, sender: str | None, attributes: dict[str, str]
) -> None:
    assert is_cleaned(tmp_path / "rules.json", sender, attributes)


@pytest.mark.parametrize(("sender", "attributes"), list(itertools.product(OWN, ATTRIBUTES)), ids=str)
def test_the_relay_s_two_functions_are(tmp_path: Path, sender: str, attributes: dict[str, str]) -> None:
    assert not is_cleaned(tmp_path / "rules.json", sender, attributes)


@pytest.mark.parametrize(("sender", "attributes"), list(itertools.product(OWN, NOT_CURRENT)), ids=str)
def test_by_other_rules_they_are_not(tmp_path: Path, sender: str, attributes: dict[str, str]) -> None:
    assert is_cleaned(tmp_path / "rules.json", sender, attributes)


@pytest.mark.parametrize("sender", [":relay-ingest", "None:relay-ingest", ":", *OWN])
@pytest.mark.parametrize("role", ["", " "])
def test_without_a_role_nobody_is(tmp_path: Path, sender: str, role: str) -> None:
    assert is_cleaned(tmp_path / "rules.json", sender, ATTRIBUTES[0], INGEST_ROLE_ID=role, DELIVER_ROLE_ID=role)
