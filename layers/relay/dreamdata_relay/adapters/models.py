"""Reads botocore's service models faster, because that takes most of the time of making a client.

For its first client botocore decodes more than a megabyte of JSON with the standard library, into ordered dicts.
msgspec takes a third of the time, and a plain dict keeps the order too. The loader is a replaceable component of
botocore's session, but its internals are not a public interface, and the Lambda runtime chooses botocore's version. If
anything differs from the known internals, botocore's own loader is used.
"""

import gzip
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

# A small file that exists since 2021; reading it both ways shows whether botocore still reads as expected.
_SAMPLE = "sdk-default-configuration"


def quick_loader() -> Any | None:
    """Make a loader of botocore's models for ``Session.register_component("data_loader", ...)``.

    Returns None if botocore's own loader is not the one known here: other classes, another way to read, other types.
    """
    with suppress(Exception):
        return _known_loader()
    return None


def _known_loader() -> Any | None:
    from botocore.loaders import JSONFileLoader, Loader

    class QuickFiles(JSONFileLoader):
        def load_file(self, file_path: str, *more: Any, **named: Any) -> Any:
            """Return the content of ``file_path`` plus its extension; botocore reads all but .json and .json.gz."""
            if not more and not named:
                with suppress(Exception):
                    found = _read(file_path)
                    if found is not None:
                        return found
            return super().load_file(file_path, *more, **named)

    sample = str(Path(Loader.BUILTIN_DATA_PATH) / _SAMPLE)
    theirs = JSONFileLoader().load_file(sample)
    # Exactly these types: a call might need the features of another type, when it is too late to fall back.
    if type(theirs) not in (dict, OrderedDict) or theirs != _read(sample):
        return None
    return Loader(file_loader=QuickFiles())


def _read(file_path: str) -> Any:
    with suppress(FileNotFoundError):
        return msgspec.json.decode(Path(f"{file_path}.json").read_bytes())
    with suppress(FileNotFoundError):
        return msgspec.json.decode(gzip.decompress(Path(f"{file_path}.json.gz").read_bytes()))
    return None
