"""Growth is told right; hostile families are what they are called; starts and memory are measured in processes."""

import base64
import itertools
import json
import time
import zlib
from pathlib import Path

import pytest

from benchmarks.bounds import batches, keyed, work, worst
from benchmarks.bounds.growth import points, slope
from benchmarks.bounds.hostile import LARGE, MANY
from benchmarks.bounds.memory import MAX_EVENT_BYTES, Need, needs
from benchmarks.bounds.strangers import BULKS, PACKINGS, TRIGGERS, Cost, Recipe, event_of, intake, part_of, search
from benchmarks.cold_start.built import Built
from benchmarks.cold_start.starts import dearest, start
from benchmarks.corpus import make_corpus


@pytest.mark.parametrize("power", [0.5, 1, 2])
def test_the_slope_is_the_exponent(power: float) -> None:
    assert slope([(n, 3 * n**power) for n in (10, 100, 1_000)]) == pytest.approx(power)


def test_points_are_of_the_counts_asked_for_also_by_a_clock_of_coarse_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = time.process_time
    monkeypatch.setattr(time, "process_time", lambda: exact() // 0.01 * 0.01)

    found = points(lambda count: b"x" * count, lambda text: text * 10_000, [10, 20])

    assert [x for x, _ in found] == [10, 20]
    assert all(seconds > 0 for _, seconds in found)


@pytest.mark.parametrize("family", MANY)
def test_a_family_gives_as_many_events_as_asked_for_and_both_functions_take_them(family: str) -> None:
    events = MANY[family](30)

    assert len(events) == 30
    assert work.ingest(work.body_of(events)) > 0
    assert work.deliver(work.messages_of(events)) > 0 or family in ("broken", "empty")


@pytest.mark.parametrize("family", LARGE)
def test_a_large_event_is_one_whose_size_grows(family: str) -> None:
    (small,), (large,) = LARGE[family](10), LARGE[family](1_000)

    assert len(large) > len(small) + 900
    assert work.ingest(work.body_of([large])) == 1


def test_an_invocation_of_each_function_is_measured_in_a_process_of_its_own() -> None:
    found: list[Need] = []
    for need in needs(make_corpus(9_000).events):
        found.append(need)
        if need.function == "deliver":
            break

    assert {need.function for need in found} == {"ingest", "deliver"}
    for need in found:
        assert need.event <= MAX_EVENT_BYTES / 1e6
        assert need.idle > 20
        assert need.peak > need.after_event > 1


def test_a_start_counts_what_its_code_takes_and_names_its_imports() -> None:
    light, heavy = start("pass"), start("x = [str(n) for n in range(300_000)]")

    assert heavy.seconds > light.seconds
    assert heavy.megabytes > light.megabytes + 10
    assert "decimal" in dict(dearest("import _pydecimal, decimal", most=100))
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        start("1 / 0")


def test_a_copy_without_byte_code_has_all_but_that(tmp_path: Path) -> None:
    layer = tmp_path / "built" / "RelayLayer" / "python"
    (layer / "__pycache__").mkdir(parents=True)
    (layer / "a.py").write_text("A = 1")
    (layer / "__pycache__" / "a.cpython-313.pyc").write_bytes(b"1234")
    built = Built(tmp_path / "built")

    assert built.layer_bytes() == 9
    assert built.without_byte_code(tmp_path / "copy").layer_bytes() == 5


def test_records_are_what_lambda_hands_over() -> None:
    from benchmarks.bounds.memory_child import records_of

    (record,) = json.loads(json.dumps(records_of([b'{"batch":[]}'])))["Records"]

    assert record["body"] == '{"batch":[]}'
    assert {"messageId", "receiptHandle", "attributes", "messageAttributes"} <= set(record)


@pytest.mark.parametrize(("trigger", "packing"), list(itertools.product(TRIGGERS, PACKINGS)))
def test_every_body_of_a_stranger_is_refused_for_its_key(trigger: str, packing: str) -> None:
    for bulk in BULKS:
        event = event_of(Recipe(trigger, bulk, packing, 20_000))

        assert intake().answer(event, 15.0).status == 401


def test_gzip_of_empty_blocks_is_gzip_of_nothing() -> None:
    event = event_of(Recipe("none", "zeros", "gzip of empty blocks", 10_000))

    inflater = zlib.decompressobj(31)
    assert inflater.decompress(base64.b64decode(event["body"])[:-8]) == b""
    assert not inflater.eof  # but for the checksum, which is left out here


def test_the_search_is_the_same_for_the_same_seed_and_changes_what_was_dear() -> None:
    first, again = search(1, 12), search(1, 6)

    assert [one.recipe for one in first[:3]] == [one.recipe for one in again[:3]]
    assert len({one.recipe for one in first}) == 12


def test_the_dearest_stand_in_the_table_and_are_what_is_checked() -> None:
    costs = [Cost(Recipe("none", "zeros", "text", number), number / 1e3, 1_000) for number in range(1, 31)]

    part = part_of(costs)

    assert [row["CPU, ms"] for row in part.rows] == pytest.approx([*range(30, 20, -1)])
    assert [check.ok for check in part.checks] == [False, True]


@pytest.mark.parametrize("messages", [6, 500])
def test_a_batch_of_any_recipe_is_one_that_lambda_hands_over(messages: int) -> None:
    tables = (batches.WRAPPINGS, batches.SPICES, batches.SHARINGS, batches.SHARED)
    for element, wrapping, spice, sharing, shared in zip(batches.ELEMENTS, *map(itertools.cycle, tables), strict=False):
        recipe = batches.Recipe(element, wrapping, spice, shared, sharing, 5, messages, 1, "200", True)
        event = batches.records_of(recipe)

        assert len(event["Records"]) == messages + len(batches.GOOD)
        assert len(json.dumps(event, ensure_ascii=False).encode()) <= MAX_EVENT_BYTES
        assert max(len(record["body"].encode()) for record in event["Records"]) <= 1_048_576


def test_the_cost_of_a_batch_is_of_its_invocation_alone() -> None:
    plain = batches.Recipe("complete", "batch", "none", 0, "a string", 30, 6, 1, "200", True)

    found = worst.cost(plain)
    held = worst.cost(plain._replace(answer="503"))

    assert (found.good, found.posts, found.owes_good) == (3, 1, True)
    assert (held.good, held.posts, held.owes_good) == (0, 3, False)
    assert 0 < found.cpu < worst.MOST_CPU_S
    assert 20 < found.peak < worst.MOST_MB


def test_the_search_begins_with_what_is_known_and_ends_in_time() -> None:
    plain = batches.Recipe("empty", "batch", "an event", 0, "a string", 30, 1, 1, "200", True)

    assert [one.recipe for one in worst.search(1, 0.0, [plain])] == [plain]


def test_the_dearest_batches_are_what_is_checked() -> None:
    recipe = batches.Recipe("empty", "batch", "an event", 0, "a string", 30, 1, 1, "200", True)
    costs = [worst.Cost(recipe, 1.0, 410.0, 3, 1, 4.0), worst.Cost(recipe, 9.0, 100.0, 2, 1, 61.0)]

    part = worst.part_of(costs)

    assert [row["peak, MB"] for row in part.rows] == [410.0, 100.0]
    assert [check.ok for check in part.checks] == [True, False, False, False]


def test_a_request_of_any_keyed_recipe_is_read_and_costs_something() -> None:
    tables = (keyed.BULKS, keyed.PLACES, keyed.ENVELOPES)
    for spoiler, bulk, place, envelope in zip(keyed.SPOILERS, *map(itertools.cycle, tables), strict=False):
        recipe = keyed.Recipe(spoiler, bulk, place, envelope, 60_000)

        assert 5_000_000 < len(keyed.event_of(recipe)["body"].encode()) <= 6_000_000
    found = keyed.cost(keyed.WORST[0])
    assert 0 < found.ingest < keyed.MOST_INGEST_S
    assert 0 < found.deliver < keyed.MOST_DELIVER_S


def test_the_dearest_keyed_requests_are_what_is_checked() -> None:
    costs = [keyed.Cost(keyed.WORST[0], 1.0, 3.5), keyed.Cost(keyed.WORST[1], 2.9, 1.0)]

    part = keyed.part_of(costs)

    assert [row["deliver, CPU s"] for row in part.rows] == [3.5, 1.0]
    assert [check.ok for check in part.checks] == [True, False]
