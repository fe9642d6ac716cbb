"""`python -m relay_cli` is `relay`."""

import sys
from pathlib import Path

# In a checkout the layer's package does not lie beside this one.
sys.path.append(str(Path(__file__).resolve().parent.parent / "layers" / "relay"))

from relay_cli.main import main  # found by what stands above

main()
