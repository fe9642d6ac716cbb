"""Each deliberate fault of the simulation still fits the code: told in a second, and not after the whole suite."""

import pytest

from tests.simulation.mutations import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_fits_the_code(mutation: Mutation) -> None:
    with mutation.applied():
        pass
