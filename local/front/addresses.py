"""What a person needs who points an SDK at the local stack: where it is, and how https is trusted."""

from local.stack import Stack


def addresses(stack: Stack) -> dict[str, str]:
    """The relay's addresses by a short name; SDKs take them as their host."""
    return {"relay": stack.api_url, "by https": stack.api_https_url}


def trust_lines(stack: Stack) -> list[str]:
    """How programs that use the https address are told whom to trust; empty lines are none of them."""
    return [
        "By https (Ruby and PHP speak nothing else) a program has to trust the stack's certificate:",
        f"  Node                    NODE_EXTRA_CA_CERTS={stack.ca_file}",
        f"  Python                  REQUESTS_CA_BUNDLE={stack.ca_bundle_file}",
        f"  Ruby, Go, curl, others  SSL_CERT_FILE={stack.ca_bundle_file}",
        f"  PHP                     php -d curl.cainfo={stack.ca_bundle_file}",
    ]
