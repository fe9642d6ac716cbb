"""The dearest batches for the deliver function: those that were dear before, and what a search finds beside them.

Each is one whole invocation in a process of its own, see :mod:`benchmarks.bounds.batch_child`.
"""

import json
import math
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.bounds.batches import Recipe, any_recipe, changed, records_of
from benchmarks.bounds.memory import MAX_EVENT_BYTES
from benchmarks.bounds.searching import dearest, searched
from benchmarks.children import environment, python
from benchmarks.parts import Cell, Check, Part

MOST_CPU_S, MOST_MB = 10.0, 400.0
_LONGEST_S = 300.0
# From so many receives on messages are read in rounds, and a good one may be in a round that has to wait.
_TRUSTED_RECEIVES = 3

# Each took more than a bound allows at some time, or comes nearest to it; kept so that it never does again.
WORST: Mapping[str, Recipe] = {
    "many refused, few a message": Recipe("unknown type", "batch", "an event", 0, "a string", 990, 995, 1, "200", True),
    "tiny refused, no letters": Recipe("empty", "batch", "an event", 0, "a string", 990, 995, 1, "200", False),
    "refused beside a context": Recipe("unknown type", "batch", "emoji", 7_000, "emoji", 990, 200, 1, "200", True),
    "merged, out of tries": Recipe("complete", "batch", "emoji", 7_000, "emoji", 0, 200, 398, "503", True),
    "merged members, all repeats": Recipe("all the same", "batch", "none", 7_000, "members", 0, 200, 1, "200", True),
    "one id for all": Recipe("complete, one id", "batch", "none", 0, "a string", 0, 40, 1, "200", True),
    "numbers as ids, refused": Recipe("number as id", "batch", "refused", 0, "a string", 0, 40, 1, "400 to some", True),
    "numbers as ids, waiting": Recipe("number as id", "batch", "emoji", 0, "a string", 0, 6, 398, "503", True),
    "backslashes": Recipe("backslashes", "no JSON", "none", 0, "a string", 0, 6, 1, "200", False),
}


class Cost(NamedTuple):
    """Of one invocation: CPU seconds, the process's peak in MB, good neighbours delivered (of three), posts.

    ``seconds``: until its end in a function of 512 MB, if a processor there is as fast as this one.
    """

    recipe: Recipe
    cpu: float
    peak: float
    good: int
    posts: int
    seconds: float

    @property
    def of_bounds(self) -> float:
        """The share of a bound that it takes, of the one it comes nearest to."""
        return max(self.cpu / MOST_CPU_S, self.peak / MOST_MB)

    @property
    def owes_good(self) -> bool:
        """Whether every good neighbour had to be delivered: Dreamdata takes all, and none had failed before."""
        return self.recipe.answer == "200" and self.recipe.receives <= _TRUSTED_RECEIVES


def cost(recipe: Recipe) -> Cost:
    """What one such invocation costs; raises :class:`RuntimeError` where it does not end by itself."""
    text = json.dumps(records_of(recipe), ensure_ascii=False).encode()
    if len(text) > MAX_EVENT_BYTES:
        raise RuntimeError(f"larger than Lambda takes: {recipe}")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "event.json"
        file.write_bytes(text)
        command = python("benchmarks.bounds.batch_child", str(file), recipe.answer, str(recipe.letters))
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment(), timeout=_LONGEST_S
        )
    if done.returncode:
        raise RuntimeError(f"{recipe}: {done.stderr.strip()[-400:]}")
    found = json.loads(done.stdout)
    return Cost(recipe, found["cpu"], found["peak"], found["good"], found["posts"], found["seconds"])


def search(seed: int, seconds: float, known: Collection[Recipe] = tuple(WORST.values())) -> list[Cost]:
    """The costs of those ``known``, then for so long of others."""
    end = math.inf

    def goes_on(_costs: int) -> bool:
        nonlocal end
        # The time of those known does not count.
        end = min(end, time.monotonic() + seconds)
        return time.monotonic() < end

    return searched(seed, known, cost, any_recipe, changed, goes_on)


def part_of(costs: Sequence[Cost]) -> Part:
    """The dearest batches as a table, and the bounds."""
    rows: list[Mapping[str, Cell]] = [
        {
            "element": one.recipe.element,
            "in": one.recipe.wrapping,
            "first": one.recipe.spice,
            "context": f"{one.recipe.shared} B, {one.recipe.sharing}" if one.recipe.shared else "none",
            "messages": one.recipe.messages,
            "receives": one.recipe.receives,
            "answer": one.recipe.answer,
            "letters": "taken" if one.recipe.letters else "not taken",
            "CPU, s": one.cpu,
            "of 60 s": one.seconds,
            "peak, MB": one.peak,
        }
        for one in dearest(costs, 12)
    ]
    owed = [one for one in costs if one.owes_good]
    lacking = sum(one.good < 3 for one in owed)
    return Part(
        "batches",
        f"Bounds: batches for the deliver function, the dearest of {len(costs)}, found by a search",
        rows,
        (
            "One whole invocation of the core each, in a process of its own: up to 6 MB of event JSON, three good "
            "messages beside the others. Peak: of the process, with the event and the interpreter. Dreamdata and SQS "
            "answer at once. Of 60 s: until the end, where a function of 512 MB has 0.29 of a processor like this one, "
            "waiting between tries included.",
        ),
        [
            Check("a batch, CPU of the whole invocation", max(one.cpu for one in costs), MOST_CPU_S, "s"),
            Check("a batch, until the end at 0.29 of a processor", max(one.seconds for one in costs), 60, "s"),
            Check("a batch, memory of the process", max(one.peak for one in costs), MOST_MB, "MB"),
            Check("batches in which a good neighbour had to wait", lacking, 0, "batches"),
        ],
    )
