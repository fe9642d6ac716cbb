"""The front's certificate, and the authority that vouches for it: made once, the authority's key never kept.

Whoever trusts the authority trusts this one certificate for this machine's own names, and can be deceived by nobody
who reads its files: there is no key with which to sign a second one.
"""

import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

NAMES = ("localhost", "127.0.0.1", "::1")
# Apple's systems take no server certificate that is valid for longer than 825 days.
_VALID_DAYS = 800
_RENEWED_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files in ``folder``, there or not yet.

    authority: the certificate to trust, for clients that add it to the usual ones. bundle: the machine's usual
    authorities and this one, for clients that take one file for all. server: the front's own, with its key.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """PEM."""
        return self.folder / "ca.pem"

    @property
    def bundle(self) -> Path:
        """PEM."""
        return self.folder / "ca-bundle.pem"

    @property
    def server(self) -> Path:
        """PEM: key and certificate; its owner's only."""
        return self.folder / "server.pem"

    def make(self) -> None:
        """Make what is missing; all of it anew where the certificate ends soon."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self._are_good():
            self._make_new()
        _write(self.bundle, _usual_authorities() + self.authority.read_bytes(), 0o644)

    def _are_good(self) -> bool:
        # Not above: whoever asks for the paths alone does not wait for it.
        from cryptography import x509
        from cryptography.exceptions import InvalidSignature

        try:
            # Key and certificate belong together.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.server)
            certificate = x509.load_pem_x509_certificate(self.server.read_bytes())
            certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(self.authority.read_bytes()))
        except (OSError, ValueError, TypeError, InvalidSignature):
            return False
        return certificate.not_valid_after_utc > datetime.now(UTC) + _RENEWED_BEFORE

    def _make_new(self) -> None:
        import trustme

        authority = trustme.CA(organization_name="dreamdata-relay local stack")
        issued = authority.issue_cert(
            *NAMES,
            organization_name="dreamdata-relay local stack",
            not_after=datetime.now(UTC) + timedelta(days=_VALID_DAYS),
        )
        _write(self.server, issued.private_key_and_cert_chain_pem.bytes(), 0o600)
        _write(self.authority, authority.cert_pem.bytes(), 0o644)


def _usual_authorities() -> bytes:
    """What this machine trusts, empty where it keeps that in no file."""
    paths = ssl.get_default_verify_paths()
    try:
        content = Path(paths.cafile or paths.openssl_cafile).read_bytes()
    except OSError:
        return b""
    return content if content.endswith(b"\n") else content + b"\n"


def _write(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, never readable by more than ``mode`` says."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    new.replace(path)
