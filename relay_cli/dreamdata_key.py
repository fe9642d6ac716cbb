"""The Dreamdata API key: stored by its owner, inspected without being shown, tested only on request."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dreamdata_relay.errors import SecretUnavailable
from dreamdata_relay.secrets.keys import DreamdataKey
from dreamdata_relay.secrets.remembered import RememberedSecret
from relay_cli.errors import AwsFailed, NotAsWished, WrongInput
from relay_cli.to_type import to_type

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

USER_AGENT = "dreamdata-relay-operator"
_CONNECT_S, _READ_S = 5.0, 20.0
DELETED = "secret_deleted"
STATES = {
    "present": "a key is there",
    "secret_placeholder": "nobody has put a key yet",
    "secret_malformed": 'neither a key nor {"api_key": "<key>"}',
    DELETED: "its secret is deleted, or about to be: aws secretsmanager restore-secret, or deploy anew",
}
_TO_BE_PUT = ("secret_placeholder", "secret_malformed")
# A secret and its first version are made together; nobody can have put a key and taken it away within this time.
_AT_ONCE = timedelta(seconds=5)
_ALWAYS = datetime.min.replace(tzinfo=UTC)
# Answers of Secrets Manager about a secret that nobody can read any more.
_GONE = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


def in_words(state: str) -> str:
    """Return one of STATES in words, with what to type where a key is to be put."""
    told = STATES.get(state, state)
    return f"{told}: {to_type('key set')}" if state in _TO_BE_PUT else told


class _Text:
    """A secret's text that is already known, in the form that the core fetches."""

    def __init__(self, text: str) -> None:
        self._text = text

    def fetch(self) -> str:
        return self._text


class _StandingClock:
    """A clock for the core, which needs the time only to tell how old a secret is."""

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, _seconds: float) -> None:
        raise AssertionError("nothing to wait for")


def key_in(text: str) -> str:
    """Return the key in a secret's ``text`` as the deliver function reads it; raises SecretUnavailable."""
    return DreamdataKey(RememberedSecret(_Text(text), _StandingClock())).current()


def check_form(key: str) -> None:
    """Raise WrongInput if ``key`` cannot be a key."""
    try:
        key_in(json.dumps({"api_key": key.strip()}))
    except SecretUnavailable:
        raise WrongInput("that is no API key: printable ASCII without spaces and colons is") from None


class DreamdataSecret:
    """The secret ``secret_id``; ``client`` is a boto3 Secrets Manager client."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str) -> None:
        self._client = client
        self._secret_id = secret_id
        self._put_at: datetime | None = None

    def state(self) -> str:
        """Return one of STATES."""
        try:
            key_in(self._text())
        except SecretUnavailable as unavailable:
            return unavailable.reason
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            return DELETED
        return "present"

    def looked_at(self) -> tuple[str, datetime | None, datetime | None]:
        """Return the state, when the current text was stored (UTC, None if unknown), and :meth:`keyless_since`."""
        state = self.state()
        return state, self._put_at, self.keyless_since() if state == "present" else None

    def keyless_since(self) -> datetime | None:
        """Return since when the secret held no key before the current one; None if it held one, or if that is unknown.

        If the current key is the first one ever, this is the earliest time of all.
        """
        try:
            before = self._client.get_secret_value(SecretId=self._secret_id, VersionStage="AWSPREVIOUS")
        except ClientError as error:
            never = error.response["Error"]["Code"] == "ResourceNotFoundException"
            return _ALWAYS if never else None
        try:
            key_in(str(before.get("SecretString", "")))
        except SecretUnavailable:
            created = before.get("CreatedDate")
            return self._first_at(created.astimezone(UTC)) if isinstance(created, datetime) else None
        return None

    def _first_at(self, created: datetime) -> datetime:
        """Return ``created``, or the earliest time of all if the secret itself was created then and never had a key."""
        try:
            made = self._client.describe_secret(SecretId=self._secret_id).get("CreatedDate")
        except ClientError:
            # Whoever may not ask knows less.
            return created
        is_first = isinstance(made, datetime) and created - made.astimezone(UTC) <= _AT_ONCE
        return _ALWAYS if is_first else created

    def put(self, key: str) -> None:
        """Store ``key`` and keep the other members of the secret's object. Raises WrongInput if it cannot be a key."""
        check_form(key)
        self._check_there()
        text = json.dumps({**self._members(), "api_key": key.strip()})
        self._client.put_secret_value(SecretId=self._secret_id, SecretString=text)

    def key(self) -> str:
        """Return the key; raises WrongInput if there is none."""
        try:
            return key_in(self._text())
        except SecretUnavailable as unavailable:
            raise WrongInput(in_words(unavailable.reason)) from None

    def undo(self) -> None:
        """Restore the previous text; doing it twice restores the current one.

        It becomes a new version, so that its time is known. Raises NotAsWished if there was no previous text or key.
        """
        self._check_there()
        try:
            answer = self._client.get_secret_value(SecretId=self._secret_id, VersionStage="AWSPREVIOUS")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise NotAsWished("there is nothing to go back to: the secret was never changed") from None
        text = str(answer.get("SecretString", ""))
        try:
            key_in(text)
        except SecretUnavailable as unavailable:
            raise NotAsWished(f"nothing is changed, what was there before is no key ({unavailable.reason})") from None
        self._client.put_secret_value(SecretId=self._secret_id, SecretString=text)

    def _check_there(self) -> None:
        """Raise AwsFailed if the secret is deleted, because another command is needed then."""
        if self.state() == DELETED:
            raise AwsFailed(f"nothing is changed, the Dreamdata key: {STATES[DELETED]}")

    def _members(self) -> dict[str, Any]:
        try:
            read = json.loads(self._text())
        except ValueError:
            read = None
        return read if isinstance(read, dict) else {}

    def _text(self) -> str:
        answer = self._client.get_secret_value(SecretId=self._secret_id)
        created = answer.get("CreatedDate")
        self._put_at = created.astimezone(UTC) if isinstance(created, datetime) else None
        return str(answer.get("SecretString", ""))


def post(key: str, endpoint: str, body: bytes) -> int:
    """Post ``body`` to ``endpoint`` with ``key`` and return the answer's status. Raises AwsFailed without an answer."""
    # Takes long: only what posts waits for it.
    import urllib3

    timeout = urllib3.Timeout(connect=_CONNECT_S, read=_READ_S)
    headers = {
        "Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}",
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
    }
    try:
        answer = urllib3.request(
            "POST", endpoint, body=body, headers=headers, redirect=False, retries=False, timeout=timeout
        )
    except urllib3.exceptions.HTTPError as error:
        raise AwsFailed(f"{endpoint} does not answer: {type(error).__name__}") from None
    return int(answer.status)
