"""The errors of the relay and the reasons it refuses data with.

RelayError
    Base of all below; never raised itself.
RequestError
    Raised when a request as a whole gets another answer than 200; carries ``status``, ``code`` and ``message``.
EventRefused
    Raised inside the readers when one event or message breaks a rule; carries ``code`` and ``detail``.
NotJson
    Raised when a text is not JSON.
SecretUnavailable
    Raised when Secrets Manager gave no usable secret and none is remembered; carries ``reason``.
ListUnavailable
    Raised when the suppression list cannot be read or used; carries ``reason``.
RulesUnusable
    Raised when the compiled privacy rules cannot be read.
RulesUnavailable
    Raised when the privacy rules cannot be applied now, because their keys are missing; carries ``reason``.
PlanUnusable
    Raised when the compiled tracking plan cannot be read.

No error's text holds a part of an event, of a key or of a secret: it may be logged as it is.
"""

from enum import StrEnum


class Refusal(StrEnum):
    """Why something was dead-lettered that broke no rule of an event: the ``error_code`` of a dead letter.

    Those of the rules are in ``events/rules.py``.
    """

    MESSAGE_EMPTY = "message_empty"
    MESSAGE_NOT_JSON = "message_not_json"
    MESSAGE_NOT_EVENT = "message_not_event"
    MESSAGE_TOO_LARGE = "message_too_large"
    WRAPPED_TOO_DEEP = "wrapped_too_deep"
    REFUSED_BY_DREAMDATA = "refused_by_dreamdata"
    OUT_OF_TRIES = "out_of_tries"


class RelayError(Exception):
    """Base of the relay's own errors."""


class RequestError(RelayError):
    """Raised when a request is answered with another status than 200.

    ``status`` is the HTTP status, ``code`` a word for programs, ``message`` a sentence for people.
    """

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class EventRefused(RelayError):
    """Raised when one event or message is refused; ``code`` says why, ``detail`` how, without its content."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class NotJson(RelayError):
    """Raised when a text is not JSON."""


class SecretUnavailable(RelayError):
    """Raised when no usable secret is available.

    ``reason`` is a word for logs and metrics: ``secret_unavailable`` (Secrets Manager does not answer),
    ``secret_withdrawn`` (it refuses to return the secret), ``secret_malformed`` or ``secret_placeholder``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ListUnavailable(RelayError):
    """Raised when nobody can tell who is suppressed; ``reason`` is a word for logs.

    ``list_unavailable`` (S3 does not answer, or not in full), ``list_withdrawn`` (S3 denies the list),
    ``list_deleted``, ``list_malformed``, ``list_of_another_format``, ``list_of_another_key``, or a reason of
    :class:`RulesUnavailable` for the key of the list.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RulesUnusable(RelayError):
    """Raised when the compiled privacy rules cannot be read: they are damaged or of another release."""


class RulesUnavailable(RelayError):
    """Raised when the privacy rules cannot be applied now, because the keys they need are missing.

    ``reason`` is one of :class:`SecretUnavailable`, or ``keys_missing`` if none are configured.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PlanUnusable(RelayError):
    """Raised when the compiled tracking plan cannot be read: it is damaged or of another release."""


def place_of(error: BaseException) -> str:
    """Return the module and line where ``error`` was raised, for a log line; it holds no data of the event."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "unknown"
    return f"{traceback.tb_frame.f_globals.get('__name__')}:{traceback.tb_lineno}"
