"""What the ingest tables compare does the same work."""

from collections.abc import Sequence

import pytest

from benchmarks.corpus import make_corpus
from benchmarks.ingest import ours
from benchmarks.ingest.agreement import Disagreement, agree
from benchmarks.ingest.invocation import Invocations, requests_of, sqs_sink
from benchmarks.ingest.methods import METHODS, Method
from dreamdata_relay.events.typed_fields import Text

CORPUS = make_corpus(1_500, seed=3)


def test_all_methods_accept_and_refuse_the_same_events() -> None:
    assert agree(CORPUS.bodies) == 0
    assert agree(CORPUS.offsets) == 0
    assert agree(CORPUS.dirty) > 10


def test_a_method_that_lets_a_broken_event_pass_is_found_out() -> None:
    def forgets_refusals(body: bytes) -> tuple[Sequence[Text], list[int]]:
        return ours.read(body)[0], []

    with pytest.raises((Disagreement, ValueError)):
        agree(CORPUS.dirty, [METHODS[0], Method("careless", forgets_refusals)])


def test_a_method_that_changes_an_event_is_found_out() -> None:
    def changes(body: bytes) -> tuple[Sequence[Text], list[int]]:
        events, refused = ours.read(body)
        return [bytes(event).replace(b"EUR", b"USD") for event in events], refused

    with pytest.raises(Disagreement, match="careless reads body"):
        agree(CORPUS.bodies, [METHODS[0], Method("careless", changes)])


def test_an_invocation_takes_every_event_with_and_without_validation_and_refuses_only_with() -> None:
    with sqs_sink() as url:
        for invocations in (Invocations(), Invocations(url)):
            clean, dirty = requests_of(CORPUS.bodies[:20]), requests_of(CORPUS.dirty)
            assert invocations.run(clean) == invocations.run_without_validation(clean)
            assert invocations.run(dirty) == 1_500 - agree(CORPUS.dirty, METHODS[:1])
            assert invocations.run_without_validation(dirty) == 1_500
