"""The front's certificate: made once, for this machine's names, trusted by those who were told so."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509

from local.front import certificates
from local.front.certificates import Certificates


def test_what_was_made_stays(tmp_path: Path) -> None:
    """Who trusts it need not do so again after the next start."""
    made = Certificates(tmp_path / "certificates")
    made.make()
    before = made.authority.read_bytes(), made.server.read_bytes()

    made.make()

    assert (made.authority.read_bytes(), made.server.read_bytes()) == before


def test_the_key_is_its_owners_alone_and_the_authoritys_is_nowhere(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    made.make()

    assert stat.S_IMODE(made.server.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca-bundle.pem", "ca.pem", "server.pem"]
    assert [path.name for path in tmp_path.iterdir() if b"PRIVATE KEY" in path.read_bytes()] == ["server.pem"]
    server = x509.load_pem_x509_certificates(made.server.read_bytes())[0]
    assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_one_that_ends_soon_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Certificates(tmp_path)
    monkeypatch.setattr(certificates, "_VALID_DAYS", 29)
    made.make()
    short = made.server.read_bytes()
    monkeypatch.undo()

    made.make()

    assert made.server.read_bytes() != short
    server = x509.load_pem_x509_certificates(made.server.read_bytes())[0]
    # Apple's limit.
    assert timedelta(days=700) < server.not_valid_after_utc - datetime.now(UTC) < timedelta(days=825)


@pytest.mark.parametrize("name", ["ca.pem", "server.pem"])
@pytest.mark.parametrize("content", [b"", b"rubbish"])
def test_a_broken_file_is_made_anew(tmp_path: Path, name: str, content: bytes) -> None:
    made = Certificates(tmp_path)
    made.make()
    (tmp_path / name).write_bytes(content)

    made.make()

    context = ssl.create_default_context(cafile=str(made.authority))
    assert len(context.get_ca_certs()) == 1


def test_a_certificate_of_another_authority_is_made_anew(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    made.make()
    made.authority.write_bytes(trustme.CA().cert_pem.bytes())
    foreign = made.authority.read_bytes()

    made.make()

    assert made.authority.read_bytes() != foreign


def test_the_bundle_holds_the_usual_authorities_and_this_one(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    made.make()
    usual = ssl.create_default_context().get_ca_certs(binary_form=True)

    both = ssl.create_default_context(cafile=str(made.bundle)).get_ca_certs(binary_form=True)

    assert set(both) >= set(usual)
    assert ssl.PEM_cert_to_DER_cert(made.authority.read_text()) in both
