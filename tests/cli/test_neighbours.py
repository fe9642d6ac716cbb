"""Two stacks in one account, `shop` and `shop-dev`: nothing of one is shown in the other, on whichever page it is."""

import pytest
from typer.testing import CliRunner

from relay_cli import context
from relay_cli.app import app
from relay_cli.paging import pages
from relay_cli.stack import RelayStack
from tests.cli.conftest import ALARM, OUTPUTS, Bench


def test_an_alarm_of_a_stack_with_a_longer_name_is_not_shown(bench: Bench) -> None:
    """Its name begins with this one's."""
    bench.alarms.append("shop-dev-KeyRefusedAlarm-1")
    assert bench.json("status")["alarms"] == []


def test_an_alarm_is_found_by_the_stacks_resources(bench: Bench) -> None:
    """Whatever it is called; on the last page, too."""
    bench.resources.append(("NothingDeliveredAlarm", ALARM, "another-name"))
    bench.alarms.append("another-name")
    assert bench.json("status")["alarms"] == ["another-name"]


def test_another_reader_of_the_queue_does_not_stand_for_deliver(bench: Bench) -> None:
    """Its mapping is on, deliver's is not."""
    bench.mappings[:] = [("Enabled", "shop-dev-deliver:live"), ("Disabled", "deliverfunctionname:live")]
    assert bench.json("status")["reading_queue"] is False
    bench.mappings[:] = [("Disabled", "shop-dev-deliver:live"), ("Enabled", "deliverfunctionname")]
    assert bench.json("status")["reading_queue"] is True


def test_every_page_of_the_resources_is_read(bench: Bench) -> None:
    """The fake has one on each."""
    stack = RelayStack("shop", OUTPUTS, "", bench)
    assert set(stack.of_type(ALARM)) == {"DeadLettersAlarm", "KeyRefusedAlarm", "EventsWaitingAlarm"}


def test_lambdas_two_names_for_a_place_are_known() -> None:
    """Asked with Marker, answered with NextMarker."""
    asked = []

    def call(**arguments: str) -> dict[str, str]:
        asked.append(arguments)
        return {"NextMarker": "b"} if len(asked) == 1 else {}

    assert len(list(pages(call, "Marker", "NextMarker", Name="x"))) == 2
    assert asked == [{"Name": "x"}, {"Name": "x", "Marker": "b"}]


@pytest.mark.parametrize(
    ("actions", "subscriptions", "wants", "notes"),
    [
        (["arn:aws:sns:eu-west-1:1:alarms"], ["arn:aws:sns:eu-west-1:1:alarms:s1"], 0, 0),
        (["arn:aws:sns:eu-west-1:1:alarms"], ["PendingConfirmation"], 1, 0),
        (["arn:aws:sns:eu-west-1:1:alarms"], [], 1, 0),
        ([], [], 0, 1),
    ],
    ids=["told", "not confirmed", "nobody subscribed", "deployed without"],
)
def test_alarms_that_nobody_hears_are_told(
    bench: Bench, actions: list[str], subscriptions: list[str], wants: int, notes: int
) -> None:
    """A topic that nobody listens to wants somebody; a stack deployed without one is a choice, and said, too."""
    bench.alarm_actions, bench.subscriptions = actions, subscriptions
    shown = bench.json("status")
    assert (len(shown["wants"]), len(shown["notes"])) == (wants, notes)
    assert (bench.run("status").exit_code, "tells anybody" in bench.run("status").stdout) == (wants, bool(notes))


def test_a_local_stack_is_not_told_to_deploy_with_an_address(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mail leaves the emulator, whatever the stack was deployed with."""
    local = RelayStack("shop", OUTPUTS, "", bench, "http://127.0.0.1:1")
    monkeypatch.setattr(context, "find_local_stack", lambda: local)
    bench.alarm_actions = []

    assert CliRunner().invoke(app, ["--local", "status"]).stdout.endswith("all is well\n")


def test_one_alarm_without_an_action_among_others_is_named(bench: Bench) -> None:
    """Somebody took it away, or switched its actions off."""
    bench.quiet.append("shop-KeyRefusedAlarm-1")
    assert bench.json("status")["wants"] == [
        "alarm KeyRefusedAlarm tells nobody: it has no action, or its actions are off"
    ]
