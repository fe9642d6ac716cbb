"""docs/http-api.md names what the code answers and the limits it keeps."""

import re
from pathlib import Path

import pytest
import yaml

from dreamdata_relay import limits
from dreamdata_relay.ingest.service import SENDING_S

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXT = (DOCS / "http-api.md").read_text(encoding="utf-8")
DESCRIPTION = yaml.safe_load((DOCS / "openapi.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", DESCRIPTION["components"]["schemas"]["Rejection"]["properties"]["code"]["enum"])
def test_every_code_of_a_rejected_event_is_explained(code: str) -> None:
    assert f"| `{code}` |" in TEXT


@pytest.mark.parametrize("status", DESCRIPTION["paths"]["/v1/batch"]["post"]["responses"])
def test_every_status_is_in_the_table(status: str) -> None:
    assert any(status in line for line in TEXT.splitlines() if line.startswith("| "))


# Each limit that the page must name, in the unit that it is named in.
LIMITS = {
    "events listed": limits.MAX_LISTED_REJECTIONS,
    "characters of an id": limits.MAX_LISTED_ID_CHARACTERS,
    "refused events of their own": limits.MAX_LONE_DEAD_LETTERS,
    "events at once": limits.MAX_EVENTS_AT_ONCE,
    "bytes at once": limits.MAX_BODY_BYTES_AT_ONCE,
    "bytes of a shared dead letter": limits.MAX_CHUNK_BYTES,
    "bytes of a dead letter": limits.MAX_DEAD_LETTER_BYTES,
    "kB of a stub": limits.DEAD_LETTER_HEAD_BYTES // 1000,
    "levels": limits.MAX_NESTING,
    "MB merged": limits.MAX_SHARED_BYTES // 1_000_000,
    "MB unpacked": limits.MAX_INFLATED_BYTES // 1024**2,
    "bytes without a header": limits.MAX_KEYLESS_BYTES,
    "gzip bytes without a header": limits.MAX_KEYLESS_GZIP_BYTES,
    "unpacked bytes without a header": limits.MAX_KEYLESS_INFLATED_BYTES,
    "kB repaired without a header": limits.MAX_KEYLESS_REPAIRED_BYTES // 1024,
    "gzip members": limits.MAX_GZIP_MEMBERS,
    "seconds": SENDING_S,
}


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_is_on_the_page(name: str) -> None:
    """Whatever the words around it."""
    assert re.search(rf"(?<![\d.,]){re.escape(f'{LIMITS[name]:,}')}(?![\d]|[.,]\d)", TEXT)
