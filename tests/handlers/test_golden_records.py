"""Events as AWS's services make them: tracking events arrive, all else is one dead letter that says what it is."""

import base64
import json
import re
from typing import Any

import pytest

from dreamdata_relay.deliver.foreign_messages import looks_like
from relay_cli.log_lines import read_line
from tests.fakes.golden import FOLDER, Golden, golden_records
from tests.fakes.relay import DEAD_LETTERS, RELAY_KEY
from tests.handlers.deliver import record, running_deliver
from tests.handlers.ingest import running_ingest

MESSAGES = golden_records("sqs", "body")
FOREIGN = [one for one in MESSAGES if not one.delivered]
_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def named(records: list[Golden]) -> pytest.MarkDecorator:
    """One test for each of ``records``."""
    return pytest.mark.parametrize("golden", records, ids=[one.name for one in records])


def sqs_records(golden: Golden) -> list[dict[str, Any]]:
    """The records as Lambda hands them over."""
    if golden.kind == "sqs":
        return list(json.loads(golden.text)["Records"])
    return [{**record(golden.text), "messageAttributes": {}}]


def test_every_file_is_told_of_and_has_its_sources() -> None:
    records = golden_records()

    assert {one.file for one in records} | {"golden.toml"} == {path.name for path in FOLDER.iterdir()}
    assert [
        one.name for one in records if not all(re.match(r"https://|[\w.-]+/[\w.-]+@\S+", s) for s in one.sources)
    ] == []
    assert all(one.sources for one in records)


def test_every_message_ends_in_one_of_two_ways() -> None:
    assert [one.name for one in MESSAGES if bool(one.delivered) == bool(one.says)] == []


@named(golden_records("http"))
def test_a_request_is_taken_or_told_why_not(golden: Golden) -> None:
    event = json.loads(golden.text)
    event["headers"]["authorization"] = "Basic " + base64.b64encode(f"{RELAY_KEY}:".encode()).decode()

    with running_ingest() as ingest:
        status, answer = ingest.answer(event)

        assert (status, answer.get("code", "")) == (golden.status, golden.code)
        assert len(ingest.queued()) == golden.delivered


@named([one for one in MESSAGES if one.delivered])
def test_tracking_events_arrive(golden: Golden) -> None:
    """Each with its own id, and nothing is left over."""
    with running_deliver() as deliver:
        assert deliver.call(*sqs_records(golden)) == []

        assert len(deliver.delivered()) == golden.delivered
        assert all(one in golden.text for one in deliver.delivered())
        assert deliver.sqs.bodies(DEAD_LETTERS) == []


@named(FOREIGN)
def test_what_holds_no_tracking_event_is_one_dead_letter_that_says_what_it_is(golden: Golden) -> None:
    """The whole message, so that it can be moved back as it is."""
    with running_deliver() as deliver:
        assert deliver.call(*sqs_records(golden)) == []

        assert deliver.delivered() == []
        assert deliver.sqs.bodies(DEAD_LETTERS) == [golden.text]
        [attributes] = deliver.sqs.attributes(DEAD_LETTERS)
        assert attributes["error_code"] == (golden.code or "message_not_event")
        assert golden.says in attributes["error_detail"]


@named(FOREIGN)
def test_its_innermost_text_looks_like_what_it_is(golden: Golden) -> None:
    """Through SNS, and without a word of what it holds."""
    text = golden.text
    if '"Type": "Notification"' in text:
        text = json.loads(text)["Message"]
    said = looks_like(text.encode()) or ""

    assert golden.says in said
    assert not _UUID.search(said)
    assert "example" not in said


@named(golden_records("log"))
def test_the_platforms_own_lines_are_trouble_or_nothing(golden: Golden) -> None:
    lines = [read_line("deliver", 1_772_439_600_000, text) for text in golden.text.splitlines()]

    if golden.trouble:
        assert [
            text for line, text in zip(lines, golden.text.splitlines(), strict=True) if not (line and line.is_trouble)
        ] == []
    else:
        assert [line for line in lines if line] == []
