"""Reports faults of secrets and keys in metrics and log lines, which name a key and never show it."""

from dreamdata_relay.metrics import SECRET_UNREADABLE, Telemetry
from dreamdata_relay.secrets.keys import MIN_KEY_CHARACTERS


def secret_failed(telemetry: Telemetry, reason: str) -> None:
    """Report that Secrets Manager returned no usable secret."""
    telemetry.add(SECRET_UNREADABLE)
    telemetry.log("error", "the secret cannot be read", reason=reason)


def key_refused(telemetry: Telemetry, name: str) -> None:
    """Report that the relay key called ``name`` is too short."""
    message = f"a relay key is not accepted: it has fewer than {MIN_KEY_CHARACTERS} characters"
    telemetry.log("error", message, key=name)
