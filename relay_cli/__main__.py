"""`python -m relay_cli`, or this file as a script, is `relay`."""

import os
import sys

_INTERRUPTED = 130

# The first milliseconds, before the handler is set that is for all the others.
try:
    # In a checkout the layers' packages do not lie beside this one.
    _ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  # pathlib takes long
    sys.path += [os.path.join(_ROOT, "layers", name) for name in ("relay", "rules")]  # noqa: PTH118  # see above
    # tools/relay starts Python without its site: an interrupt within it could not be caught.
    if sys.flags.no_site:
        sys.path.insert(0, _ROOT)
    from relay_cli.interrupts import end_at_once

    end_at_once()
    if sys.flags.no_site:
        import site

        site.main()
    from relay_cli.main import main  # found by what stands above
except KeyboardInterrupt:
    os.write(2, b"relay: interrupted: nothing was changed\n")
    os._exit(_INTERRUPTED)

main()
