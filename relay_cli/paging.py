"""Reads AWS's listings page by page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def pages(
    call: Callable[..., Mapping[str, Any]], mark: str = "NextToken", following: str = "", **asked: Any
) -> Iterator[Mapping[str, Any]]:
    """Yield every page of ``call``.

    ``mark`` is the name of the continuation token in the request, and in the answer unless ``following`` is given:
    Lambda takes Marker and returns NextMarker.
    """
    while True:
        answer = call(**asked)
        yield answer
        place = answer.get(following or mark)
        if not place:
            return
        asked = {**asked, mark: place}
