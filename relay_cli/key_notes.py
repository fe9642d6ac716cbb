"""Records since when each relay key is in the secret, beside the keys, where the ingest function ignores it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# No key: the ingest function takes only members that are strings, and `relay keys add` no name with a colon.
NOTES = "relay:notes"
_FINGERPRINT_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Since:
    """The key has been in the secret since ``at`` (UTC), or if not ``exact``, since then at the latest."""

    at: datetime
    exact: bool


def keys_in(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys among the secret's ``members``."""
    return {name: key for name, key in members.items() if name != NOTES or isinstance(key, str)}


def since(members: Mapping[str, Any], name: str, put_at: datetime | None) -> Since | None:
    """Return since when the key ``name`` exists; ``put_at``: when the secret, with this key in it, was last changed."""
    note = _notes(members).get(name)
    if isinstance(note, dict) and note.get("key") == _fingerprint(members[name]):
        for word, exact in (("added", True), ("by", False)):
            if at := _moment(note.get(word)):
                return Since(at, exact)
    # Somebody has put the key, or another text of it, without this command.
    return Since(put_at, False) if put_at else None


def noted(before: Mapping[str, Any], keys: Mapping[str, Any], put_at: datetime | None, now: datetime) -> dict[str, Any]:
    """Return ``keys`` with their notes, to be stored at ``now`` in place of the members ``before``."""
    if isinstance(before.get(NOTES), str):
        return dict(keys)
    known = keys_in(before)
    notes = {}
    for name, key in keys.items():
        found = since(before, name, put_at) if name in known and known[name] == key else Since(now, True)
        if found:
            notes[name] = {"added" if found.exact else "by": found.at.isoformat(), "key": _fingerprint(key)}
    return {**keys, NOTES: notes} if notes else dict(keys)


def _notes(members: Mapping[str, Any]) -> Mapping[str, Any]:
    found = members.get(NOTES)
    return found if isinstance(found, dict) else {}


def _fingerprint(key: object) -> str:
    """Return a digest that ties a note to its key; it is stored beside the key and so reveals nothing."""
    return hashlib.sha256(str(key).encode("utf-8", "surrogatepass")).hexdigest()[:_FINGERPRINT_CHARACTERS]


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
