"""A payload's body in gzip: the same bytes for the same body, whenever and wherever it is made."""

import zlib

# What Content-Encoding says of such a body (RFC 9110, 8.4.1).
GZIP = "gzip"

# Bytes that leave AWS cost so much more than the processor that higher levels pay: a million of the benchmarks' events
# cost 1.23 cents in bytes and processor together with 6, 1.33 with 4, 1.60 with 1. Higher than 6 saves two hundredths
# of a cent at most, for up to twice the time (docs/costs.md).
LEVEL = 6

# zlib's word for the largest window with gzip's header around it; that header has no time in it.
_GZIP_WINDOW = 16 + 15


def compressed(body: bytes) -> bytes:
    """``body`` as one gzip member."""
    return zlib.compress(body, LEVEL, _GZIP_WINDOW)
