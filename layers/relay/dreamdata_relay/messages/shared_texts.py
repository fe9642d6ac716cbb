"""What the events of a message share, masked once for all letters that it was merged into.

A context of a hundred kilobytes that is full of ``writeKey`` stands in hundreds of events. In each letter a name stands
for it while keys are looked for in the rest.
"""

import re
from collections.abc import Sequence

from dreamdata_relay.events.json_editing import split_object
from dreamdata_relay.messages.masking import masked

# Less is masked where it stands.
_LEAST_BYTES = 200
# A quote before a letter opens a string, or the text is no JSON: what holds one stands nowhere within a string.
_OPENING_QUOTE = rb'(?<!\\)"[A-Za-z]'


class LetterMasks:
    """Masks the letters of one invocation."""

    def __init__(self) -> None:
        self._forms: dict[tuple[bytes, tuple[str, ...]], list[tuple[str, str]]] = {}

    def masked(self, body: str, shared: Sequence[bytes | None], keys: Sequence[str]) -> str:
        """``body``, which is JSON, as :func:`masked` leaves it; ``shared``: objects merged into its events, if any."""
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

        # No sender can write into a text what is made of all of it.
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
        """How the object ``text`` stands in events, each with what it is masked: whole, and after their own members."""
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
    # Where a key stands in escapes of escapes all of a text may be masked: then these are no members any more.
    return [*forms, (joined[1:], inner[1:])] if inner[:1] == "{" else forms
