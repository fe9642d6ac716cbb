"""An authority for TLS that this machine's OpenSSL takes for one of its own."""

import ssl
from collections.abc import Iterator

import pytest
import trustme


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> Iterator[trustme.CA]:
    """OpenSSL takes the authority for one of the machine's own."""
    with authority.cert_pem.tempfile() as path:
        monkeypatch.setenv("SSL_CERT_FILE", path)
        yield authority


def tls_of(authority: trustme.CA, host: str = "127.0.0.1") -> ssl.SSLContext:
    """A server's side, with a certificate for ``host``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context
