"""A deterministic simulation of the whole pipeline: one virtual clock, one seed, the functions' real code."""

import sys
from pathlib import Path

# As pytest has it, so that python -m tests.simulation runs by itself.
_ROOT = Path(__file__).parents[2]
for _folder in ("layers/relay", "functions/ingest", "functions/deliver"):
    if str(_ROOT / _folder) not in sys.path:
        sys.path.append(str(_ROOT / _folder))
