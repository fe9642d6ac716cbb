"""AWS's listings, page after page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def pages(
    call: Callable[..., Mapping[str, Any]], mark: str = "NextToken", following: str = "", **asked: Any
) -> Iterator[Mapping[str, Any]]:
    """Every page of ``call``.

    ``mark`` is what the place to go on from is called in a question, and in an answer too unless ``following`` is
    given: Lambda is asked with Marker and answers NextMarker.
    """
    while True:
        answer = call(**asked)
        yield answer
        place = answer.get(following or mark)
        if not place:
            return
        asked = {**asked, mark: place}
