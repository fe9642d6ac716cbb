"""The forms in which events may carry a person's id: as it is, and as the privacy rules leave it."""

import hashlib
from collections.abc import Iterable

from dreamdata_relay.privacy.keys import KeyRing
from dreamdata_relay.privacy.suppressed_ids import Kind, PersonId, email_id
from relay_cli.errors import WrongInput

KINDS: tuple[Kind, ...] = ("user", "anonymous", "email")


def person(kind: Kind, text: str) -> PersonId:
    """Return the id ``text`` of a person; raises WrongInput if it cannot be one."""
    # Ids count by every character; only around an address spaces are nothing.
    found = email_id(text) if kind == "email" else PersonId(kind, text)
    if not found.text or (kind == "email" and "@" not in found.text.strip("@")):
        raise WrongInput("an email has an @ between two parts" if kind == "email" else "an id is empty")
    return found


def forms_of(people: Iterable[PersonId], ring: KeyRing) -> dict[PersonId, list[PersonId]]:
    """Return every form of each of ``people``: the id, its hash, and its pseudonyms under every key of ``ring``.

    What a rule masks or truncates has no form of its own: others have the same one.
    """
    return {one: list(dict.fromkeys(_of_kind(one.kind, text) for text in _texts(one, ring))) for one in people}


def _texts(one: PersonId, ring: KeyRing) -> Iterable[str]:
    yield one.text
    yield hashlib.sha256(one.text.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()
    local, at, domain = one.text.rpartition("@")
    for key_id in ring.ids:
        yield ring.pseudonym(one.text, key_id)
        if at:
            yield f"{ring.pseudonym(local.strip().lower(), key_id)}@{domain}"


def _of_kind(kind: Kind, text: str) -> PersonId:
    return email_id(text) if kind == "email" else PersonId(kind, text)
