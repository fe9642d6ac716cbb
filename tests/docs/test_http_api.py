"""docs/http-api.md names what the code answers and the limits it keeps."""

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


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (limits.MAX_LISTED_REJECTIONS, "first 5,000 refused events"),
        (limits.MAX_LISTED_ID_CHARACTERS, "its first 100 characters"),
        (limits.MAX_LONE_DEAD_LETTERS, "more than 1,000 refused events"),
        (limits.MAX_EVENTS_AT_ONCE, "20,000"),
        (limits.MAX_BODY_BYTES_AT_ONCE, "a body over 1,048,576 bytes"),
        (limits.MAX_CHUNK_BYTES, "62,400 bytes"),
        (limits.MAX_DEAD_LETTER_BYTES, "over 1,000,000 bytes"),
        (limits.DEAD_LETTER_HEAD_BYTES // 1000, "first 200 kB"),
        (limits.MAX_NESTING, "more than 6,000\n  levels"),
        (limits.MAX_SHARED_BYTES // 1_000_000, "64 MB"),
        (limits.MAX_INFLATED_BYTES // 1024**2, "A body: 6 MB"),
        (limits.MAX_KEYLESS_BYTES, "2,097,152 bytes"),
        (limits.MAX_KEYLESS_GZIP_BYTES, "131,072 packed"),
        (limits.MAX_KEYLESS_INFLATED_BYTES, "524,288 unpacked"),
        (limits.MAX_GZIP_MEMBERS, "at most 1,000 members"),
        (SENDING_S, "within 6.5 s"),
    ],
)
def test_every_limit_is_the_code_s(value: float, words: str) -> None:
    assert f"{value:,}" in words
    assert words in TEXT
