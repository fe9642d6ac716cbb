"""How many examples a property is tried with: the number it names, or a part of it in `make test-fast`."""

import os

_FEWER = bool(os.environ.get("FEWER_EXAMPLES"))
# Few enough for a developer's loop; what is rarer, `make test` finds.
_PART, _LEAST = 20, 20


def examples(whole: int) -> int:
    """``whole``, or with FEWER_EXAMPLES set a twentieth of it, 20 at least."""
    return min(whole, max(_LEAST, whole // _PART)) if _FEWER else whole
