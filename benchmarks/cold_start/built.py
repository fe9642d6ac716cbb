"""The built functions and layer, as SAM makes them for this machine's processor: with byte code, read-only."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from local import sam
from local.places import StateDir

_FUNCTIONS = {"ingest": "IngestFunction", "deliver": "DeliverFunction"}
_LAYER = "RelayLayer"


class Built(NamedTuple):
    """The build's folder."""

    folder: Path

    @property
    def layer(self) -> Path:
        """The layer's content, as Lambda unpacks it to /opt."""
        return self.folder / _LAYER

    def paths(self, function: str) -> list[str]:
        """Where ``function``'s process finds its modules before the runtime's own, boto3 among them."""
        return [str(self.folder / _FUNCTIONS[function]), str(self.layer / "python")]

    def layer_bytes(self) -> int:
        """The layer's size, unpacked."""
        return sum(file.stat().st_size for file in self.layer.rglob("*") if file.is_file())

    def without_byte_code(self, target: Path) -> "Built":
        """A copy in ``target`` that holds sources only, as a plain zip of them would."""
        shutil.copytree(self.folder, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        return Built(target)


def build() -> Built:
    """Build, unless these very sources are built already; raises LocalError with SAM's own reason."""
    state = StateDir(Path(os.environ.get("RELAY_LOCAL_DIR") or ".local/bench").resolve())
    return Built(sam.build(state).parent)
