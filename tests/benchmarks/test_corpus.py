"""The corpus is what the tables say it is."""

import json
import statistics

import pytest

from benchmarks.corpus import MAX_EVENTS_A_BODY, MAX_MESSAGE_BYTES, SEED, Corpus, make_corpus

COUNT = 4_000


@pytest.fixture(scope="module", params=[SEED, 7])
def corpus(request: pytest.FixtureRequest) -> Corpus:
    return make_corpus(COUNT, request.param)


def test_events_have_the_sizes_of_real_ones(corpus: Corpus) -> None:
    sizes = sorted(map(len, corpus.events))

    assert len(sizes) == COUNT
    assert 780 <= statistics.mean(sizes) <= 860
    assert 150 <= sizes[0] <= 250
    assert 8_000 <= sizes[-1] <= 20_000


def test_all_types_occur_and_three_in_a_hundred_lack_an_id_or_a_time(corpus: Corpus) -> None:
    events = [json.loads(text) for text in corpus.events]

    assert {event["type"] for event in events} == {"track", "page", "screen", "identify", "group", "alias"}
    for name in ("messageId", "timestamp"):
        assert 0.02 <= sum(name not in event for event in events) / COUNT <= 0.04


def test_half_of_the_events_hold_text_that_is_not_ascii(corpus: Corpus) -> None:
    others = [text for text in corpus.events if not json.dumps(json.loads(text), ensure_ascii=False).isascii()]

    assert 0.45 <= len(others) / COUNT <= 0.55


def test_bodies_hold_all_events_in_order_at_most_a_hundred_each(corpus: Corpus) -> None:
    for bodies in (corpus.bodies, corpus.messages):
        batches = [json.loads(body)["batch"] for body in bodies]
        assert [event for batch in batches for event in batch] == [json.loads(text) for text in corpus.events]
    assert max(len(json.loads(body)["batch"]) for body in corpus.bodies) <= MAX_EVENTS_A_BODY
    assert max(map(len, corpus.messages)) <= MAX_MESSAGE_BYTES


def test_two_in_a_hundred_of_the_dirty_events_differ_and_a_third_of_the_offset_ones(corpus: Corpus) -> None:
    clean = [event for body in corpus.bodies for event in json.loads(body)["batch"]]
    dirty = [event for body in corpus.dirty for event in json.loads(body)["batch"]]
    offsets = [event for body in corpus.offsets for event in json.loads(body)["batch"]]

    assert 0.01 <= sum(a != b for a, b in zip(clean, dirty, strict=True)) / COUNT <= 0.03
    assert 0.30 <= sum(a != b for a, b in zip(clean, offsets, strict=True)) / COUNT <= 0.34
    assert all(event["timestamp"].endswith(("Z", "000+00:00")) for event in offsets if "timestamp" in event)


def test_a_seed_makes_the_same_corpus_again_and_another_one_another() -> None:
    assert make_corpus(50, 1) == make_corpus(50, 1)
    assert make_corpus(50, 1).events != make_corpus(50, 2).events
