"""What a person needs who points an SDK at the local stack: where it is, and how https is trusted."""

import shlex

from local.stack import Stack


def addresses(stack: Stack) -> dict[str, str]:
    """The relay's addresses by a short name; SDKs take them as their host."""
    return {"relay": stack.api_url, "by https": stack.api_https_url}


def trust_lines(stack: Stack) -> list[str]:
    """How a program that uses the https address is told whom to trust: lines to paste."""
    authority, bundle = shlex.quote(stack.ca_file), shlex.quote(stack.ca_bundle_file)
    return [
        "By https (Ruby and PHP speak nothing else) a program has to trust the stack's certificate:",
        f"  Node              NODE_EXTRA_CA_CERTS={authority}",
        f"  Python            REQUESTS_CA_BUNDLE={bundle}",
        f"  Ruby, Go, others  SSL_CERT_FILE={bundle}",
        f"  curl              CURL_CA_BUNDLE={bundle}",
        f"  PHP               php -d curl.cainfo={bundle}",
    ]
