"""What is seen of the dead-letter queue."""

from local.page.known import Known
from local.page.observations import DeadLook, Letter
from local.page.presence import Presence


class LetterSight:
    """The dead letters by the latest look."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._presence = Presence(known, lambda entry: entry.lying)
        self._keys: dict[str, tuple[str, ...]] = {}

    def look(self, look: DeadLook) -> set[str]:
        """Take a look at all dead letters; returns the keys of the rows that may have changed."""
        changed: set[str] = set()
        newest = self._presence.seen(look.at)
        for letter in look.letters:
            if letter.message not in self._keys:
                changed |= self._letter(letter, newest)
        if newest:
            self._presence.looked_at = look.at
            for message in self._keys.keys() - {letter.message for letter in look.letters}:
                changed |= self._presence.left(message, self._keys.pop(message), look.at)
        return changed

    def _letter(self, letter: Letter, newest: bool) -> set[str]:
        keys = []
        for index, event in enumerate(letter.contents.events):
            entry = self._known.identities.of_letter(event, letter.message, index, letter.contents.sent_at)
            entry.letters[letter.message] = letter
            self._presence.put(entry, event, letter.message, letter.contents, newest)
            keys.append(entry.key)
        if newest:
            self._keys[letter.message] = tuple(keys)
        else:
            self._presence.lay_there(keys)
        return set(keys)
