"""The docs' tables of the rules of an event, from the table in the code.

``PYTHONPATH=layers/relay python -m tools.rules`` writes them.
"""

import re
from pathlib import Path

from dreamdata_relay.events.rules import CODES, RULES

DOCS = Path(__file__).resolve().parent.parent / "docs"
_ROWS = "".join(f"| `{rule.code}` | {rule.meaning} | {rule.remedy} |\n" for rule in RULES if rule.meaning)
# By page: what stands before the rows, a row as it was, and the rows.
_WRITTEN = {
    "http-api.md": (r"\| code of a rejected event \|.*\n\|(?:---\|)+\n", r"\|.*\n", _ROWS),
    "operations.md": (r"\| `error_code` \|.*\n\|(?:---\|)+\n", r"\| `(?!message_empty).*\n", _ROWS),
    "openapi.yaml": (
        r"    Rejection:\n(?:      .*\n)+?        code:\n          enum:\n",
        r"            - .*\n",
        "".join(f"            - {code}\n" for code in CODES),
    ),
}
PAGES = tuple(_WRITTEN)


def written(page: str) -> str:
    """The text of ``page`` with the rows of today's rules."""
    before, row, rows = _WRITTEN[page]
    text, count = re.subn(f"({before})(?:{row})+", lambda found: found[1] + rows, (DOCS / page).read_text())
    if count != 1:
        raise ValueError(f"{page} has {count} places for the rules")
    return text


def main() -> None:
    """Write the tables."""
    for page in PAGES:
        (DOCS / page).write_text(written(page))


if __name__ == "__main__":
    main()
