"""The rules' layer as a zip: the same bytes for the same rules."""

import shlex
import zipfile
from pathlib import Path

from relay_cli.errors import WrongInput
from relay_cli.to_type import aws_to_type

NAME = "relay_rules/rules.json"
# The first moment that a zip can tell: a layer with another time would be another layer.
_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


def publishing(zip_file: Path) -> str:
    """What makes a layer of the zip."""
    publish = aws_to_type(
        "lambda publish-layer-version --layer-name relay-rules --compatible-runtimes python3.13"
        f" --zip-file {shlex.quote(f'fileb://{zip_file}')}"
    )
    return f"publish it: {publish}; then deploy with its LayerVersionArn as RulesLayerArn"


def write(compiled: bytes, to: Path) -> None:
    """Write the layer with these rules; raises WrongInput where there is no place for it."""
    info = zipfile.ZipInfo(NAME, _TIME)
    info.external_attr = _READABLE
    try:
        with zipfile.ZipFile(to, "w") as archive:
            archive.writestr(info, compiled)
    except OSError as error:
        raise WrongInput(f"{to} cannot be written: {error.strerror}") from None
