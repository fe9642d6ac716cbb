"""Makes the judge of an environment from the compiled rules and the secret with their keys."""

from functools import partial

from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.clock import Clock
from dreamdata_relay.errors import place_of
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.privacy.rules import rules_of
from dreamdata_relay.secrets.key_events import secret_failed
from dreamdata_relay.secrets.remembered import RememberedSecret, SecretSource


def judge_of(
    compiled: bytes, secret: SecretSource | None, clock: Clock, outage_s: float, telemetry: Telemetry
) -> Judge | None:
    """Return the judge of the rules in the text ``compiled``, None if it has none.

    If it cannot be read, the judge lets no event pass. ``secret``: where the keys of pseudonyms are, if there are any.
    """
    try:
        rules = rules_of(compiled)
    except Exception as error:  # noqa: BLE001  # whatever it is: without its rules an event must not pass
        place = place_of(error)
        telemetry.log("error", "the privacy rules cannot be read", error=type(error).__name__, place=place)
        return Judge(None)
    if rules is None:
        return None
    if secret is None:
        return Judge(rules)
    return Judge(rules, Keys(RememberedSecret(secret, clock, outage_s, partial(secret_failed, telemetry))))
