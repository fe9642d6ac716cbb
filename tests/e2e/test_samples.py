"""Every sample, by its real way in, ends as its file says."""

import pytest

from local.endings import Ending, Watch
from local.stack import Stack
from local.ways_in import senders
from relay_cli.fresh_samples import fresh
from relay_cli.samples import load_samples

SAMPLES = load_samples()


@pytest.fixture(scope="module")
def endings(stack: Stack) -> dict[str, Ending]:
    samples = [fresh(sample) for sample in SAMPLES]
    watch = Watch(stack, samples)
    with senders(stack, samples) as sender:
        for ending in watch.endings:
            watch.send(ending, sender)
        watch.wait(60)
    return {ending.sample.name: ending for ending in watch.endings}


@pytest.mark.parametrize("name", [sample.name for sample in SAMPLES])
def test_a_sample_ends_as_its_file_says(endings: dict[str, Ending], name: str) -> None:
    """Delivered or dead-lettered with the reason, answered as told, and byte for byte where nothing was to complete."""
    assert endings[name].problems() == []


def test_nothing_is_left_on_the_queue(stack: Stack, endings: dict[str, Ending]) -> None:
    assert endings
    assert [message.body for message in stack.queued()] == []


@pytest.mark.parametrize(
    ("name", "source"),
    [("type-unknown", "http:default"), ("queue-plain-text", "queue"), ("queue-wrapped-deep", "sns")],
)
def test_a_dead_letter_tells_where_it_came_from(endings: dict[str, Ending], name: str, source: str) -> None:
    [letter] = endings[name].letters
    assert letter.attributes["source"] == source
    assert letter.attributes["error_detail"]


def test_a_dead_letters_body_is_the_message_itself(endings: dict[str, Ending]) -> None:
    """So that it can be moved back as it is."""
    ending = endings["queue-plain-text"]

    assert [letter.body for letter in ending.letters] == [getattr(ending.fresh.items[0], "body", None)]
