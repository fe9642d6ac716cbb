import json
from pathlib import Path

import pytest

from benchmarks.corpus import make_corpus
from benchmarks.deliver.overshoot import Family, events_of, families
from benchmarks.deliver.part import work_of
from benchmarks.deliver.processes import sink
from benchmarks.deliver.race import Lost, complete, fill, over, race
from benchmarks.deliver.senders import Contender, relay_sender
from dreamdata_relay.events.chunks import chunk


def test_fill_leaves_out_the_last_payloads() -> None:
    assert fill([500_000, 400_000, 7]) == 90.0


def test_fill_of_one_payload_is_its_own() -> None:
    assert fill([250_000]) == 50.0


def test_fill_of_two_invocations_leaves_out_two() -> None:
    assert fill([500_000, 9, 500_000, 8], last=2) == 100.0


def test_a_body_of_exactly_the_limit_is_not_over_it() -> None:
    assert over([499_999, 500_000, 500_001]) == 1


@pytest.mark.parametrize("filler", ["x", "東", '"', "é"])
def test_events_have_exactly_the_size_wanted(filler: str) -> None:
    sizes = [200, 201, 202, 203, 62_387]
    assert [len(event) for event in events_of(Family(sizes, filler))] == sizes


def test_every_family_is_of_json_with_ids_of_its_own() -> None:
    for family in families(1).values():
        events = [json.loads(event) for event in events_of(family)]
        assert len({event["messageId"] for event in events}) == len(family.sizes)


def _kept(path: Path, *bodies: list[str]) -> Path:
    texts = [json.dumps({"batch": [{"messageId": name} for name in names]}) for names in bodies]
    path.write_text("".join(text + "\n" for text in texts))
    return path


@pytest.mark.parametrize(
    "bodies",
    [[["a"]], [["a", "b"], ["b"]], [["a"], ["a"]], [["a", "x"]]],
    ids=["one lost", "one too many", "one twice", "one unknown"],
)
def test_a_sender_that_does_not_deliver_every_event_once_is_no_contender(
    tmp_path: Path, bodies: list[list[str]]
) -> None:
    with pytest.raises(Lost, match="delivered"):
        complete(Contender("x", None, 2), _kept(tmp_path / "kept", *bodies), {"a", "b"})


def test_a_sender_may_give_events_ids_of_its_own_where_they_had_none(tmp_path: Path) -> None:
    complete(Contender("x", None, 2, renames=True), _kept(tmp_path / "kept", ["a", "new"]), {"a", "b"})


@pytest.mark.parametrize("which", ["path", "invocation", "floor"])
def test_the_relay_delivers_all_of_a_corpus_in_bodies_within_the_limit(tmp_path: Path, which: str) -> None:
    work, ids, _ = work_of(make_corpus(1500, seed=7), tmp_path)
    with sink() as server, relay_sender(which, server, work.all) as process:
        runs = race([Contender("x", process, len(work.events))], server, 1, ids, tmp_path)
    assert (len(runs["x"].sizes), over(runs["x"].sizes)) == (3, 0)


@pytest.mark.parametrize("name", ["half and one less, half and one more", "one byte over a message"])
def test_sizes_chosen_to_overshoot_do_not(tmp_path: Path, name: str) -> None:
    events = events_of(families(1)[name])
    (tmp_path / "messages").write_bytes(b"\n".join(chunk(events)))
    with sink() as server, relay_sender("path", server, tmp_path / "messages") as process:
        server.start(tmp_path / "kept")
        process.ask("go")
        sizes = server.sizes()
        complete(Contender("x", process, len(events)), tmp_path / "kept", {f"o-{n}" for n in range(len(events))})
    assert max(sizes) > 490_000
    assert over(sizes) == 0
