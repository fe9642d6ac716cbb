"""docs/import.md: its examples are run, and its tables name all that there is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from relay_cli.app import app
from relay_cli.history import map_reading, map_values, mapping, moments, records, values
from relay_cli.history.batching import Batch
from relay_cli.history.job import prepared
from tests.fakes.relay import IngestBench

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "docs" / "import"
PAGE = (ROOT / "docs" / "import.md").read_text()
_COMMAND: Any = typer.main.get_command(app)


def blocks(language: str) -> list[str]:
    """The page's blocks of code in it, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("place", "name"), [(0, "crm"), (1, "billing")])
def test_the_page_shows_the_files_that_are_there(place: int, name: str) -> None:
    """And that are imported below."""
    assert blocks("csv")[place] == (FILES / f"{name}.csv").read_text("utf-8-sig")
    assert blocks("yaml")[place] == (FILES / f"{name}.yaml").read_text()


def imported(name: str) -> list[dict[str, Any]]:
    """What the relay has on its queue after the import of an example; nothing is refused anywhere."""
    job = prepared(FILES / f"{name}.csv", FILES / f"{name}.yaml", None, None, lambda _: None)
    bench, batch = IngestBench(), Batch(0)
    with job.read() as found:
        for chunk in found.events:
            assert [made.fault for _, made in chunk if made.fault] == []
            batch.events += [made for _, made in chunk]
    assert bench.post(batch.body().decode()).body == {"success": True, "accepted": len(batch.events), "rejected": []}
    return bench.queued_events()


def test_the_crm_export_becomes_what_the_page_says() -> None:
    """Its byte order mark, its quoted line break, its decimal commas and Excel's days included."""
    assert (FILES / "crm.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    events = imported("crm")
    assert [event["type"] for event in events] == ["identify", "group", "track"] + ["identify", "group"] * 2 + ["track"]
    assert events[2] == json.loads(blocks("json")[0])
    assert events[2]["properties"]["note"] == "Called twice.\nWants an offer; by mail"
    assert (events[3]["timestamp"], events[7]["timestamp"]) == ("2024-10-27T00:30:00.000Z", "2024-11-03T23:00:00.000Z")
    assert events[7]["properties"] == {"deal": "Rollout", "value": 12000.0}


def test_the_billing_export_becomes_what_the_page_says() -> None:
    """An invoice that is not paid has one event."""
    events = imported("billing")
    assert [event["event"] for event in events] == ["Invoice Issued", "Invoice Paid", "Invoice Issued"]
    assert events[1] == json.loads(blocks("json")[1])
    assert events[0]["properties"]["lines"] == [{"sku": "seat", "count": 25}]
    assert events[0]["timestamp"] == "2024-01-31T23:00:00.000Z"
    assert len({event["messageId"] for event in events}) == 3


def named(kind: str) -> Iterator[str]:
    """Every member, type, format and code that the code knows."""
    known: dict[str, tuple[str, ...]] = {
        "members": (
            *map_reading._OF_MAP, *map_reading._OF_CSV, *map_reading._OF_EVENT, *map_reading._OF_WHEN,
            *map_values._OF_COLUMN,
        ),
        "types": values.TYPES,
        "formats": moments.NAMED,
        "words": (*values.TRUE, *values.FALSE),
        "codes": (
            records.TOO_LONG, records.NOT_JSON, records.NOT_CSV, records.NUL, mapping.ID_MISSING, mapping.ID_REPEATED,
            mapping.VALUE_MISSING, *set(re.findall(r'Unfit\("(\w+)"', Path(values.__file__).read_text())),
        ),
        "options": tuple(
            option
            for parameter in _COMMAND.commands["import"].params
            for option in parameter.opts
            if option.startswith("--") and option != "--help"
        ),
    }  # fmt: skip
    assert known[kind]
    return iter(dict.fromkeys(known[kind]))


@pytest.mark.parametrize("kind", ["members", "types", "formats", "words", "codes", "options"])
def test_the_page_names_all_that_there_is(kind: str) -> None:
    """What is not named cannot be used."""
    shown = re.compile(r"`([^`\n]+)`").findall(PAGE)
    words = {word for text in shown for word in re.findall(r"-{0,2}[\w-]+", text)}
    assert [name for name in named(kind) if name not in words] == []
