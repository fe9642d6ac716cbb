"""What is seen of the dead-letter queue."""

from local.page.entries import LOST_AFTER_S
from local.page.known import Known
from local.page.observations import DeadLook, Letter


class LetterSight:
    """The dead letters by the latest look."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._keys: dict[str, tuple[str, ...]] = {}
        self._looked_at = 0.0

    def look(self, look: DeadLook) -> set[str]:
        """Take a look at all dead letters; returns the keys of the rows that may have changed."""
        changed: set[str] = set()
        newest = look.at >= self._looked_at
        self._known.notice(look.at)
        for letter in look.letters:
            if letter.message not in self._keys:
                changed |= self._letter(letter, newest)
        if newest:
            self._looked_at = look.at
            for message in self._keys.keys() - {letter.message for letter in look.letters}:
                changed |= self._left(message, look.at)
        return changed

    def _letter(self, letter: Letter, newest: bool) -> set[str]:
        keys = []
        for index, event in enumerate(letter.contents.events):
            entry = self._known.identities.of_letter(event, letter.message, index, letter.contents.sent_at)
            entry.letters[letter.message] = letter
            if newest:
                entry.lying.add(letter.message)
                entry.gone_at = None
            elif entry.gone_at is None:
                entry.left(self._looked_at)
            entry.take_way(letter.contents.way)
            self._known.texts.keep(entry, event)
            keys.append(entry.key)
        if newest:
            self._keys[letter.message] = tuple(keys)
        else:
            self._known.remind(self._looked_at + LOST_AFTER_S, keys)
        return set(keys)

    def _left(self, message: str, at: float) -> set[str]:
        keys = self._keys.pop(message)
        for entry in self._known.of(keys):
            entry.lying.discard(message)
            entry.left(at)
        self._known.remind(at + LOST_AFTER_S, keys)
        return set(keys)
