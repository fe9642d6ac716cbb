"""Both handlers fed with anything: what they promise must hold for every input."""

import sys
from pathlib import Path

# As pytest has it, so that python -m tests.fuzz runs by itself.
_ROOT = Path(__file__).parents[2]
for _folder in ("layers/relay", "functions/ingest", "functions/deliver"):
    if str(_ROOT / _folder) not in sys.path:
        sys.path.append(str(_ROOT / _folder))
