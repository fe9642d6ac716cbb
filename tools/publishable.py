"""The built template with the addresses that a publisher in the Serverless Application Repository has to name.

``python -m tools.publishable SOURCE_CODE_URL HOME_PAGE_URL`` writes them into what ``sam build`` has left.
"""

import re
import sys
from pathlib import Path

BUILT = Path(__file__).resolve().parent.parent / ".aws-sam" / "build" / "template.yaml"
_VERSION = re.compile(r"^( +)SemanticVersion: .*$", re.MULTILINE)
_ADDRESS = re.compile(r"https://[^\s'\"{}]+")


def with_addresses(template: str, source_code: str, home_page: str) -> str:
    """``template`` (text) with both in its application's metadata; raises ValueError for what is no https address."""
    for address in (source_code, home_page):
        if not _ADDRESS.fullmatch(address):
            raise ValueError(f"{address!r} is no https address")
    found = _VERSION.search(template)
    if found is None:
        raise ValueError("the template has no SemanticVersion")
    lines = "".join(f"\n{found[1]}{name}: {url}" for name, url in _named(source_code, home_page))
    return template[: found.end()] + lines + template[found.end() :]


def _named(source_code: str, home_page: str) -> tuple[tuple[str, str], ...]:
    return ("SourceCodeUrl", source_code), ("HomePageUrl", home_page)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tools.publishable SOURCE_CODE_URL HOME_PAGE_URL")
    BUILT.write_text(with_addresses(BUILT.read_text(), *sys.argv[1:]))
