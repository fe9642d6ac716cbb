"""The samples are whole, told apart by fresh identities, and otherwise sent as they lie in their files."""

import gzip
import json
from pathlib import Path

import pytest

from dreamdata_relay.errors import Refusal
from dreamdata_relay.events.rules import CODES
from local.places import SAMPLES
from local.sent_events import event_texts
from relay_cli.errors import WrongInput
from relay_cli.fresh_samples import fresh
from relay_cli.samples import Item, Message, Request, content_of, ids_in, load_samples

ALL = {sample.name: sample for sample in load_samples()}
# Not to be had by a sample: an empty message has no identity to follow, Dreamdata refuses only by a script, tries end
# after days, and what is refused for its size or depth is nothing to read.
WITHOUT_SAMPLE = {
    Refusal.MESSAGE_EMPTY,
    Refusal.REFUSED_BY_DREAMDATA,
    Refusal.OUT_OF_TRIES,
    Refusal.MESSAGE_TOO_LARGE,
    "event_nested_too_deep",
}


def bodies(items: tuple[Item, ...]) -> list[bytes]:
    return [item.body for item in items if isinstance(item, Request)]


def test_every_file_is_a_samples() -> None:
    """But the golden records: tests read them, nothing sends them."""
    files = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*") if path.is_file()}

    assert {file for file in files if not file.startswith("golden/")} - {"samples.toml"} == {
        sample.file for sample in ALL.values() if not sample.content
    }


def test_every_reason_for_a_refusal_has_a_sample() -> None:
    assert {code for sample in ALL.values() for code in sample.dead} == {*CODES, *Refusal} - WITHOUT_SAMPLE


def test_every_way_in_and_every_event_type_has_a_sample() -> None:
    assert {sample.way_in for sample in ALL.values()} == {
        "http", "apigateway", "sqs", "lambda-sqs", "eventbridge", "sns",
    }  # fmt: skip
    assert {"identify", "track", "page", "screen", "group", "alias"} <= set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_two_copies_of_a_sample_share_no_identity(name: str) -> None:
    first, second = fresh(ALL[name]), fresh(ALL[name])

    assert first.ids
    assert first.ids.isdisjoint(second.ids)
    assert first.ids.isdisjoint(ids_in(content_of(ALL[name]).decode()))


@pytest.mark.parametrize("name", [name for name, sample in ALL.items() if sample.way_in == "http"])
def test_only_the_identities_of_a_file_are_changed(name: str) -> None:
    sample = ALL[name]
    file = content_of(sample).decode()
    [body] = [body.decode() for body in bodies(fresh(sample).items)]
    if sample.fill_bytes:
        body = body.replace("x" * (sample.fill_bytes - len(file) + len("<FILL>")), "<FILL>")

    for text in ids_in(body):
        body = body.replace(text, "")
    for text in ids_in(file):
        file = file.replace(text, "")
    assert body == file


def test_a_large_event_is_made_when_it_is_sent() -> None:
    assert [len(body) for body in bodies(fresh(ALL["event-too-large"]).items)] == [600_000]


def test_a_packed_body_gets_its_identities_inside() -> None:
    copy = fresh(ALL["apigw-v2-gzip"])

    [body] = bodies(copy.items)
    assert ids_in(gzip.decompress(body).decode()) == copy.ids


def test_every_wrapping_is_opened_to_the_events_sent() -> None:
    copy = fresh(ALL["sqs-mixed"])

    texts = [text for item in copy.items for text in event_texts(item)]
    assert len(texts) == ALL["sqs-mixed"].delivered
    assert all(json.loads(text)["messageId"] in copy.ids for text in texts)


def test_an_array_among_messages_keeps_its_texts() -> None:
    assert event_texts(Message('[ {"a" : 1} ,{"b":[ 2 ]}]', {})) == ['{"a" : 1}', '{"b":[ 2 ]}']


@pytest.mark.parametrize(
    ("toml", "about"),
    [
        ("[a\n", "cannot be read"),
        ("[a]\ntitle='t'\nway_in='http'\n", "file"),
        ("[a]\ntitle='t'\nway_in='http'\nfile='x'\ntypo=1\n", "typo"),
        ("[a]\ntitle='t'\nway_in='pigeon'\nfile='x'\n", "pigeon"),
        ("[a]\ntitle='t'\nway_in='http'\nfile='missing.json'\n", "missing.json"),
    ],
)
def test_a_mistake_in_the_list_is_told(tmp_path: Path, toml: str, about: str) -> None:
    (tmp_path / "samples.toml").write_text(toml)

    with pytest.raises(WrongInput, match=about):
        load_samples(tmp_path)
