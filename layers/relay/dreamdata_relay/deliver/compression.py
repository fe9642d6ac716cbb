"""Compresses a payload's body with gzip; the same body always gives the same bytes."""

import zlib

# The Content-Encoding of such a body (RFC 9110, 8.4.1).
GZIP = "gzip"

# Data transfer costs so much more than processor time that higher levels pay: bytes and processor of a million of the
# benchmarks' events cost 1.23 cents at level 6, 1.33 at 4 and 1.60 at 1. A level above 6 saves two hundredths of a cent
# at most, for up to twice the time (docs/costs.md).
LEVEL = 6

# In zlib this means the largest window with a gzip header; that header carries no timestamp.
_GZIP_WINDOW = 16 + 15


def compressed(body: bytes) -> bytes:
    """Return ``body`` as one gzip member."""
    return zlib.compress(body, LEVEL, _GZIP_WINDOW)
