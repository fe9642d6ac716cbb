"""The simulation can fail: each deliberate fault in the relay's code is found within a few seeds."""

import pytest

from tests.simulation.mutations import MUTATIONS, Mutation, MutationError
from tests.simulation.run import run

_SEEDS = 120


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_the_simulation_finds(mutation: Mutation) -> None:
    with mutation.applied():
        found = any(run(seed, mutation.focus).violations for seed in range(_SEEDS))

    assert found, f"{_SEEDS} seeds did not notice that {mutation.name}"


def test_a_mutation_that_no_longer_fits_is_told_of() -> None:
    with (
        pytest.raises(MutationError, match="stands 0 times"),
        Mutation("nothing", "deliver.dispatch", "no such text", "").applied(),
    ):
        pass


def test_a_mutation_is_undone() -> None:
    mutation = MUTATIONS[1]
    with mutation.applied():
        found = next(seed for seed in range(_SEEDS) if run(seed, mutation.focus).violations)

    assert not run(found, mutation.focus).violations
