"""Judges of compiled rules, with keys that can be taken away, and messages of every sender."""

from msgspec.structs import replace

from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.errors import SecretUnavailable
from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.privacy.rules import rules_of
from dreamdata_relay.secrets.remembered import RememberedSecret
from tests.fakes.clock import FakeClock
from tests.fakes.relay import message
from tests.privacy.compiled import action, path, rule, secret, text_of

CANARY = "canary-5f0c"
VERSION = "0123456789abcdef"
NO_IP = rule(action("drop", path("context", "ip")), name="no-ip")
NO_ORDERS = rule(action("drop_event"), name="no-orders", types=["track"], events=["Order *"])
PSEUDONYMS = rule(action("pseudonymise", path("userId")), name="pseudonyms")


class Keeper:
    """Where the keys are; ``away`` while they are not."""

    def __init__(self) -> None:
        self.away = False
        self.text = secret()

    def fetch(self) -> str:
        if self.away:
            raise SecretUnavailable("secret_unavailable")
        return self.text


def judge_of(*rules: dict[str, object], keeper: Keeper | None = None, version: str = VERSION) -> Judge:
    """The judge of ``rules``."""
    made = rules_of(text_of(*rules, version=version))
    assert made
    return Judge(made, Keys(RememberedSecret(keeper or Keeper(), FakeClock())))


def own_message(body: object, rules: str | None = VERSION, message_id: str = "m1") -> QueuedMessage:
    """A message of the relay's own, as AWS attests, that has been through ``rules``."""
    attributes = {"source": "http:shop", "rules": rules or ""}
    return replace(message(body, message_id), attributes=attributes, attested=True)
