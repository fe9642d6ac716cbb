"""The templates in docs/recipes.md, by their headings."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"


def recipes() -> dict[str, str]:
    """Heading to template text; a section without exactly one template is a mistake of the page."""
    _, *sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    found = {}
    for section in sections:
        (template,) = re.findall(r"^```yaml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
        found[section.partition("\n")[0]] = template
    return found
