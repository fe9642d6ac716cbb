"""What `sam build` ships: byte code that is never compiled again, for both processors, and nothing large."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_LAYER_BYTES = 12_000_000
_CHECKED_BITS = 0b11


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer as the build makes it."""
    artifacts = tmp_path_factory.mktemp("layer")
    source = tmp_path_factory.mktemp("source") / "relay"
    shutil.copytree(ROOT / "layers" / "relay", source)
    subprocess.run([sys.executable, "build_layer.py", str(artifacts)], cwd=source, check=True, timeout=100)
    return artifacts


def test_every_module_of_the_layer_ships_unchecked_byte_code(layer: Path) -> None:
    """A .pyc that Python compares with its source is compiled anew at every cold start."""
    sources = list(layer.rglob("*.py"))
    assert len(sources) > 100
    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source)))
        flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
        assert flags & _CHECKED_BITS == 0b01, source


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_layer_serves_both_processors(layer: Path, machine: str) -> None:
    """One layer whatever the Architecture parameter says."""
    assert list(layer.glob(f"python/msgspec/_core.cpython-313-{machine}-linux-gnu.so"))


def test_the_layer_is_small(layer: Path) -> None:
    """At most 12 MB unzipped."""
    assert sum(path.stat().st_size for path in layer.rglob("*") if path.is_file()) <= MAX_LAYER_BYTES
