"""`python -m local COMMAND`."""

import sys

from local.places import ROOT

# The package's own rules say which samples there are.
sys.path.insert(0, str(ROOT / "layers" / "relay"))

from local.cli import app

app(prog_name="python -m local")
