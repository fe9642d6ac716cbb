"""Why the simulation does not reach some of the package's code: by reason, the functions with such code."""

from collections.abc import Mapping, Sequence

GAPS: Mapping[str, Sequence[str]] = {}
_REASONS = {name: reason for reason, names in GAPS.items() for name in names}


def reason_for(name: str) -> str | None:
    """Why code of the function ``name`` (``deliver.service._round``) is not reached; None: nobody knows of it."""
    return _REASONS.get(name)
