"""The suppression list in S3, changed without undoing another's change, and without keeping any id."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.errors import ListUnavailable, RulesUnavailable
from dreamdata_relay.limits import MAX_LIST_AGE_S
from dreamdata_relay.privacy.keys import KeyRing, ring_of
from dreamdata_relay.privacy.suppressed_ids import PersonId
from dreamdata_relay.privacy.suppression import SuppressionList, decode, empty, encode, entries_with
from relay_cli.errors import AwsFailed, NotAsWished
from relay_cli.stack import RelayStack
from relay_cli.suppression_forms import forms_of

_TRIES = 5
# S3's answers to a write whose condition does not hold, or that meets another write.
_CHANGED_MEANWHILE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
_BY = "changed-by"
_OUTPUT = "SuppressionListUri"


class Version(NamedTuple):
    """What S3 tells of the list: ``etag`` None if there is none yet; ``by``: the ARN of who changed it last."""

    etag: str | None = None
    version_id: str | None = None
    changed_at: datetime | None = None
    by: str | None = None


class Change(NamedTuple):
    """``changed`` of the people named were not on the list before (or were), ``unchanged`` were; then ``entries``."""

    changed: int
    unchanged: int
    entries: int
    holds_from: datetime


class SuppressedPeople:
    """The list of a stack; raises NotAsWished if it has none."""

    def __init__(self, stack: RelayStack) -> None:
        uri = stack.outputs.get(_OUTPUT)
        if not uri:
            raise NotAsWished(f"the stack {stack.name} has no suppression list: deploy it with Suppression=hold")
        self._bucket, _, self._key = uri.removeprefix("s3://").partition("/")
        self._stack = stack
        self._s3: Any = stack.client("s3")

    def add(self, people: Collection[PersonId]) -> Change:
        """Put every form of each of ``people`` on the list."""
        return self._change(people, lambda entries, more: entries | more, lambda entries, own: not own <= entries)

    def remove(self, people: Collection[PersonId]) -> Change:
        """Take every form of each of ``people`` off the list."""
        return self._change(people, lambda entries, more: entries - more, lambda entries, own: bool(own & entries))

    def look(self) -> tuple[int, Version]:
        """The number of entries, and what S3 tells of the list."""
        found, version = self._read(self._ring()[1])
        return found.count, version

    def _change(
        self,
        people: Collection[PersonId],
        make: Callable[[set[bytes], set[bytes]], set[bytes]],
        changes: Callable[[set[bytes], set[bytes]], bool],
    ) -> Change:
        """Read, change, write: S3 takes the new list only if the one that was read is still the one there."""
        ring, key = self._ring()
        entry_of = entries_with(key)
        own = [set(map(entry_of, forms)) for forms in forms_of(people, ring).values()]
        for _ in range(_TRIES):
            found, version = self._read(key)
            entries = found.entries()
            changed = sum(changes(entries, one) for one in own)
            if changed:
                entries = make(entries, set[bytes]().union(*own))
                if not self._write(entries, key, version.etag):
                    continue
            holds_from = self._stack.now() + timedelta(seconds=MAX_LIST_AGE_S)
            return Change(changed, len(own) - changed, len(entries), holds_from)
        raise AwsFailed("somebody else changes the list all the time; nothing was changed, try again")

    def _ring(self) -> tuple[KeyRing, bytes]:
        secret_id = self._stack.output("PrivacyKeysSecretArn")
        parts = secret_id.split(":")
        client = self._stack.secrets
        if len(parts) > 6 and not self._stack.is_local:
            client = self._stack.session.client("secretsmanager", region_name=parts[3])
        try:
            ring = ring_of(client.get_secret_value(SecretId=secret_id).get("SecretString") or "")
        except RulesUnavailable:
            ring = None
        if ring is None or ring.suppression is None:
            raise NotAsWished("the secret of the privacy keys holds no key for the list: see docs/suppression.md")
        return ring, ring.suppression

    def _read(self, key: bytes) -> tuple[SuppressionList, Version]:
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            if headers.get("x-amz-delete-marker") == "true":
                raise NotAsWished(
                    "the list was deleted: everybody who was on it would be forgotten; remove the delete marker of"
                    f" {self._key} in the bucket {self._bucket}, then try again"
                ) from None
            return empty(key), Version()
        changed_at = answer.get("LastModified")
        version = Version(
            answer["ETag"],
            answer.get("VersionId"),
            changed_at.astimezone(UTC) if isinstance(changed_at, datetime) else None,
            answer.get("Metadata", {}).get(_BY),
        )
        try:
            return decode(answer["Body"].read(), key), version
        except ListUnavailable as error:
            raise NotAsWished(f"the list cannot be used: {error.reason}; see docs/suppression.md") from None

    def _write(self, entries: set[bytes], key: bytes, etag: str | None) -> bool:
        """Whether S3 took the list; False if another was written meanwhile."""
        try:
            body = encode(entries, key)
        except ValueError as error:
            raise NotAsWished(f"{error}; nothing was changed") from None
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        by = self._caller()
        told = {"Metadata": {_BY: by}} if by else {}
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=body,
                ContentType="application/octet-stream",
                **condition,
                **told,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _CHANGED_MEANWHILE:
                raise
            return False
        return True

    def _caller(self) -> str | None:
        """The ARN of whoever runs this; None where STS does not tell: a change must not fail for it."""
        try:
            sts: Any = self._stack.client("sts")
            arn = str(sts.get_caller_identity()["Arn"])
        except (ClientError, BotoCoreError):
            return None
        # Of an object's metadata S3 keeps ASCII as it is.
        return arn if arn.isascii() else None
