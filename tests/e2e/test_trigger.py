"""Each sample, sent by an operator with nothing but `relay`, ends as its file says and as the command tells."""

import json

import pytest

from local.stack import Stack
from relay_cli.samples import load_samples
from tests.e2e.test_operator import FOLLOWED_S, relay, told

SAMPLES = load_samples()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_sample_that_is_triggered_ends_as_its_file_says(stack: Stack, sample: object) -> None:
    name = getattr(sample, "name", "")
    done = told(stack, "trigger", name, "--seconds", FOLLOWED_S)

    assert done["problems"] == []
    delivered = {event.message_id for event in stack.sandbox.events()}
    assert set(done["message_ids"]) <= delivered


def test_one_that_is_sent_as_it_is_keeps_its_id(stack: Stack) -> None:
    done = relay(stack, "trigger", "track", "--as-is", "--seconds", FOLLOWED_S, "--json")

    assert json.loads(done.stdout)["message_ids"] == ["2c63888f-28f0-4481-be6d-dce7a7ace732"], done.stderr
