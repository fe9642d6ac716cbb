"""The samples, as `relay trigger` has them, too."""

from pathlib import Path

from local.errors import LocalError
from local.places import SAMPLES
from relay_cli import samples
from relay_cli.errors import WrongInput
from relay_cli.fresh_samples import fresh
from relay_cli.samples import (
    BusEvent,
    FreshSample,
    Item,
    Message,
    Notification,
    Request,
    Sample,
    content_of,
    ids_in,
)

__all__ = [
    "BusEvent",
    "FreshSample",
    "Item",
    "Message",
    "Notification",
    "Request",
    "Sample",
    "content_of",
    "fresh",
    "ids_in",
    "load_samples",
]


def load_samples(folder: Path = SAMPLES) -> list[Sample]:
    """All samples, in the order of the file, then of the rules; raises LocalError naming what is wrong with which."""
    try:
        return samples.load_samples(folder)
    except WrongInput as error:
        raise LocalError(str(error)) from error
