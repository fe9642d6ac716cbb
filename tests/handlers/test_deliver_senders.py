"""Whose message it is, is what AWS attests in ``SenderId``: only the function's own role is believed what it wrote."""

import pytest

from tests.fakes.events import event
from tests.fakes.server import Reaction
from tests.handlers.deliver import record, running_deliver

ROLE = "AROAEXAMPLEROLEID12345"
ACCOUNT = "123456789012"
QUEUE_ARN = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"


def is_believed(sender: str | None, role: str | None = ROLE, queue: str | None = QUEUE_ARN) -> bool:
    """Whether a message of ``sender`` that says it was received twenty times before is held as long as one that was."""
    sent = record({"batch": [event("e0")]})
    sent["messageAttributes"]["receives"] = {"stringValue": "20", "dataType": "String"}
    if queue is not None:
        sent["eventSourceARN"] = queue
    if sender is not None:
        sent["attributes"]["SenderId"] = sender
    # An answer that holds everything at once.
    with running_deliver(Reaction(404), **({} if role is None else {"DELIVER_ROLE_ID": role})) as deliver:
        assert deliver.call(sent) == ["m1"]
        ((_, seconds),) = deliver.sqs.visibility
    assert 15 <= seconds <= 30 or 900 <= seconds <= 1_800
    return seconds >= 900


def test_a_session_of_the_function_s_own_role_is_believed() -> None:
    assert is_believed(f"{ROLE}:relay-deliver")


def test_the_account_itself_is_believed() -> None:
    assert is_believed(ACCOUNT)


@pytest.mark.parametrize(
    "sender",
    [
        None,
        "",
        ROLE,
        f"{ROLE}6:relay-deliver",
        f"AROAOTHER:{ROLE}:relay-deliver",
        f"AROAOTHER:{ACCOUNT}",
        ROLE.lower() + ":relay-deliver",
        ACCOUNT[:-1],
        f"{ACCOUNT}0",
        "q",
        "AIDAEXAMPLEUSERID12345",
    ],
)
def test_nobody_else_is(sender: str | None) -> None:
    assert not is_believed(sender)


@pytest.mark.parametrize("role", [None, ""])
@pytest.mark.parametrize("sender", [None, "", ":", ":relay-deliver", "None:relay-deliver", f"{ROLE}:relay-deliver"])
def test_without_a_role_no_session_is(role: str | None, sender: str | None) -> None:
    assert not is_believed(sender, role)


@pytest.mark.parametrize("queue", [None, "", "q"])
@pytest.mark.parametrize("sender", ["", ACCOUNT])
def test_where_the_queue_s_account_is_not_told_none_is(sender: str, queue: str | None) -> None:
    assert not is_believed(sender, queue=queue)
