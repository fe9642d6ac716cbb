"""One object in S3 in memory with versions and conditional writes, so that two people can change it at once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from tests.fakes.aws import client_error

CHANGED_AT = datetime(2026, 11, 28, 18, 0, tzinfo=UTC)


@dataclass
class VersionedObject:
    """``versions`` of the object, None: a delete marker. ``meanwhile`` happens after each read.

    ``refuses``: the code of S3's error to the next writes.
    """

    versions: list[bytes | None] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None
    refuses: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def current(self) -> bytes | None:
        """The object as it is now."""
        return self.versions[-1] if self.versions else None

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        """As S3."""
        assert (Bucket, Key) == ("bucket", "suppression-list")
        found = self.current
        if found is None:
            error = client_error("NoSuchKey", "GetObject")
            headers = {"x-amz-delete-marker": "true"} if self.versions else {}
            error.response["ResponseMetadata"] = {"HTTPHeaders": headers}  # type: ignore[typeddict-item]  # the rest is not read
            raise error
        answer = {
            "Body": BytesIO(found), "ETag": _etag(found), "VersionId": f"v{len(self.versions)}",
            "LastModified": CHANGED_AT, "Metadata": self.metadata,
        }  # fmt: skip
        self.meanwhile()
        return answer

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **asked: Any) -> dict[str, Any]:
        """As S3: If-Match wants this very object, If-None-Match none."""
        assert (Bucket, Key) == ("bucket", "suppression-list")
        assert ("IfMatch" in asked) != ("IfNoneMatch" in asked)
        self.asked.append(asked)
        found = self.current
        if self.refuses:
            raise client_error(self.refuses.pop(0), "PutObject")
        if "IfMatch" in asked and found is None:
            raise client_error("NoSuchKey", "PutObject")
        if asked.get("IfMatch") != (None if found is None else _etag(found)):
            raise client_error("PreconditionFailed", "PutObject")
        self.versions.append(Body)
        self.metadata = asked.get("Metadata", {})
        return {"ETag": _etag(Body)}


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
