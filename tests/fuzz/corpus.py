"""The kept inputs: samples of every way in, and every input that once broke a claim."""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
_EVENTS = Path(__file__).parents[2] / "events"


def kept(target: str) -> list[bytes]:
    """The inputs kept for ``target``, in the order of their names."""
    return [path.read_bytes() for path in sorted((FOLDER / _function(target)).glob("*"))]


def samples(target: str) -> list[bytes]:
    """The project's own samples as inputs for ``target``."""
    folders = (
        ("http", "invalid") if _function(target) == "ingest" else ("queue", "sns", "eventbridge", "invalid", "http")
    )
    return [path.read_bytes() for folder in folders for path in sorted((_EVENTS / folder).glob("*")) if _small(path)]


def keep(target: str, data: bytes) -> Path:
    """Keep an input that broke a claim."""
    path = FOLDER / _function(target) / ("found-" + hashlib.sha256(data).hexdigest()[:12])
    path.write_bytes(data)
    return path


def _function(target: str) -> str:
    return target.partition(" ")[0]


def _small(path: Path) -> bool:
    return path.is_file() and path.stat().st_size < 20_000
