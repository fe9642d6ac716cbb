"""Makes the judge of an environment from the compiled rules, the suppression list, and the secret with their keys."""

from functools import partial

from dreamdata_relay.cleaning.judging import Judge, NoRules
from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import ListUnavailable, RulesUnavailable, place_of
from dreamdata_relay.metrics import RULES_UNAVAILABLE, Telemetry
from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.privacy.rules import Rules, rules_of
from dreamdata_relay.privacy.suppression_list import ListStore, RememberedList, WhenAway
from dreamdata_relay.secrets.key_events import secret_failed
from dreamdata_relay.secrets.remembered import RememberedSecret, SecretSource


def judge_of(
    compiled: bytes | None,
    secret: SecretSource | None,
    clock: Clock,
    outage_s: float,
    telemetry: Telemetry,
    stored: ListStore | None = None,
    fail: WhenAway = "hold",
) -> Judge | None:
    """Return the judge of the rules in the text ``compiled`` and of the suppression list ``stored``.

    None if there are neither. If the rules cannot be read, the judge lets no event pass. ``secret``: where the keys of
    pseudonyms and of the list are, if there are any. ``fail``: what happens while the list is away.
    """
    rules: Rules | None = None
    try:
        rules = rules_of(compiled) if compiled is not None else None
    except Exception as error:  # noqa: BLE001  # whatever it is: without its rules an event must not pass
        place = place_of(error)
        telemetry.log("error", "the privacy rules cannot be read", error=type(error).__name__, place=place)
        return Judge(None)
    if rules is None and stored is None:
        return None
    keys = None
    if secret is not None:
        keys = Keys(RememberedSecret(secret, clock, outage_s, partial(secret_failed, telemetry)))
    if stored is None:
        return Judge(rules, keys)
    listed = RememberedList(stored, clock, partial(_key_of_list, keys), fail, partial(_list_failed, telemetry))
    return Judge(rules or NoRules(), keys, listed)


def _key_of_list(keys: Keys | None) -> bytes:
    try:
        key = keys.ring().suppression if keys else None
    except RulesUnavailable as error:
        raise ListUnavailable(error.reason) from None
    if key is None:
        raise ListUnavailable("keys_missing")
    return key


def _list_failed(telemetry: Telemetry, reason: str) -> None:
    telemetry.add(RULES_UNAVAILABLE)
    telemetry.log("error", "the suppression list cannot be read", reason=reason)
