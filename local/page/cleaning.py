"""What the privacy rules of the stack leave of an event: nothing else of it is kept or shown.

The page reads requests as they came and messages as they lie on the queue. Where rules are in force it judges each
event by the functions' own engine before it keeps it. Of what a rule took away it keeps place, rule and action.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import SecretUnavailable
from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.privacy.rules import Rules, rules_of
from dreamdata_relay.secrets.remembered import RememberedSecret, SecretSource
from local.places import StateDir
from local.stack import Stack

if TYPE_CHECKING:
    from relay_cli.rules.trying import Trial

type Kind = Literal["added", "changed", "removed"]


class RuleChange(Struct, frozen=True):
    """A member that a rule changed; ``left`` is its value since then as JSON text, None where there is none."""

    path: str
    kind: Kind
    left: str | None
    rule: str
    action: str


class Cleaned(NamedTuple):
    """What is left of an event: nothing where ``dropped`` names the rule that dropped it, or where it is not known."""

    text: bytes
    dropped: str = ""
    changes: tuple[RuleChange, ...] = ()


class Cleaner:
    """Judges by the ``compiled`` rules, which are not none, with the keys in ``secret``."""

    def __init__(self, compiled: bytes, secret: SecretSource, clock: Clock) -> None:
        self._compiled = compiled
        self._keys = Keys(RememberedSecret(secret, clock))
        self._rules: Rules | None = rules_of(compiled)
        self._trials: dict[str, Trial] = {}

    @property
    def version(self) -> str:
        """The rules', as messages of the relay's functions name it."""
        return self._rules.version if self._rules else ""

    def cleaned(self, event: bytes, sources: Sequence[str]) -> Cleaned:
        """What the rules leave of ``event``, which came from ``sources``; nothing where they cannot tell."""
        if self._rules is None or event[:1] != b"{":
            # A value of another kind has no members, and a rule is about members.
            return Cleaned(event)
        text, changes = event, list[RuleChange]()
        try:
            for source in sources:
                judged = self._rules.judged(text, source, self._keys)
                if judged.text is None:
                    return Cleaned(b"", judged.rule or "unnamed")
                if judged.changed:
                    changes += self._changes(text, source)
                text = judged.text
        except Exception:  # noqa: BLE001  # whatever it is: what has not been cleaned is not kept
            return Cleaned(b"")
        return Cleaned(text, "", tuple(changes))

    def _changes(self, event: bytes, source: str) -> list[RuleChange]:
        if source not in self._trials:
            # It takes the rules' compiler, which hardly any stack needs.
            from relay_cli.rules.trying import Trial

            self._trials[source] = Trial(self._compiled, source, self._keys)
        found = self._trials[source].of(event).changes
        return [
            RuleChange(
                path=change.difference.path,
                kind=_kind(change.difference.before, change.difference.after),
                left=change.difference.after,
                rule=change.rule,
                action=change.action,
            )
            for change in found
        ]


def _kind(before: str | None, after: str | None) -> Kind:
    return "added" if before is None else "removed" if after is None else "changed"


class _StackSecret:
    """The secret with the pseudonyms' keys, where the stack has one."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def fetch(self) -> str:
        """See :class:`dreamdata_relay.secrets.remembered.SecretSource`."""
        try:
            name = self._stack.outputs["PrivacyKeysSecretArn"]
            return str(self._stack.aws.secrets.get_secret_value(SecretId=name)["SecretString"])
        except (KeyError, BotoCoreError, ClientError) as error:
            raise SecretUnavailable("secret_unavailable") from error


def stack_cleaner(stack: Stack) -> Cleaner | None:
    """The cleaner by the rules that the functions of `stack` run; None where it has none."""
    file = StateDir(Path(stack.state_dir)).rules_file
    compiled = file.read_bytes() if file.is_file() else b""
    return Cleaner(compiled, _StackSecret(stack), SystemClock()) if compiled and rules_of(compiled) else None
