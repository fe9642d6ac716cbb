"""What a person is told who points an SDK at the local stack."""

from pathlib import Path

from local.front.addresses import addresses, trust_lines
from tests.local.test_stack_file import stack_in


def test_both_addresses_and_both_files_are_told(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    assert set(addresses(stack).values()) == {stack.api_url, stack.api_https_url}
    told = "\n".join(trust_lines(stack))
    for line in (
        f"NODE_EXTRA_CA_CERTS={stack.ca_file}\n",
        f"REQUESTS_CA_BUNDLE={stack.ca_bundle_file}\n",
        f"SSL_CERT_FILE={stack.ca_bundle_file}\n",
        f"CURL_CA_BUNDLE={stack.ca_bundle_file}\n",
        f"php -d curl.cainfo={stack.ca_bundle_file}",
    ):
        assert line in told
