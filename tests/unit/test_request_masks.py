"""What the events of a request share is masked once a request, however many parts it is read in."""

import json
from collections.abc import Sequence

import pytest

from dreamdata_relay.ingest import masks
from dreamdata_relay.messages.masking import masked_each
from tests.fakes.relay import DEAD_LETTERS, IngestBench

SECRET = "a-secret-of-somebody"
CONTEXT = {"writeKey": [SECRET], "a": "x" * 1_000}


def test_what_events_share_is_masked_once_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []

    def counted(some: Sequence[str], keys: Sequence[str]) -> list[str]:
        texts.extend(some)
        return masked_each(some, keys)

    monkeypatch.setattr(masks, "masked_each", counted)
    bench = IngestBench()
    # So many bytes that they are read in several parts.
    events = [{"type": "x", "userId": "u", "n": number, "pad": "p" * 900} for number in range(2_000)]

    answer = bench.post({"context": CONTEXT, "batch": events})

    letters = bench.sqs.bodies(DEAD_LETTERS)
    assert answer.status == 200
    assert sum(len(json.loads(letter).get("batch", [letter])) for letter in letters) == 2_000
    assert not any(SECRET in letter for letter in letters)
    assert sum(SECRET in text for text in texts) == 1
