"""The smallest pieces of rules: one action on one path."""

from typing import NamedTuple

from dreamdata_relay.privacy.model import Action
from dreamdata_relay.privacy.paths import WILD, Path


class Unit(NamedTuple):
    """An action on one path, of the rule called ``rule``."""

    rule: str
    action: Action
    path: tuple[str, ...]

    @property
    def named(self) -> tuple[str, ...]:
        """The members down to the one whose value is changed, looked through or added to."""
        names = self.path[:-1] if self.action.do == "set" else self.path
        return names[: next((number for number, step in enumerate(names) if step in WILD), len(names))]

    @property
    def looked(self) -> Path:
        """The path of what has to be there for the action to do something."""
        return self.path[:-1] if self.action.do == "set" else self.path

    def last_name(self, levels: int = 0) -> str | None:
        """Return the last name on that path below the first ``levels``, without which the action does nothing."""
        return next((step for step in reversed(self.looked[levels:]) if step not in WILD), None)

    def below(self, levels: int) -> "Unit":
        """Return the same, seen from a member on the path."""
        return self._replace(path=self.path[levels:])
