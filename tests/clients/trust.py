"""How clients are told whom to trust: by the environment, as the local stack's last lines say."""

from dataclasses import dataclass
from pathlib import Path

from local.front.certificates import Certificates
from local.stack import Stack


@dataclass(frozen=True)
class Trust:
    """authority: for clients that add it to the usual ones. bundle: it and the usual ones, in one file."""

    authority: Path
    bundle: Path

    @classmethod
    def of_certificates(cls, certificates: Certificates) -> "Trust":
        """A front's own."""
        return cls(certificates.authority, certificates.bundle)

    @classmethod
    def of_stack(cls, stack: Stack) -> "Trust":
        """What a stack that is up tells."""
        return cls(Path(stack.ca_file), Path(stack.ca_bundle_file))

    def variables(self) -> dict[str, str]:
        """For Node; for whatever uses OpenSSL or Go's own; for Python's requests; for curl as a program."""
        return {
            "NODE_EXTRA_CA_CERTS": str(self.authority),
            "SSL_CERT_FILE": str(self.bundle),
            "REQUESTS_CA_BUNDLE": str(self.bundle),
            "CURL_CA_BUNDLE": str(self.bundle),
        }
