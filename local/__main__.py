"""`python -m local COMMAND`."""

import sys

# Whoever changes their mind while it imports what takes long is shown no trace.
try:
    from local.places import ROOT

    # The package's own rules say which samples there are.
    sys.path.insert(0, str(ROOT / "layers" / "relay"))

    from local.cli import app
except KeyboardInterrupt:
    sys.exit(130)

app(prog_name="python -m local")
