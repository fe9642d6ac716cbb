"""Every alarm of the template has its section in docs/operations.md, and `relay status` names it with its command."""

import re
from pathlib import Path

import pytest
import yaml

from relay_cli.runbook import SECTIONS
from tests.docs.runbook import ENTRIES, rows, sections, shows

ROOT = Path(__file__).resolve().parents[2]


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms are of no interest here."""


_Loader.add_multi_constructor("!", lambda *_: None)
RESOURCES = yaml.load((ROOT / "template.yaml").read_text(), _Loader)["Resources"]  # noqa: S506  # a safe one
ALARMS = [name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::CloudWatch::Alarm"]


def test_every_alarm_is_in_the_runbook_once() -> None:
    """Those of the template, and no others."""
    assert sorted(alarm for alarms, *_ in rows() for alarm in alarms) == sorted(ALARMS)
    assert len(ALARMS) > 15


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_names_the_section_that_is_about_it(alarm: str) -> None:
    """In its description, which is what the e-mail says; the section begins with the alarm."""
    title = SECTIONS[alarm].title
    description = " ".join(RESOURCES[alarm]["Properties"]["AlarmDescription"].split())
    assert description.endswith(f'See docs/operations.md, "{title}".')
    assert f"`{alarm}`" in sections()[title].partition("You see")[0]


@pytest.mark.parametrize(("alarms", "title", "anchor", "command"), rows())
def test_the_table_the_section_and_the_command_say_the_same(
    alarms: tuple[str, ...], title: str, anchor: str, command: str
) -> None:
    """What is to be typed, and where it is explained."""
    assert anchor == re.sub(r"[^a-z ]", "", title.lower()).replace(" ", "-")
    assert ENTRIES[title].command == command
    for alarm in alarms:
        assert (SECTIONS[alarm].title, SECTIONS[alarm].command) == (title, command)


def test_a_line_of_the_page_stands_for_its_kind() -> None:
    """Other times and numbers, and no other words."""
    line = "Dreamdata has answered 503 since 23:11:04, last at 23:14:50; 3 messages on the queue; {...}"
    assert shows(
        line,
        "01:02:03 UTC  Dreamdata has answered 504 since 00:00:00, last at 00:00:09; 1 message on the queue; {'a': 1}.",
    )
    assert not shows(
        line, "Dreamdata has answered nothing since 00:00:00, last at 00:00:09; 1 message on the queue; {}"
    )
    assert shows("    0  listed", "     0  listed")
    assert not shows("0  listed", "    10  listed")
