"""What is told of secrets and keys: counts, and log lines that name a key and never show one."""

from dreamdata_relay.metrics import SECRET_UNREADABLE, Telemetry
from dreamdata_relay.secrets.keys import MIN_KEY_CHARACTERS


def secret_failed(telemetry: Telemetry, reason: str) -> None:
    """Secrets Manager did not give a secret."""
    telemetry.add(SECRET_UNREADABLE)
    telemetry.log("error", "the secret cannot be read", reason=reason)


def key_refused(telemetry: Telemetry, name: str) -> None:
    """The relay key called ``name`` is too short to be one."""
    message = f"a relay key is not accepted: it has fewer than {MIN_KEY_CHARACTERS} characters"
    telemetry.log("error", message, key=name)
