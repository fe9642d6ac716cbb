"""What an update of each parameter does to the stack's resources, as the table in docs/operations.md.

``python -m tools.update_matrix`` writes it there. Which property cannot be changed in place is told by CloudFormation's
own schemas, which cfn-lint ships.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.changes import before_and_after, parameters
from tools.resolved import Resolved

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operations.md"
BEGIN, END = "<!-- updates: begin -->\n", "<!-- updates: end -->\n"
# SAM ends these names with a hash of their content.
_HASHED = re.compile(r"^(\w+Version|RelayLayer|RulesLayer|IngestSettings|DeliverSettings)[0-9a-f]{10}$")
_KINDS = {"AWS::CloudWatch::Alarm": "every alarm"}


class Effects(NamedTuple):
    """Logical ids of the resources that an update changes in place, replaces, adds, and takes out of the stack."""

    changed: Sequence[str]
    replaced: Sequence[str]
    added: Sequence[str]
    removed: Sequence[str]


def effects(name: str) -> Effects:
    """What becomes of the resources when the parameter's default gives way to another value."""
    before, after = before_and_after(name)
    old, new = _resources(before), _resources(after)
    both = [resource for resource in old if resource in new]
    replaced = [resource for resource in both if old[resource][0] != new[resource][0]]
    changed = [resource for resource in both if old[resource] != new[resource] and resource not in replaced]
    return Effects(changed, replaced, [key for key in new if key not in old], [key for key in old if key not in new])


def _resources(stack: Resolved) -> dict[str, tuple[str, object]]:
    """Identity and properties of each resource; a version's name is part of its identity."""
    found = {}
    for name, resource in stack.resources().items():
        hashed = _HASHED.match(name)
        found[hashed[1] if hashed else name] = (stack.identity(name), resource["Properties"])
    return found


def published(name: str) -> list[str]:
    """The functions of which a gradual deployment publishes a version for the parameter."""
    before, after = before_and_after(name, {"GradualDeployment": "true"})
    old, new = (_resources(stack) for stack in (before, after))
    versions = [version for version in new if version.endswith("Version") and version in old]
    return [version.removesuffix("Version") for version in versions if old[version] != new[version]]


def table() -> str:
    """The table in Markdown."""
    lines = [
        "| parameter | changed in place | replaced | added | removed | new version, if gradual |",
        "|---|---|---|---|---|---|",
    ]
    kinds = {key: resource["Type"] for key, resource in before_and_after("LogLevel")[0].resources().items()}
    for name in parameters():
        versions = [] if name == "GradualDeployment" else published(name)
        cells = [_cell(part, kinds) for part in (*effects(name), versions)]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(names: Sequence[str], kinds: dict[str, str]) -> str:
    words = []
    for kind, word in _KINDS.items():
        all_of_them = {name for name, its in kinds.items() if its == kind}
        if all_of_them <= set(names):
            words.append(word)
            names = [name for name in names if name not in all_of_them]
    return ", ".join([*_quoted(names), *words]) or "-"


def _quoted(names: Iterable[str]) -> list[str]:
    return [f"`{name}`" for name in names]


def written(page: str) -> str:
    """``page`` with the table between its marks."""
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:start] + "\n" + table() + "\n" + page[end:]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
