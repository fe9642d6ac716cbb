"""Makes the judge of a function from its settings; imported only with privacy rules or a suppression list."""

from collections.abc import Callable
from functools import partial
from typing import Any

from dreamdata_relay.adapters.aws import LONGEST_CALL_S
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.cleaning.starting import judge_of
from dreamdata_relay.clock import Clock
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.privacy.suppression_list import ListStore, WhenAway
from dreamdata_relay.settings import RuleSettings


def judge_by(
    settings: RuleSettings,
    compiled: bytes | None,
    secrets_client: Callable[..., Any],
    clock: Clock,
    outage_s: float,
    telemetry: Telemetry,
    *,
    fail: WhenAway,
    longest_s: float = LONGEST_CALL_S,
) -> Judge | None:
    """Return the judge of the rules in the text ``compiled`` and of the suppression list, None if there are neither.

    ``outage_s``: how long the keys stay in use without Secrets Manager. ``fail``: what happens while the list is away;
    ``longest_s`` bounds an attempt to read it.
    """
    secret, stored = None, None
    if settings.privacy_keys_id:
        client = partial(secrets_client, tries=1, region=settings.privacy_keys_region)
        secret = ManagedSecret(client, settings.privacy_keys_id)
    if settings.suppression_url:
        stored = _stored(settings.suppression_url, longest_s)
    return judge_of(compiled, secret, clock, outage_s, telemetry, stored, fail)


def _stored(url: str, longest_s: float) -> ListStore:
    # Without a list it would only add to a cold start.
    from dreamdata_relay.adapters.suppression_list import StoredList

    return StoredList(url, longest_s=longest_s)
