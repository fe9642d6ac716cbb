"""Whether an event carries a consent."""

from dreamdata_relay.privacy.finding import Finder
from dreamdata_relay.privacy.model import Consent
from dreamdata_relay.privacy.paths import Paths


class ConsentCheck:
    """Looks for the consent that a rule requires: the category is ``true`` in the object at its path.

    Where a member is doubled, each one has to say so.
    """

    def __init__(self, required: Consent) -> None:
        self.company_level = required.otherwise == "company_level"
        self._allowed_if_missing = required.missing == "allow"
        self._objects = Paths([required.at])
        self._category = Paths([(required.category,)])

    def given(self, text: bytes) -> bool:
        """Whether the event ``text`` carries it."""
        objects = [text[one.value_start : one.end] for one in Finder(text, self._objects.start).found]
        if all(one == b"null" for one in objects):
            return self._allowed_if_missing
        return all(self._consents(one) for one in objects)

    def _consents(self, text: bytes) -> bool:
        if text[:1] != b"{":
            return False
        found = Finder(text, self._category.start).found
        return bool(found) and all(text[one.value_start : one.end] == b"true" for one in found)
