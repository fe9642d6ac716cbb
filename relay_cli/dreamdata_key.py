"""The Dreamdata API key: put by its owner, looked at without showing it, tried only when asked to."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dreamdata_relay.errors import SecretUnavailable
from dreamdata_relay.secrets.keys import DreamdataKey
from dreamdata_relay.secrets.remembered import RememberedSecret
from relay_cli.errors import AwsFailed, NotAsWished, WrongInput

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

USER_AGENT = "dreamdata-relay-operator"
_CONNECT_S, _READ_S = 5.0, 20.0
DELETED = "secret_deleted"
STATES = {
    "present": "a key is there",
    "secret_placeholder": "nobody has put a key yet: relay key set",
    "secret_malformed": 'neither a key nor {"api_key": "<key>"}: relay key set',
    DELETED: "its secret is deleted, or about to be: aws secretsmanager restore-secret, or deploy anew",
}
# A secret and its first version are made together; nobody can have put a key and taken it away within this time.
_AT_ONCE = timedelta(seconds=5)
_ALWAYS = datetime.min.replace(tzinfo=UTC)
# Answers of Secrets Manager about a secret that nobody can read any more.
_GONE = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


class _Text:
    """A secret's text that is known already, as the core wants to fetch it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def fetch(self) -> str:
        return self._text


class _StandingClock:
    """The core asks for the time only to tell how old a secret is."""

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, _seconds: float) -> None:
        raise AssertionError("nothing to wait for")


def key_in(text: str) -> str:
    """The key in a secret's ``text``, read as the deliver function reads it; raises SecretUnavailable."""
    return DreamdataKey(RememberedSecret(_Text(text), _StandingClock())).current()


def check_form(key: str) -> None:
    """Raises WrongInput when ``key`` cannot be one."""
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
        """One of STATES."""
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
        """The state, when what is there was put (UTC, None where it is not told), and :meth:`keyless_since`."""
        state = self.state()
        return state, self._put_at, self.keyless_since() if state == "present" else None

    def keyless_since(self) -> datetime | None:
        """Since when the secret held no key until what is there now was put; None where it did, or nothing tells.

        The earliest time of all where it is the first that was ever put.
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
        """``created``; the earliest time of all where the secret itself was created then: no key was there before."""
        try:
            made = self._client.describe_secret(SecretId=self._secret_id).get("CreatedDate")
        except ClientError:
            # Whoever may not ask knows less.
            return created
        is_first = isinstance(made, datetime) and created - made.astimezone(UTC) <= _AT_ONCE
        return _ALWAYS if is_first else created

    def put(self, key: str) -> None:
        """Put ``key``; what else the secret's object holds stays. Raises WrongInput when it cannot be one."""
        check_form(key)
        self._check_there()
        text = json.dumps({**self._members(), "api_key": key.strip()})
        self._client.put_secret_value(SecretId=self._secret_id, SecretString=text)

    def key(self) -> str:
        """The key; raises WrongInput where there is none."""
        try:
            return key_in(self._text())
        except SecretUnavailable as unavailable:
            raise WrongInput(STATES[unavailable.reason]) from None

    def undo(self) -> None:
        """Put what was there before the last change; what is there now can be had back in the same way.

        As a new version, so that it is known since when it is there. Raises NotAsWished where nothing, or no key, was.
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
        """Raise AwsFailed where nobody can read it: what to type is another thing then."""
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
    """Post ``body`` to ``endpoint`` with ``key``; the status of Dreamdata's answer. Raises AwsFailed without one."""
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
