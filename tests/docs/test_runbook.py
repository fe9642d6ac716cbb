"""Every alarm of the template has its section in docs/operations.md, and `relay status` names it with its command."""

import re
from pathlib import Path

import pytest
import yaml

from dreamdata_relay.deliver.responses import HOLD_REASONS
from relay_cli import runbook
from relay_cli.runbook import SECTIONS, Section, sections_of
from tests.docs.runbook import ENTRIES, rows, sections, shows

ROOT = Path(__file__).resolve().parents[2]


SOURCES = sorted((ROOT / "relay_cli").rglob("*.py"))


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
        assert (SECTIONS[alarm].title, f"relay {SECTIONS[alarm].command}") == (title, command)


KEYS = ("401", "403", "secret_placeholder", "secret_malformed", "secret_unavailable", "secret_withdrawn")
REASONS = [*(reason for reason in HOLD_REASONS if reason != "key"), *(f"key:{name}" for name in KEYS)]


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_that_messages_are_held_for_names_a_section_about_it(reason: str) -> None:
    """`relay status` prints the title; the section explains the reason."""
    (section,) = sections_of([reason])
    assert f"`{reason}`" in sections()[section.title]


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_to_wait_hides_no_section_where_something_is_to_be_done(reason: str) -> None:
    """Whichever was said last."""
    assert set(sections_of([reason])) <= set(sections_of(["unavailable", reason])) | set(sections_of(["unavailable"]))
    if sections_of([reason]) != sections_of(["unavailable"]):
        assert sections_of(["unavailable", reason]) == sections_of([reason]) == sections_of([reason, "unavailable"])


def test_every_pointer_that_is_printed_is_to_a_section() -> None:
    """All of those that the command knows; any other mention of a page in its texts is of a file that exists."""
    known = [one for one in vars(runbook).values() if isinstance(one, Section)]
    assert {section.title for section in [*known, *SECTIONS.values()]} <= set(sections())
    pages = {page for source in SOURCES for page in re.findall(r"docs/[\w./-]+", source.read_text())}
    assert "docs/operations.md" in pages
    assert [page for page in pages if not (ROOT / page.rstrip(".")).exists()] == []


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
    assert shows(
        "- 10 dead letters: relay --stack shop dead list", "- 1 dead letter: .venv/bin/relay --local dead list"
    )
    elsewhere = "- 3 dead letters: RELAY_LOCAL_DIR=/tmp/a /b/tools/relay --local dead list"
    assert shows("- 10 dead letters: relay --stack shop dead list", elsewhere)
    assert not shows("- 10 dead letters: relay --stack shop dead list", "- 3 dead letters: relay dead list")
    assert shows("    0  listed", "     0  listed")
    assert not shows("0  listed", "    10  listed")
