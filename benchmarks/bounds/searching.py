"""A search for what is dear: half at random, half made of the dearest found so far."""

import random
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Protocol

# So many of the dearest are changed.
_NEAREST = 8


class Costing(Protocol):
    """What one recipe came to."""

    @property
    def of_bounds(self) -> float:
        """The share of a bound that it takes, of the one it comes nearest to."""
        ...


def searched[Recipe: Hashable, Cost: Costing](
    seed: int,
    known: Collection[Recipe],
    cost: Callable[[Recipe], Cost],
    anything: Callable[[random.Random], Recipe],
    changed: Callable[[Recipe, random.Random], Recipe],
    goes_on: Callable[[int], bool],
) -> list[Cost]:
    """The costs of those ``known`` and of others, as long as it ``goes_on`` with so many costs."""
    chance = random.Random(seed)  # noqa: S311  # the same search for the same seed
    found = {recipe: cost(recipe) for recipe in known}
    while goes_on(len(found)):
        recipe = anything(chance)
        if found and chance.random() < 0.5:
            near = sorted(found, key=lambda one: found[one].of_bounds, reverse=True)[:_NEAREST]
            recipe = changed(chance.choice(near), chance)
        if recipe not in found:
            found[recipe] = cost(recipe)
    return list(found.values())


def dearest[Cost: Costing](costs: Sequence[Cost], most: int) -> list[Cost]:
    """Those that come nearest to a bound."""
    return sorted(costs, key=lambda one: one.of_bounds, reverse=True)[:most]
