"""Which mode a violation has: the first setting that matches, else the plan's."""

from collections.abc import Sequence

from dreamdata_relay.plan.model import Setting
from dreamdata_relay.plan.violations import Kind, Mode
from dreamdata_relay.privacy.addresses import pattern_of


class Modes:
    """The modes of a plan."""

    def __init__(self, settings: Sequence[Setting], otherwise: Mode) -> None:
        self._settings = [(setting, pattern_of(setting.events or ())) for setting in settings]
        self._otherwise = otherwise
        self._any_off = otherwise is Mode.OFF or any(setting.mode is Mode.OFF for setting in settings)

    def mode(self, kind: Kind, type_: str, name: str | None, key: str) -> Mode:
        """Return the mode of a violation; ``key`` is the relay key's name, empty where there is none."""
        for setting, is_event in self._settings:
            if (
                (setting.types is None or type_ in setting.types)
                and (setting.events is None or (name is not None and is_event(name)))
                and (setting.keys is None or key in setting.keys)
                and (setting.kinds is None or kind in setting.kinds)
            ):
                return setting.mode
        return self._otherwise

    def all_off(self, type_: str, name: str | None, key: str) -> bool:
        """Whether no violation of the event counts, so that it need not be judged."""
        return self._any_off and all(self.mode(kind, type_, name, key) is Mode.OFF for kind in Kind)
