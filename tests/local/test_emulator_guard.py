"""The emulator as the stack starts it, in its own process, answers this machine's programs and no web page."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from local import servers
from local.patience import patient
from local.places import StateDir
from local.processes import end_all

# What would read the secrets and what would run code: no answer of either may come back.
_LIST_SECRETS = {"X-Amz-Target": "secretsmanager.ListSecrets", "Content-Type": "application/x-amz-json-1.1"}
_SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=000000000000/20261128/eu-west-1/secretsmanager/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its URL."""
    folder: Path = tmp_path_factory.mktemp("emulator")
    state = StateDir(folder)
    try:
        yield servers.start_emulator(state, "000000000000")[1]
    finally:
        end_all(state.owner)


def asked(url: str, method: str = "POST", **headers: str) -> urllib3.BaseHTTPResponse:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.request(
        method, url, headers=_LIST_SECRETS | _SIGNED | more, body="{}", retries=False, timeout=patient(20)
    )


def test_a_program_of_this_machine_is_answered_and_no_page_may_read_it(emulator: str) -> None:
    answer = asked(emulator)

    assert answer.status == 200
    assert "SecretList" in answer.json()
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.test"},
        {"Host": "127.0.0.1.evil.test"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
    ids=lambda headers: "-".join(*headers.items()),
)
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
def test_a_foreign_host_origin_or_site_is_refused(emulator: str, headers: dict[str, str], method: str) -> None:
    answer = asked(emulator, method, **headers)

    assert answer.status == 403
    assert list(answer.json()) == ["error"]
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_at_another_address_of_this_machine_it_does_not_listen(emulator: str) -> None:
    """As little as at one that another machine could reach."""
    with pytest.raises(OSError, match=r"refused|assign"):
        socket.create_connection(("127.0.0.2", urlsplit(emulator).port or 0), timeout=10)
