"""Reads botocore's service models faster, which is most of what making a client takes.

botocore decodes more than a megabyte of JSON for its first client, by the standard library and into ordered dicts.
msgspec takes a third of the time, and a plain dict keeps the order too. The loader is a component of its session that
may be replaced, but how it works inside is nobody's promise, and the botocore is the Lambda runtime's: whatever is not
as it was known is left to botocore's own loader.
"""

import gzip
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

# Small, and there since 2021: read both ways, it tells whether botocore still reads as it did.
_SAMPLE = "sdk-default-configuration"


def quick_loader() -> Any | None:
    """A loader of botocore's models for ``Session.register_component("data_loader", ...)``.

    None where botocore's own is not the one that is known here: other classes, another way to read, other types.
    """
    with suppress(Exception):
        return _known_loader()
    return None


def _known_loader() -> Any | None:
    from botocore.loaders import JSONFileLoader, Loader

    class QuickFiles(JSONFileLoader):
        def load_file(self, file_path: str, *more: Any, **named: Any) -> Any:
            """The content of ``file_path`` with its extension; what is not .json or .json.gz is left to botocore."""
            if not more and not named:
                with suppress(Exception):
                    found = _read(file_path)
                    if found is not None:
                        return found
            return super().load_file(file_path, *more, **named)

    sample = str(Path(Loader.BUILTIN_DATA_PATH) / _SAMPLE)
    theirs = JSONFileLoader().load_file(sample)
    # Exactly these: what another type can do beside may be asked of a model when a call is made, too late to turn back.
    if type(theirs) not in (dict, OrderedDict) or theirs != _read(sample):
        return None
    return Loader(file_loader=QuickFiles())


def _read(file_path: str) -> Any:
    with suppress(FileNotFoundError):
        return msgspec.json.decode(Path(f"{file_path}.json").read_bytes())
    with suppress(FileNotFoundError):
        return msgspec.json.decode(gzip.decompress(Path(f"{file_path}.json.gz").read_bytes()))
    return None
