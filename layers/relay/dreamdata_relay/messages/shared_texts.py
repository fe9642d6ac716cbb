"""Masks what the events of a message share once for all dead letters that it was merged into.

A context of 100 kB full of ``writeKey`` may be part of hundreds of events. In each dead letter a placeholder replaces
it while the rest is searched for keys.
"""

import re
from collections.abc import Sequence

from dreamdata_relay.events.json_editing import split_object
from dreamdata_relay.messages.masking import masked

# A shorter text is masked in each dead letter.
_LEAST_BYTES = 200
# A quote that nothing follows which may follow a string opens one, so a text of JSON that holds such a quote cannot be
# part of a string. An object without one is masked in each dead letter.
_OPENING_QUOTE = rb'(?<!\\)"[ \t\r\n]*+[^ \t\r\n,:}\]]'


class LetterMasks:
    """Masks the dead letters of one invocation."""

    def __init__(self) -> None:
        self._forms: dict[tuple[bytes, tuple[str, ...]], list[tuple[str, str]]] = {}

    def masked(self, body: str, shared: Sequence[bytes | None], keys: Sequence[str]) -> str:
        """Mask ``body``, which is JSON, as :func:`masked` does; ``shared``: objects merged into its events, if any."""
        found = [
            form
            for text in shared
            if text and len(text) >= _LEAST_BYTES
            for form in self._forms_of(text, tuple(keys))
            if form[0] in body
        ]
        if not found:
            return masked(body, keys)
        import hashlib

        # No sender can forge the placeholder, because it is derived from the whole text.
        name = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
        stand_ins = []
        for number, (form, instead) in enumerate(found):
            whole = form[0] == "{"
            stand_in = f'"{name}{number}"' if whole else f'"{name}{number}":0}}'
            body = body.replace(form, stand_in)
            stand_ins.append((stand_in, instead))
        body = masked(body, keys)
        for stand_in, instead in stand_ins:
            body = body.replace(stand_in, instead)
        return body

    def _forms_of(self, text: bytes, keys: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return the forms that the object ``text`` has in events, whole or after own members, and their masks."""
        if (text, keys) not in self._forms:
            self._forms[text, keys] = _masked_forms(text, keys)
        return self._forms[text, keys]


def _masked_forms(text: bytes, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    if text[:1] != b"{" or not re.search(_OPENING_QUOTE, text):
        return []
    whole = text.decode("utf-8", "replace")
    members = b",".join(text[member.start : member.value_end] for member in split_object(text))
    joined = "{" + members.decode("utf-8", "replace") + "}"
    forms = [(whole, masked(whole, keys))]
    inner = forms[0][1] if joined == whole else masked(joined, keys)
    # A key in escapes of escapes may cause the whole text to be masked; then these are not members any more.
    return [*forms, (joined[1:], inner[1:])] if inner[:1] == "{" else forms
